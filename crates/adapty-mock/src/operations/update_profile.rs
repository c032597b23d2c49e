//! Update profile.

use super::{
    fields::Fields,
    operation::{Operation, Request},
    profile, profile_fields,
};
use crate::{
    app::state::State,
    reply::{self, Reply},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "update_profile",
    method: "PATCH",
    path: "/api/v2/server-side-api/profile/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// In the order of the checks: identity, body, profile.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let change = profile_fields::read(&Fields::read(request.body)?)?;
    let stored = profile::find(state, &identity, format)?;
    let updated = state.update_profile(&stored, &change).map_err(profile::unchanged)?;
    Ok(reply::profile(updated.body(format), "profile updated"))
}
