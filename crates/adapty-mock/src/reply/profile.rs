//! The documented replies about a profile, found or not.

use bytes::Bytes;
use http::StatusCode;

use super::{Reason, Reply, stated};
use crate::{editions::WireFormat, fixtures};

/// 200 with the profile.
pub(crate) fn profile_found(body: Bytes) -> Reply {
    Reply::json(StatusCode::OK, body, Reason::Usual("profile found"))
}

/// The documented 404; the newest form unless another is asked for.
pub(crate) fn profile_not_found(format: Option<WireFormat>) -> Reply {
    let body = match format {
        Some(WireFormat::OlderPage | WireFormat::OlderObjectsPage) => fixtures::NOT_FOUND,
        Some(WireFormat::NewerPage | WireFormat::OpenApi) | None => {
            fixtures::PROFILE_DOES_NOT_EXIST
        }
    };
    Reply::json(StatusCode::NOT_FOUND, body, stated("no profile of this app has this id"))
}

/// The 401 that the documents name beside the 404 for a missing profile.
pub(crate) fn profile_not_found_as_401() -> Reply {
    let reason = "no profile of this app has this id, and this app answers 401 for that";
    Reply::json(StatusCode::UNAUTHORIZED, fixtures::NOT_AUTHENTICATED, stated(reason))
}

/// The 400 that the pages of purchase operations list beside the 404.
pub(crate) fn profile_not_found_as_400() -> Reply {
    let reason = "no profile of this app has this id, and this app answers 400 for that";
    let body = fixtures::PROFILE_DOES_NOT_EXIST_AS_400;
    Reply::json(StatusCode::BAD_REQUEST, body, stated(reason))
}
