//! Set integration identifiers.

use bytes::Bytes;
use http::StatusCode;

use super::{
    fields::{Fields, invalid_in_texts},
    integration_identifiers::no_such_profile,
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{integration_identifiers::IDENTIFIERS, state::State},
    fixtures,
    reply::{Reason, Reply},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "set_integration_identifiers",
    method: "POST",
    path: "/api/v2/server-side-api/integration/profile/set/integration-identifiers/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

/// In the order of the checks: identity, body, profile. The documented answer is blank.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    profile::identity(request)?;
    let change = change(&Fields::read_or(request.body, invalid_in_texts)?)?;
    let stored = profile::find_or(state, request, no_such_profile)?;
    state.set_integration_identifiers(&stored, change).map_err(profile::unchanged)?;
    Ok(Reply::json(StatusCode::OK, Bytes::new(), Reason::Usual("integration identifiers set")))
}

fn change(fields: &Fields) -> Result<Vec<(usize, Option<String>)>, Reply> {
    let mut change = Vec::new();
    for (at, name) in IDENTIFIERS.iter().enumerate() {
        if fields.value(name).is_some() {
            change.push((at, fields.optional_text(name)?));
        }
    }
    if change.is_empty() {
        let reason = "the body has none of the sixteen identifiers";
        let body = fixtures::INTEGRATION_IDENTIFIERS_INVALID;
        return Err(Reply::documented(StatusCode::BAD_REQUEST, body, reason));
    }
    Ok(change)
}
