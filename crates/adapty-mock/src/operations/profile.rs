//! Finding the profile that a request is about.

use std::sync::Arc;

use super::operation::Request;
use crate::{
    app::{
        profile::{StoredProfile, Unchangeable},
        settings::MissingProfile,
        state::State,
    },
    editions::WireFormat,
    identity::RequestedIdentity,
    reply::{Refusal, Reply, no_room, profile_not_found, profile_not_found_as_401},
};

/// Whom a request names.
pub(super) fn identity<'a>(request: &Request<'a>) -> Result<RequestedIdentity<'a>, Reply> {
    request.identity.map_err(Refusal::reply)
}

/// The profile of this identity, or the answer that there is none.
pub(super) fn find(
    state: &State,
    identity: &RequestedIdentity<'_>,
    format: Option<WireFormat>,
) -> Result<Arc<StoredProfile>, Reply> {
    match state.find_profile(identity) {
        Ok(Some(stored)) => Ok(stored),
        Ok(None) => Err(match state.missing_profile {
            MissingProfile::NotFound => profile_not_found(format),
            MissingProfile::Unauthorized => profile_not_found_as_401(),
        }),
        Err(_) => Err(Refusal::TwoProfilesNamed.reply()),
    }
}

/// The answer where a profile stays as it is; no document says it.
pub(super) fn unchanged(why: Unchangeable) -> Reply {
    match why {
        Unchangeable::NoProfile => {
            let reason = "the body stored for this id is no profile to change";
            Reply::invalid("non_field_errors", reason)
        }
        Unchangeable::NoRoom(over) => no_room(over),
    }
}
