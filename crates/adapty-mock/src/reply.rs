//! Replies: well-formed responses, and why each is what it is.

mod pieces;
mod profile;
mod refusal;
pub(crate) mod request_id;

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use serde::Serialize;

pub(crate) use self::pieces::Pieces;
pub(crate) use self::profile::{
    no_room, profile, profile_not_found, profile_not_found_as_400, profile_not_found_as_401,
};
pub(crate) use self::refusal::Refusal;
use self::request_id::RequestId;
use crate::fixtures;

/// What will be answered, by hyper or over the bare socket.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    /// In the place of what every answer has, or beside it; without one the body is JSON.
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
    /// What follows the body, made as it is sent.
    pub(crate) more: Option<Pieces>,
    pub(crate) reason: Reason,
}

/// Why an answer is what it is, in words.
#[derive(Clone, Debug)]
pub(crate) enum Reason {
    /// For the journal alone: nothing is odd about the answer.
    Usual(&'static str),
    /// For the journal and the `Adapty-Mock-Reason` header.
    Stated(Cow<'static, str>),
}

impl Reply {
    /// The documented 401.
    pub(crate) fn unauthorized(reason: &'static str) -> Self {
        Self::json(StatusCode::UNAUTHORIZED, fixtures::NOT_AUTHENTICATED, stated(reason))
    }

    /// The 401 of refund saver, integration identifiers, paywalls and Paddle: texts for errors.
    pub(crate) fn invalid_api_key(reason: &'static str) -> Self {
        Self::json(StatusCode::UNAUTHORIZED, fixtures::INVALID_API_KEY, stated(reason))
    }

    pub(crate) fn no_such_path() -> Self {
        Self::html_not_found("no operation has this path")
    }

    pub(crate) fn slash_missing() -> Self {
        Self::html_not_found("the path lacks the slash at its end")
    }

    pub(crate) fn slash_missing_redirect(location: &str) -> Self {
        let location =
            HeaderValue::from_str(location).expect("a path of a request is visible ASCII");
        Self {
            status: StatusCode::MOVED_PERMANENTLY,
            headers: vec![(LOCATION, location)],
            body: Bytes::new(),
            ..Self::html_not_found("the path lacks the slash at its end")
        }
    }

    pub(crate) fn wrong_method(allowed: &str) -> Self {
        let mut reply = Self::mistake(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            Some("non_field_errors"),
            format!("another method is answered on this path: {allowed}"),
        );
        if let Ok(allowed) = HeaderValue::from_str(allowed) {
            reply.headers.push((ALLOW, allowed));
        }
        reply
    }

    pub(crate) fn body_too_large(reason: &'static str) -> Self {
        Self::error(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", None, reason)
    }

    pub(crate) fn body_too_slow() -> Self {
        Self::error(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            None,
            "the request's body did not arrive in time",
        )
    }

    pub(crate) fn body_broken() -> Self {
        Self::error(StatusCode::BAD_REQUEST, "parse_error", None, "the request's body broke off")
    }

    /// An answer made of JSON.
    pub(crate) fn json(status: StatusCode, body: Bytes, reason: Reason) -> Self {
        Self { status, headers: Vec::new(), body, more: None, reason }
    }

    /// 200 with JSON, laid out as the documents' bodies stand in their files.
    pub(crate) fn laid_out(value: &impl Serialize, reason: &'static str) -> Self {
        let body = laid_out(value);
        Self::json(StatusCode::OK, body, Reason::Usual(reason))
    }

    /// What goes with a status whatever the operation, for an answer of a test that names the status alone.
    pub(crate) fn of_status(status: StatusCode, reason: &'static str) -> Self {
        Self::json(status, body_of_status(status), stated(reason))
    }

    /// A documented error.
    pub(crate) fn documented(status: StatusCode, body: Bytes, reason: &'static str) -> Self {
        Self::json(status, body, stated(reason))
    }

    /// 429; the code is the one that the OpenAPI file names for another operation.
    pub(crate) fn rate_limited(retry_after: Option<u64>) -> Self {
        let mut reply = Self::error(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            None,
            "more requests than this app's limit allows",
        );
        if let Some(seconds) = retry_after {
            reply.headers.push((RETRY_AFTER, HeaderValue::from(seconds)));
        }
        reply
    }

    /// 204: done, and nothing to say.
    pub(crate) fn no_content(reason: &'static str) -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: Vec::new(),
            body: Bytes::new(),
            more: None,
            reason: Reason::Usual(reason),
        }
    }

    /// The answer to what is no request that can be read.
    pub(crate) fn no_request(status: StatusCode) -> Self {
        let reason = match status {
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
                "the request's head is larger than 64 KiB, or has more than 100 lines"
            }
            StatusCode::URI_TOO_LONG => "the request's path is too long",
            _ => "this is not an HTTP/1.1 request",
        };
        Self::error(status, "parse_error", None, reason)
    }

    /// An error of ours whose words name what was wrong in this one request.
    pub(crate) fn mistake(
        status: StatusCode,
        code: &str,
        source: Option<&str>,
        what: String,
    ) -> Self {
        let body = error_body(status, code, source, &what);
        Self::json(status, body, Reason::Stated(Cow::Owned(what)))
    }

    /// The same in the documents' second form, which has texts for errors.
    pub(crate) fn mistake_in_texts(status: StatusCode, code: &str, what: String) -> Self {
        let body = serde_json::json!({
            "errors": [what],
            "error_code": code,
            "status_code": status.as_u16(),
        });
        Self::json(status, Bytes::from(body.to_string()), Reason::Stated(Cow::Owned(what)))
    }

    /// A 400 of ours.
    pub(crate) fn invalid(source: &'static str, reason: &'static str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "validation_error", Some(source), reason)
    }

