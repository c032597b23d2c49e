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

/// What a path takes in the body of a request.
#[derive(Clone, Copy, PartialEq)]
enum Body {
    /// What its handler reads.
    Read,
    /// Nothing.
    None,
}
use Body::{None as NOTHING, Read as READ};

/// The paths below the prefix, a row each, in which `{}` stands for one segment; more are answered below,
/// which wait or are about the whole server.
const ROUTES: &[(&str, &str, Body, Handler)] = &[
    ("GET", "profiles", NOTHING, profiles::list_or_get),
    ("PUT", "profiles", READ, profiles::put),
    ("PATCH", "profiles", READ, profiles::patch),
    ("DELETE", "profiles", NOTHING, profiles::delete),
    ("GET", "edition", NOTHING, edition::get),
    ("PUT", "edition", READ, edition::put),
    ("GET", "settings", NOTHING, settings::get),
    ("PUT", "settings", READ, settings::put),
    ("GET", "clock", NOTHING, clock::get),
    ("PUT", "customers/{}", READ, customers::put),
    ("POST", "persons", NOTHING, customers::put_persons),
    ("POST", "subscriptions", READ, subscriptions::start),
    ("GET", "subscriptions/{}", NOTHING, subscriptions::get),
    ("POST", "subscriptions/{}/{}", READ, subscriptions::run),
    ("POST", "purchases", READ, subscriptions::purchase),
    ("POST", "purchases/{}/refund", NOTHING, subscriptions::refund_purchase),
    ("GET", "webhook", NOTHING, webhook::get),
    ("DELETE", "webhook", NOTHING, webhook::delete),
    ("GET", "webhook/deliveries", NOTHING, webhook::deliveries),
    ("POST", "webhook/deliveries/{}/redeliver", NOTHING, webhook::redeliver),
    ("GET", "webhook/faults", NOTHING, webhook::get_faults),
    ("PUT", "webhook/faults", READ, webhook::put_faults),
    ("DELETE", "webhook/faults", NOTHING, webhook::delete_faults),
    ("GET", "paywalls", NOTHING, paywalls::list),
    ("PUT", "paywalls", READ, paywalls::put),
    ("DELETE", "paywalls", READ, paywalls::delete),
    ("GET", "currencies", NOTHING, currencies::get),
    ("PUT", "currencies", READ, currencies::put),
    ("POST", "currencies", READ, currencies::post),
    ("GET", "stripe-tokens", NOTHING, tokens::stripe),
    ("PUT", "stripe-tokens", READ, tokens::put_stripe),
    ("DELETE", "stripe-tokens", NOTHING, tokens::delete_stripe),
    ("GET", "paddle-tokens", NOTHING, tokens::paddle),
    ("PUT", "paddle-tokens", READ, tokens::put_paddle),
    ("DELETE", "paddle-tokens", NOTHING, tokens::delete_paddle),
    ("GET", "faults", NOTHING, faults::get),
    ("PUT", "faults", READ, faults::put),
    ("DELETE", "faults", NOTHING, faults::delete),
    ("GET", "requests", NOTHING, requests::list),
    ("POST", "requests/find", READ, requests::find),
    ("POST", "requests/count", READ, requests::count),
    ("POST", "reset", NOTHING, reset),
];

const WAIT: (&str, &str) = ("POST", "requests/wait");
const TIMELINE: (&str, &str) = ("GET", "timeline");
const PUT_CLOCK: (&str, &str) = ("PUT", "clock");
const DELETE_CLOCK: (&str, &str) = ("DELETE", "clock");
const ADVANCE_CLOCK: (&str, &str) = ("POST", "clock/advance");
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
        let answered = answer(server, &mut request, method, path).await;
        if waits(method, path) && is_awaited(&request) {
            // What the command brought about has arrived, or failed, before its answer does.
            webhooks::deliver_due(&request.app).await;
        }
        answered.unwrap_or_else(Mistake::reply)
    }
}

async fn answer(
    server: &ServerState,
    request: &mut AdminRequest,
    method: &str,
    path: &str,
) -> Result<Reply, Mistake> {
    let route = ROUTES.iter().find_map(|route| {
        let path_ids = fits(route.1, path).filter(|_| route.0 == method)?;
        Some((route, path_ids))
    });
    let body = match (&route, (method, path)) {
        (Some((row, _)), _) => row.2,
        (None, WAIT | PUT_CLOCK | ADVANCE_CLOCK | PUT_WEBHOOK) => Body::Read,
        (None, TIMELINE | DELETE_CLOCK | FLUSH_WEBHOOK | RESET_ALL) => Body::None,
        (None, _) => return Err(no_route(path)),
    };
    request.takes_parameters(parameters(method, path))?;
    if !matches!(request.parameter(WAIT_PARAMETER).as_deref(), None | Some("true" | "false")) {
        let what = "expected `true` or `false`".to_owned();
        return Err(Mistake::Parameter(WAIT_PARAMETER.to_owned(), what));
    }
    if body == Body::None {
        request.takes_no_body()?;
    }
    match (route, (method, path)) {
        (Some(((.., handler), path_ids)), _) => {
            request.path_ids = path_ids;
            handler(request)
        }
        (None, WAIT) => requests::wait(request).await,
        (None, TIMELINE) => timeline::get(request).await,
        (None, PUT_CLOCK) => clock::put(request).await,
        (None, DELETE_CLOCK) => clock::delete(request).await,
        (None, ADVANCE_CLOCK) => clock::advance(request).await,
        (None, PUT_WEBHOOK) => webhook::put(request).await,
        (None, FLUSH_WEBHOOK) => webhook::flush(request).await,
        (None, _) => Ok(done(&json!({"reset": server.reset()}))),
    }
}

/// The parameter that asks not to wait for deliveries.
const WAIT_PARAMETER: &str = "wait";

/// Whether a command is answered after the deliveries that it brings about; looking brings none.
fn waits(method: &str, path: &str) -> bool {
    method != "GET" && !path.starts_with("requests/")
}

fn is_awaited(request: &AdminRequest) -> bool {
    request.parameter(WAIT_PARAMETER).as_deref() != Some("false")
}

/// The parameters that a path takes.
fn parameters(method: &str, path: &str) -> &'static [&'static str] {
    match (method, path) {
        ("GET", "timeline") => &["until"],
        ("PUT", "profiles") => &["as", WAIT_PARAMETER],
        ("PUT", "webhook") => &["verify", WAIT_PARAMETER],
        _ if waits(method, path) => &[WAIT_PARAMETER],
        _ => &[],
    }
}

fn no_route(path: &str) -> Mistake {
    let all = ROUTES.iter().map(|route| (route.0, route.1)).chain([
        WAIT,
        TIMELINE,
        PUT_CLOCK,
        DELETE_CLOCK,
        ADVANCE_CLOCK,
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
