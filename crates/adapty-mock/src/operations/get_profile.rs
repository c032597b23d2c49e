//! Get profile.

use super::{
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::state::State,
    reply::{self, Reply},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "get_profile",
    method: "GET",
    path: "/api/v2/server-side-api/profile/",
    unauthorized: Reply::unauthorized,
    answer,
};

fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let stored = profile::find(state, &identity, format)?;
    Ok(reply::profile(stored.body(format), "profile found"))
}
