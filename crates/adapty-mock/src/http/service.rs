//! One request from its receipt to its response: key, route, rate limit, fault, operation, journal.

use super::{
    request::ReceivedRequest,
    routing::{Route, route},
};
use crate::{
    app::{server_state::ServerState, state::State},
    authentication,
    faults::Response,
    identity::RequestedIdentity,
    journal::Exchange,
    operations::{Request, documented_errors},
    reply::{Reply, request_id::RequestId},
};

/// Answers one request and records it.
pub(crate) fn answer(server: &ServerState, request: &ReceivedRequest<'_>) -> Response {
    let id = server.request_ids.next();
    let app = authentication::key(request.head.headers).and_then(|key| server.apps.app(key));
    match app {
        Ok(app) => app.answer(|state| answer_for_app(state, request, id)),
        Err(refusal) => {
            let routed = route(request, server.apps.defaults.settings.redirects_missing_slash);
            let operation = routed.as_ref().ok().map(|route| route.operation.name);
            let reply = match routed {
                Ok(route) => refusal.reply_with(route.operation.unauthorized),
                Err(reply) => reply,
            };
            let response = Response::new(id, reply);
            server.record_unauthenticated(refusal, exchange(request, operation, false, &response));
            response
        }
    }
}

fn answer_for_app(state: &mut State, request: &ReceivedRequest<'_>, id: RequestId) -> Response {
    let changes = state.changes();
    let routed = route(request, state.settings().redirects_missing_slash);
    let operation = routed.as_ref().ok().map(|route| route.operation.name);
    let response = match routed {
        _ if request.after_the_last => Response::close_on_reuse(id),
        Ok(route) => answer_operation(state, route, request, id),
        Err(reply) => {
            let identity = RequestedIdentity::read(request.head.headers).ok();
            match state.faults.next(request.head.uri.path(), None, identity.as_ref()) {
                Some(planned) => {
                    let of_status = |status| Reply::of_status(status, "a fault plan says so");
                    Response::with_fault(id, reply, &planned, of_status)
                }
                None => Response::new(id, reply),
            }
        }
    };
    let changed = state.changes() != changes;
    state.record(exchange(request, operation, changed, &response));
    response
}

/// A fault is decided before the operation: a made-up answer means that it did not run.
fn answer_operation(
    state: &mut State,
    route: Route<'_>,
    request: &ReceivedRequest<'_>,
    id: RequestId,
) -> Response {
    if let Err(too_many) = state.count_request() {
        return Response::new(id, Reply::rate_limited(too_many.retry_after));
    }
    let empty = bytes::Bytes::new();
    let path = request.head.uri.path();
    let Route { operation, path_id } = route;
    let request = Request {
        identity: RequestedIdentity::read(request.head.headers),
        path_id,
        query: request.head.uri.query().unwrap_or_default(),
        headers: request.head.headers,
        body: request.body.as_ref().unwrap_or(&empty),
    };
    let of_status = |status| documented_errors::of_status(operation, status);
    match state.faults.next(path, Some(operation.name), request.identity.as_ref().ok()) {
        Some(planned) if planned.fault().is_made_up() => {
            let reply = Reply::no_content("a fault plan says so");
            Response::with_fault(id, reply, &planned, of_status)
        }
        planned => {
            let reply = (operation.answer)(state, &request).unwrap_or_else(|reply| reply);
            match planned {
                Some(planned) => Response::with_fault(id, reply, &planned, of_status),
                None => Response::new(id, reply),
            }
        }
    }
}

fn exchange<'a>(
    request: &'a ReceivedRequest<'_>,
    operation: Option<&'static str>,
    changed: bool,
    response: &Response,
) -> Exchange<'a> {
    Exchange {
        method: request.head.method,
        path: request.head.path_and_query(),
        headers: request.head.headers,
        body: request.body.as_deref().unwrap_or_default(),
        id: response.id,
        status: response.status(),
        operation,
        changed,
        fault: response.injected.as_ref().map(|injected| injected.fault),
        reason: response.reason(),
    }
}