    /// An error of ours in the documents' first form: items with a source, a code, a status.
    pub(crate) fn error(
        status: StatusCode,
        code: &str,
        source: Option<&str>,
        reason: &'static str,
    ) -> Self {
        Self::json(status, error_body(status, code, source, reason), stated(reason))
    }

    /// What every answer carries, and what this one adds.
    pub(crate) fn headers(&self, id: RequestId) -> HeaderMap {
        const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
        const VERSION: HeaderName = HeaderName::from_static("adapty-mock-version");
        const REASON: HeaderName = HeaderName::from_static("adapty-mock-reason");
        // Hyper reads the next request's headers into this map: room enough now saves growing then.
        let mut headers = HeaderMap::with_capacity(8);
        if !self.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.insert(VERSION, HeaderValue::from_static(env!("CARGO_PKG_VERSION")));
        headers.insert(
            REQUEST_ID,
            HeaderValue::from_bytes(&id.digits()).expect("hexadecimal digits are visible ASCII"),
        );
        if let Reason::Stated(reason) = &self.reason
            && let Ok(reason) = HeaderValue::from_str(reason)
        {
            headers.insert(REASON, reason);
        }
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        headers
    }

    /// A page such as a framework or a proxy answers.
    fn html_not_found(reason: &'static str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            headers: vec![(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))],
            body: Bytes::from_static(
                b"<!doctype html>\n<title>Not Found</title>\n<h1>Not Found</h1>\n",
            ),
            more: None,
            reason: stated(reason),
        }
    }
}

/// JSON laid out as the documents' bodies stand in their files.
pub(crate) fn laid_out(value: &impl Serialize) -> Bytes {
    let mut body = serde_json::to_vec_pretty(value).expect("texts and numbers are JSON");
    body.push(b'\n');
    Bytes::from(body)
}

fn error_body(status: StatusCode, code: &str, source: Option<&str>, message: &str) -> Bytes {
    let body = serde_json::json!({
        "errors": [{ "source": source, "errors": [message] }],
        "error_code": code,
        "status_code": status.as_u16(),
    });
    Bytes::from(body.to_string())
}

/// The body that goes with a status; empty where the documents show none.
fn body_of_status(status: StatusCode) -> Bytes {
    match status {
        StatusCode::UNAUTHORIZED => fixtures::NOT_AUTHENTICATED,
        StatusCode::NOT_FOUND => fixtures::PROFILE_DOES_NOT_EXIST,
        StatusCode::TOO_MANY_REQUESTS => {
            error_body(status, "rate_limited", None, "Too many requests")
        }
        // Declared for every operation, and for those on profiles without a body.
        StatusCode::INTERNAL_SERVER_ERROR => Bytes::new(),
        _ if status.is_client_error() || status.is_server_error() => {
            let name = status.canonical_reason().unwrap_or("Unknown error");
            let code = name.to_lowercase().replace([' ', '-'], "_").replace('\'', "");
            error_body(status, &code, None, name)
        }
        _ => Bytes::new(),
    }
}

/// A reason that its reply states.
pub(crate) fn stated(reason: &'static str) -> Reason {
    Reason::Stated(Cow::Borrowed(reason))
}
