//! What a request asks for: path and method; the door and the app do the rest.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Uri, request};

use crate::{decision::Decision, door::LastApp, journal::Exchange, reply::Reply, server::Shared};

/// The path of the documented call.
const PROFILE_PATH: &str = "/api/v2/server-side-api/profile/";

/// One request, its body read as far as it may go.
pub(crate) struct Call<'a> {
    pub(crate) head: Head<'a>,
    pub(crate) body: Result<Bytes, BodyFault>,
    /// Whether the answer before it on this connection was to be the last.
    pub(crate) on_doomed_connection: bool,
    pub(crate) last_app: &'a LastApp,
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
pub(crate) enum BodyFault {
    TooLarge,
    TooSlow,
    Broken,
}

/// Decides one request and records it.
pub(crate) fn decide(shared: &Shared, call: &Call<'_>) -> Decision {
    let id = shared.request_ids.next();
    match shared.door.enter(call.head.headers, call.last_app) {
        Ok(app) => app.decide(call, id),
        Err(refusal) => {
            let misrouted = misrouted(call, shared.door.beginning.redirects_missing_slash);
            let decision = Decision::new(id, misrouted.unwrap_or_else(|| refusal.reply()));
            shared.record_keyless(Exchange::new(call, &decision));
            decision
        }
    }
}

/// The answer to a request that is not the documented call at all.
pub(crate) fn misrouted(call: &Call<'_>, redirects_missing_slash: bool) -> Option<Reply> {
    let path = call.head.uri.path();
    if path != PROFILE_PATH {
        let lacks_slash = path.len() + 1 == PROFILE_PATH.len() && PROFILE_PATH.starts_with(path);
        return Some(match lacks_slash {
            true if redirects_missing_slash && *call.head.method == Method::GET => {
                Reply::slash_missing_redirect(PROFILE_PATH)
            }
            true => Reply::slash_missing(),
            false => Reply::no_such_path(),
        });
    }
    if *call.head.method != Method::GET {
        return Some(Reply::wrong_method("GET"));
    }
    match call.body {
        Ok(_) => None,
        Err(BodyFault::TooLarge) => {
            Some(Reply::body_too_large("the request's body is larger than 64 KiB"))
        }
        Err(BodyFault::TooSlow) => Some(Reply::body_too_slow()),
        Err(BodyFault::Broken) => Some(Reply::body_broken()),
    }
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
