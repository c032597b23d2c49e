//! A request as it was received.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, request};

use crate::budget::OverBudget;

/// One request, its body read as far as it may go.
pub(crate) struct ReceivedRequest<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) body: Result<Bytes, BodyError>,
    /// Whether the response before it on this connection was to be the last.
    pub(crate) after_the_last: bool,
}

/// What a request says before its body.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
}

/// Why there is no body to look at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
    NoRoom(OverBudget),
}

impl<'a> Head<'a> {
    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        Self { method: request.method(), uri: request.uri(), headers: request.headers() }
    }

    pub(crate) fn of_parts(parts: &'a request::Parts) -> Self {
        Self { method: &parts.method, uri: &parts.uri, headers: &parts.headers }
    }

    pub(crate) fn path_and_query(&self) -> &'a str {
        self.uri.path_and_query().map_or("", |path| path.as_str())
    }
}
