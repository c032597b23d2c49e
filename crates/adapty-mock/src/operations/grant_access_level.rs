//! Grant access level.

use super::{
    access_level,
    fields::Fields,
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{grant_access_level::Grant, state::State},
    reply::{self, Reply},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "grant_access_level",
    method: "POST",
    path: "/api/v2/server-side-api/purchase/profile/grant/access-level/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// In the order of the checks: identity, body, access level, profile.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let fields = Fields::read(request.body)?;
    let grant = Grant {
        access_level_id: fields.id("access_level_id")?,
        starts_at: fields.optional_date("starts_at")?,
        expires_at: fields.optional_date("expires_at")?,
    };
    access_level::check(state, &grant.access_level_id)?;
    let stored = profile::find_for_purchase(state, &identity, format)?;
    let granted = state.grant_access_level(&stored, &grant).map_err(profile::unchanged)?;
    Ok(reply::profile(granted.body(format), "access level granted"))
}
