//! One well-formed answer.

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::fixtures;

/// What will be answered; `serve` adds what every answer carries.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) content_type: HeaderValue,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn profile(body: Bytes) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::json(StatusCode::UNAUTHORIZED, fixtures::NOT_AUTHENTICATED)
    }

    pub(crate) fn no_such_profile() -> Self {
        Self::json(StatusCode::NOT_FOUND, fixtures::PROFILE_DOES_NOT_EXIST)
    }

    pub(crate) fn no_such_path() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            content_type: HeaderValue::from_static("text/html"),
            body: Bytes::from_static(
                b"<!doctype html>\n<title>Not Found</title>\n<h1>Not Found</h1>\n",
            ),
        }
    }

    fn json(status: StatusCode, body: Bytes) -> Self {
        Self {
            status,
            content_type: HeaderValue::from_static("application/json"),
            body,
        }
    }
}
