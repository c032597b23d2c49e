//! A response as it was received; what it means is for the operation to say.

use std::time::{Duration, SystemTime};

use hyper::{
    HeaderMap, Uri,
    body::Bytes,
    header::{DATE, LOCATION, RETRY_AFTER},
    http::response::Parts,
};

use crate::{error::Error, retry_after};

/// The longest `Request-Id` taken for one; the documented ones have 32 characters.
const MAX_REQUEST_ID: usize = 128;

/// A response. Its body may have ended early, which only an answer need care about.
#[derive(Clone)]
pub(crate) struct ReceivedResponse {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) body_end: Result<(), Error>,
}

/// A response's first part.
#[derive(Clone)]
pub(super) struct Head {
    pub(super) status: u16,
    headers: HeaderMap,
}

impl From<Parts> for Head {
    fn from(parts: Parts) -> Self {
        Self { status: parts.status.as_u16(), headers: parts.headers }
    }
}

/// Where a redirect leads.
pub(crate) enum RedirectTarget {
    Host(String),
    SameHost,
    Unreadable,
}

impl ReceivedResponse {
    pub(super) fn new(head: Head, body: Bytes, body_end: Result<(), Error>) -> Self {
        Self { status: head.status, headers: head.headers, body, body_end }
    }

    /// The `Request-Id`, if it is letters, digits and dashes.
    pub(crate) fn request_id(&self) -> Option<&str> {
        let id = self.headers.get("request-id")?.to_str().ok()?;
        let is_plain = !id.is_empty()
            && id.len() <= MAX_REQUEST_ID
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        is_plain.then_some(id)
    }

    /// Whether it is a fake Adapty's, by its own word.
    pub(crate) fn is_of_mock_server(&self) -> bool {
        self.headers.contains_key("adapty-mock-version")
    }

    /// How long the server asks to wait; `now` stands in for a missing `Date`.
    pub(crate) fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let value = only(&self.headers, &RETRY_AFTER)?;
        retry_after::parse(value, only(&self.headers, &DATE), now)
    }

    /// Where `Location` leads, as far as it may be shown: path and query may repeat an id.
    pub(crate) fn redirect_target(&self) -> RedirectTarget {
        let location = self.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let target = location.and_then(|location| match location.strip_prefix("//") {
            Some(rest) => format!("https://{rest}").parse::<Uri>().ok(),
            None => location.parse().ok(),
        });
        match target.as_ref().map(Uri::host) {
            Some(Some(host)) => RedirectTarget::Host(host.to_owned()),
            Some(None) => RedirectTarget::SameHost,
            None => RedirectTarget::Unreadable,
        }
    }
}

/// A header that is there once.
fn only<'h>(headers: &'h HeaderMap, name: &hyper::header::HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

#[cfg(test)]
impl ReceivedResponse {
    /// A whole response with these headers.
    pub(crate) fn of(status: u16, headers: &[(&'static str, &str)], body: &str) -> Self {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a header value"));
        }
        Self { status, headers: map, body: body.to_owned().into(), body_end: Ok(()) }
    }
}
