//! Finding the profile that a request is about.

use std::sync::Arc;

use http::StatusCode;

use super::operation::Request;
use crate::{
    app::{
        import_purchase::NotImported,
        profile::{StoredProfile, Unchangeable},
        settings::MissingProfile,
        state::State,
    },
    editions::WireFormat,
    identity::RequestedIdentity,
    reply::{Refusal, Reply, profile_not_found, profile_not_found_as_401},
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

/// The answer where a purchase is not imported; no document says it.
pub(super) fn not_imported(why: NotImported) -> Reply {
    match why {
        NotImported::Unchangeable(why) => unchanged(why),
        NotImported::NoRoom(what) => {
            let code = "insufficient_storage";
            Reply::mistake(StatusCode::INSUFFICIENT_STORAGE, code, None, what)
        }
    }
}

/// The answer where a profile stays as it is; no document says it.
pub(super) fn unchanged(why: Unchangeable) -> Reply {
    match why {
        Unchangeable::NoProfile => {
            let reason = "the body stored for this id is no profile to change";
            Reply::invalid("non_field_errors", reason)
        }
        Unchangeable::NoRoom(over) => {
            let code = "insufficient_storage";
            Reply::mistake(StatusCode::INSUFFICIENT_STORAGE, code, None, over.to_string())
        }
    }
}
