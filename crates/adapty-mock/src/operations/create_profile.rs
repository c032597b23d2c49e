//! Create profile.

use http::StatusCode;

use super::{
    fields::Fields,
    operation::{Operation, Request},
    profile, profile_fields,
};
use crate::{
    app::{settings::ExistingProfile, state::State},
    reply::{self, Reply},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "create_profile",
    method: "POST",
    path: "/api/v2/server-side-api/profile/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// In the order of the checks: identity, body, profile. A guide of the documents sends no body at all,
/// so none is as good as an empty object.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let fields = match request.body.is_empty() {
        true => Fields::none(),
        false => Fields::read(request.body)?,
    };
    let change = profile_fields::read(&fields)?;
    let (put, done) = match profile::look(state, &identity)? {
        None => (state.create_profile(&identity, &change), "profile created"),
        Some(stored) => match state.settings().existing_profile {
            ExistingProfile::Update => (state.update_profile(&stored, &change), "profile updated"),
            ExistingProfile::Refuse => return Err(exists()),
        },
    };
    Ok(reply::profile(put.map_err(profile::unchanged)?.body(format), done))
}

/// The answer where there is a profile and the app refuses to change it; no document says it.
fn exists() -> Reply {
    let (code, source) = ("profile_already_exists", Some("non_field_errors"));
    Reply::error(StatusCode::BAD_REQUEST, code, source, "there is a profile with this id already")
}
