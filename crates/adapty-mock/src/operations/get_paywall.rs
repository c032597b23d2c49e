//! Get paywall.

use std::sync::Arc;

use http::StatusCode;
use uuid::Uuid;

use super::operation::{Operation, Request};
use crate::{
    app::{paywalls::Paywall, state::State},
    fixtures,
    reply::{Reason, Reply},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "get_paywall",
    method: "GET",
    path: "/api/v2/server-side-api/paywalls/{paywall_id}/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let paywall = find(state, request)?;
    Ok(found(&paywall, "paywall found"))
}

/// The paywall of the path, or the documented 404, which an id that is no UUID gets too (ours).
pub(super) fn find(state: &State, request: &Request<'_>) -> Result<Arc<Paywall>, Reply> {
    let id = Uuid::try_parse(request.path_id);
    let missing =
        |reason| Reply::documented(StatusCode::NOT_FOUND, fixtures::PAYWALL_DOES_NOT_EXIST, reason);
    let id = id.map_err(|_| missing("the paywall's id in the path is no UUID"))?;
    let paywall = state.paywalls.get(id).map(Arc::clone);
    paywall.ok_or_else(|| missing("no paywall of this app has this id"))
}

/// The paywall, without an envelope, and what was done.
pub(super) fn found(paywall: &Paywall, done: &'static str) -> Reply {
    Reply::json(StatusCode::OK, paywall.body.clone(), Reason::Usual(done))
}
