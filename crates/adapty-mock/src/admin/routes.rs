//! The admin paths, and who may use them.

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::json;

use super::{
    currencies, edition, faults, paywalls, profiles,
    request::{AdminRequest, Mistake, done, identity},
    requests, tokens,
};
use crate::{app::server_state::ServerState, authentication, reply::Reply};

/// Where every path begins.
const PREFIX: &str = "/__admin/";

type Handler = fn(&AdminRequest) -> Result<Reply, Mistake>;

/// The paths below the prefix, a row each; two more are answered below, as one waits and one is about
/// the whole server.
const ROUTES: &[(&str, &str, Handler)] = &[
    ("GET", "profiles", profiles::list_or_get),
    ("PUT", "profiles", profiles::put),
    ("DELETE", "profiles", profiles::delete),
    ("GET", "edition", edition::get),
    ("PUT", "edition", edition::put),
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
const RESET_ALL: (&str, &str) = ("POST", "reset-all");

/// Whether a request is for the admin API rather than for Adapty's.
pub(crate) fn is_meant(path: &str) -> bool {
    path.starts_with(PREFIX) || path == "/livez" || path == "/readyz"
}

/// Lets a request in by its head alone: health, key, identity.
pub(crate) fn enter<'a>(
    server: &ServerState,
    method: &'a Method,
    path: &'a str,
    headers: &HeaderMap,
) -> Result<Admitted<'a>, Box<Reply>> {
    let Some(path) = path.strip_prefix(PREFIX) else {
        // Profiles are loaded before the first connection is accepted, so alive is ready.
        return Err(Box::new(done(&json!({"status": "ok"}))));
    };
    let app = authentication::key(headers).and_then(|key| server.apps.app(key));
    let app = app.map_err(|refusal| Box::new(refusal.reply()))?;
    let identity = identity(headers).map_err(|mistake| Box::new(mistake.reply()))?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let request = AdminRequest { app, identity, body: Bytes::new() };
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
        let request = AdminRequest { body, ..request };
        let route = ROUTES.iter().find(|route| (route.0, route.1) == (method, path));
        let answered = match (route, (method, path)) {
            (Some((_, _, handler)), _) => handler(&request),
            (None, WAIT) => requests::wait(&request).await,
            (None, RESET_ALL) => Ok(done(&json!({"reset": server.reset()}))),
            (None, _) => Err(no_route(path)),
        };
        answered.unwrap_or_else(Mistake::reply)
    }
}

fn no_route(path: &str) -> Mistake {
    let all = ROUTES.iter().map(|route| (route.0, route.1)).chain([WAIT, RESET_ALL]);
    let allowed: Vec<_> = all.filter(|route| route.1 == path).map(|route| route.0).collect();
    match allowed.is_empty() {
        true => Mistake::NoSuchPath,
        false => Mistake::WrongMethod(allowed.join(", ")),
    }
}

fn reset(request: &AdminRequest) -> Result<Reply, Mistake> {
    request.app.reset();
    Ok(done(&json!({"reset": 1})))
}
