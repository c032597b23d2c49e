//! Integration identifiers.

use http::StatusCode;

use super::{
    operation::{Operation, Request},
    profile,
};
use crate::{app::state::State, fixtures, reply::Reply};

pub(crate) const OPERATION: Operation = Operation {
    name: "integration_identifiers",
    method: "GET",
    path: "/api/v2/server-side-api/integration/profile/set/integration-identifiers/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let stored = profile::find_or(state, request, no_such_profile)?;
    Ok(Reply::laid_out(&*stored.private.identifiers, "integration identifiers found"))
}

/// The documented 404: here the code is `profile_not_found`.
pub(super) fn no_such_profile() -> Reply {
    let reason = "no profile of this app has this id";
    Reply::documented(StatusCode::NOT_FOUND, fixtures::PROFILE_NOT_FOUND, reason)
}
