//! Delete profile.

use super::{
    operation::{Operation, Request},
    profile,
};
use crate::{app::state::State, reply::Reply};

pub(crate) const OPERATION: Operation = Operation {
    name: "delete_profile",
    method: "DELETE",
    path: "/api/v2/server-side-api/profile/",
    unauthorized: Reply::unauthorized,
    answer,
};

fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    profile::find(state, &identity, format)?;
    for identity in identity.identities() {
        state.delete_profile(&identity).map_err(|over| profile::unchanged(over.into()))?;
    }
    Ok(Reply::no_content("profile deleted"))
}
