//! The admin paths, and who may use them.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::json;

use super::{
    clock, currencies, customers, edition, faults, paywalls, profiles,
    request::{AdminRequest, Mistake, done, identity},
    requests, settings, subscriptions, timeline, tokens, webhook,
};
use crate::{app::server_state::ServerState, authentication, query, reply::Reply, webhooks};

/// Where every path begins.
const PREFIX: &str = "/__admin/";

type Handler = fn(&AdminRequest) -> Result<Reply, Mistake>;

/// The paths below the prefix, a row each, in which `{}` stands for one segment; more are answered below,
/// which wait or are about the whole server.
const ROUTES: &[(&str, &str, Handler)] = &[
    ("GET", "profiles", profiles::list_or_get),
    ("PUT", "profiles", profiles::put),
    ("PATCH", "profiles", profiles::patch),
    ("DELETE", "profiles", profiles::delete),
    ("GET", "edition", edition::get),
    ("PUT", "edition", edition::put),
    ("GET", "settings", settings::get),
    ("PUT", "settings", settings::put),
    ("GET", "clock", clock::get),
    ("PUT", "clock", clock::put),
    ("DELETE", "clock", clock::delete),
    ("POST", "clock/advance", clock::advance),
    ("GET", "timeline", timeline::get),
    ("PUT", "customers/{}", customers::put),
    ("POST", "persons", customers::put_persons),
    ("POST", "subscriptions", subscriptions::start),
    ("GET", "subscriptions/{}", subscriptions::get),
    ("POST", "subscriptions/{}/{}", subscriptions::run),
    ("POST", "purchases", subscriptions::purchase),
    ("POST", "purchases/{}/refund", subscriptions::refund_purchase),
    ("GET", "webhook", webhook::get),
    ("DELETE", "webhook", webhook::delete),
    ("GET", "webhook/deliveries", webhook::deliveries),
    ("POST", "webhook/deliveries/{}/redeliver", webhook::redeliver),
    ("GET", "webhook/faults", webhook::get_faults),
    ("PUT", "webhook/faults", webhook::put_faults),
    ("DELETE", "webhook/faults", webhook::delete_faults),
    ("GET", "paywalls", paywalls::list),
    ("PUT", "paywalls", paywalls::put),
    ("DELETE", "paywalls", paywalls::delete),
    ("GET", "currencies", currencies::get),
    ("PUT", "currencies", currencies::put),
    ("POST", "currencies", currencies::post),
    ("GET", "stripe-tokens", tokens::stripe),
    ("PUT", "stripe-tokens", tokens::put_stripe),
    ("DELETE", "stripe-tokens", tokens::delete_stripe),
    ("GET", "paddle-tokens", tokens::paddle),
    ("PUT", "paddle-tokens", tokens::put_paddle),
    ("DELETE", "paddle-tokens", tokens::delete_paddle),
    ("GET", "faults", faults::get),
    ("PUT", "faults", faults::put),
    ("DELETE", "faults", faults::delete),
    ("GET", "requests", requests::list),
    ("POST", "requests/find", requests::find),
    ("POST", "requests/count", requests::count),
    ("POST", "reset", reset),
];

const WAIT: (&str, &str) = ("POST", "requests/wait");
const PUT_WEBHOOK: (&str, &str) = ("PUT", "webhook");
const FLUSH_WEBHOOK: (&str, &str) = ("POST", "webhook/flush");
const RESET_ALL: (&str, &str) = ("POST", "reset-all");

/// Whether a request is for the admin API rather than for Adapty's.
pub(crate) fn is_meant(path: &str) -> bool {
    path.starts_with(PREFIX) || path == "/livez" || path == "/readyz"
}

/// Lets a request in by its head alone: health, key, identity.
pub(crate) fn enter<'a>(
    server: &ServerState,
    method: &'a Method,
    uri: &'a Uri,
    headers: &HeaderMap,
) -> Result<Admitted<'a>, Box<Reply>> {
    let Some(path) = uri.path().strip_prefix(PREFIX) else {
        // Profiles are loaded before the first connection is accepted, so alive is ready.
        return Err(Box::new(done(&json!({"status": "ok"}))));
    };
    let app = authentication::key(headers).and_then(|key| server.apps.named(key));
    let app = app.map_err(|refusal| Box::new(refusal.reply()))?;
    let identity = identity(headers).map_err(|mistake| Box::new(mistake.reply()))?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let query = uri.query().unwrap_or_default().to_owned();
    let request = AdminRequest { app, identity, path_ids: Vec::new(), query, body: Bytes::new() };
    Ok(Admitted { request, method: method.as_str(), path })
}

/// A request that was let in; its body is still to come.
pub(crate) struct Admitted<'a> {
    request: AdminRequest,
    method: &'a str,
    path: &'a str,
}

impl Admitted<'_> {
    pub(crate) async fn answer(self, server: &ServerState, body: Bytes) -> Reply {
        let Self { request, method, path } = self;
        let mut request = AdminRequest { body, ..request };
        let route = ROUTES.iter().find_map(|route| {
            let path_ids = fits(route.1, path).filter(|_| route.0 == method)?;
            Some((route, path_ids))
        });
        let route = route.map(|(route, path_ids)| {
            request.path_ids = path_ids;
            route
        });
        let answered = match (route, (method, path)) {
            (Some((_, _, handler)), _) => handler(&request),
            (None, WAIT) => requests::wait(&request).await,
            (None, PUT_WEBHOOK) => webhook::put(&request).await,
            (None, FLUSH_WEBHOOK) => webhook::flush(&request).await,
            (None, RESET_ALL) => Ok(done(&json!({"reset": server.reset()}))),
            (None, _) => Err(no_route(path)),
        };
        if method != "GET" && request.parameter("wait").as_deref() != Some("false") {
            // What the command brought about has arrived, or failed, before its answer does.
            webhooks::deliver_due(&request.app).await;
        }
        answered.unwrap_or_else(Mistake::reply)
    }
}

fn no_route(path: &str) -> Mistake {
    let all = ROUTES.iter().map(|route| (route.0, route.1)).chain([
        WAIT,
        PUT_WEBHOOK,
        FLUSH_WEBHOOK,
        RESET_ALL,
    ]);
    let allowed = all.filter(|route| fits(route.1, path).is_some()).map(|route| route.0);
    let allowed: Vec<_> = allowed.collect();
    match allowed.is_empty() {
        true => Mistake::NoSuchPath,
        false => Mistake::WrongMethod(allowed.join(", ")),
    }
}

/// What stands in a path in the places of a pattern's placeholders; `None` where it does not fit.
fn fits(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut known, mut steps) = (pattern.split('/'), path.split('/'));
    let mut ids = Vec::new();
    loop {
        match (known.next(), steps.next()) {
            (Some("{}"), Some(step)) if !step.is_empty() => {
                ids.push(query::decoded(step).into_owned());
            }
            (Some(known), Some(step)) if known == step => {}
            (None, None) => return Some(ids),
            _ => return None,
        }
    }
}

fn reset(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.reset();
    Ok(done(&json!({"reset": 1})))
}
