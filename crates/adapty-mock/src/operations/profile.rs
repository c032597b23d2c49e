//! Finding the profile that a request is about.

use std::sync::Arc;

use http::StatusCode;

use super::operation::Request;
use crate::{
    app::{
        profile::{StoredProfile, TOO_LARGE_TO_CHANGE, Unchangeable},
        settings::MissingProfile,
        state::State,
    },
    editions::WireFormat,
    identity::RequestedIdentity,
    reply::{
        Refusal, Reply, no_room, profile_not_found, profile_not_found_as_400,
        profile_not_found_as_401,
    },
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
    look(state, identity)?.ok_or_else(|| match state.settings().missing_profile {
        MissingProfile::NotFound | MissingProfile::BadRequest => profile_not_found(format),
        MissingProfile::Unauthorized => profile_not_found_as_401(),
    })
}

/// The same for an operation about purchases, whose pages list a 400 beside the 404.
pub(super) fn find_for_purchase(
    state: &State,
    identity: &RequestedIdentity<'_>,
    format: Option<WireFormat>,
) -> Result<Arc<StoredProfile>, Reply> {
    match state.settings().missing_profile {
        MissingProfile::BadRequest => look(state, identity)?.ok_or_else(profile_not_found_as_400),
        MissingProfile::NotFound | MissingProfile::Unauthorized => find(state, identity, format),
    }
}

/// The profile of this identity, if there is one.
pub(super) fn look(
    state: &State,
    identity: &RequestedIdentity<'_>,
) -> Result<Option<Arc<StoredProfile>>, Reply> {
    state.find_profile(identity).map_err(|_| Refusal::TwoProfilesNamed.reply())
}

/// The profile of this identity, or the operation's own answer that there is none.
pub(super) fn find_or(
    state: &State,
    request: &Request<'_>,
    missing: fn() -> Reply,
) -> Result<Arc<StoredProfile>, Reply> {
    match state.find_profile(&identity(request)?) {
        Ok(Some(stored)) => Ok(stored),
        Ok(None) => Err(missing()),
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
        Unchangeable::TooLarge => Reply::invalid("non_field_errors", TOO_LARGE_TO_CHANGE),
        Unchangeable::TooManyAttributes => {
            let reason = "custom_attributes: a profile has at most 30, and these would be more";
            Reply::invalid("custom_attributes", reason)
        }
        Unchangeable::TooMany(what) => {
            Reply::mistake(StatusCode::INSUFFICIENT_STORAGE, "insufficient_storage", None, what)
        }
        Unchangeable::NoRoom(over) => no_room(over),
    }
}
