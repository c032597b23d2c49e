//! What may go wrong on purpose: the vocabulary of faults.
//!
//! The names are those of WireMock (`empty_response`, `connection_reset_by_peer`,
//! `random_data_then_close`, `uniform` delays with `lower` and `upper`) and of toxiproxy (`timeout`,
//! `slicer`) where the meaning is theirs. The same words serve in Rust, in the admin API's JSON
//! and in the journal. A word that is not among them is refused, so that a plan with a slip of the
//! pen does not pass for a milder one.

use std::{collections::BTreeMap, fmt};

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, Serialize, de};

/// How many header lines an answer may have.
const LINES_LIMIT: usize = 100;
/// How long one of them may be.
const LINE_LIMIT: usize = 64 * 1024;

/// One way for an answer to go wrong.
///
/// A fault of the body becomes a reset in the head where the answer has no body, such as a 204: it
/// never passes for success.
///
/// As JSON: the name in snake case, `"timeout"`, or an object of the name and its settings,
/// `{"status": {"code": 429, "headers": {"Retry-After": "2"}}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing: the usual answer. It lets a plan begin well, or only delay.
    None,
    /// Another answer in the place of the usual one.
    Status(Answer),
    /// The usual answer under another `Content-Type`.
    WrongContentType {
        /// What the header says instead of `application/json`.
        content_type: String,
    },
    /// The usual answer under a `Content-Length` that is off; then the connection closes.
    WrongContentLength {
        /// What is added to the true length: above zero the body seems cut short, below zero more
        /// arrives than was announced.
        by: i64,
    },
    /// Never an answer: the connection stays open and silent until the client leaves.
    Timeout,
    /// The connection closes before the first byte of an answer.
    EmptyResponse,
    /// The connection is reset (TCP RST) before the first byte of an answer.
    ConnectionResetByPeer,
    /// The request is lost on its way: nothing changes, and the connection is reset (TCP RST) before
    /// the first byte of an answer.
    LostRequest,
    /// The answer is lost on its way: the operation runs and changes what it changes, and the connection
    /// is reset (TCP RST) before the first byte. To its client it looks just as a lost request does.
    LostAnswer,
    /// Half of the head, then the connection closes.
    HalfHeadThenClose,
    /// The whole head and half of the body, then the connection closes.
    HalfBodyThenClose,
    /// The whole head and half of the body, then the connection is reset (TCP RST).
    HalfBodyThenReset,
    /// The head at once, then the body one byte at a time; then the connection closes.
    Slicer {
        /// How long to wait before each byte, in milliseconds.
        #[serde(default)]
        delay_ms: u64,
    },
    /// 256 bytes that are not HTTP, drawn from the plan's seed; then the connection closes.
    RandomDataThenClose,
    /// A head whose header lines never stop coming, until the client leaves.
    EndlessHead,
    /// A body, in chunks, whose bytes never stop coming, until the client leaves: as fast as it reads them, so
    /// that one without a limit of its own grows until something else ends it.
    EndlessBody,
    /// The usual answer on a connection kept open; it closes as the next request arrives on it.
    CloseOnReuse,
    /// These bytes and nothing else, whether HTTP or not.
    Raw {
        /// What is sent.
        text: String,
        /// What becomes of the connection then.
        #[serde(default)]
        then: Then,
    },
}

impl Fault {
    /// The fault's one word in JSON and in the journal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Status(_) => "status",
            Self::WrongContentType { .. } => "wrong_content_type",
            Self::WrongContentLength { .. } => "wrong_content_length",
            Self::Timeout => "timeout",
            Self::EmptyResponse => "empty_response",
            Self::ConnectionResetByPeer => "connection_reset_by_peer",
            Self::LostRequest => "lost_request",
            Self::LostAnswer => "lost_answer",
            Self::HalfHeadThenClose => "half_head_then_close",
            Self::HalfBodyThenClose => "half_body_then_close",
            Self::HalfBodyThenReset => "half_body_then_reset",
            Self::Slicer { .. } => "slicer",
            Self::RandomDataThenClose => "random_data_then_close",
            Self::EndlessHead => "endless_head",
            Self::EndlessBody => "endless_body",
            Self::CloseOnReuse => "close_on_reuse",
            Self::Raw { .. } => "raw",
        }
    }

    /// The one word of each.
    pub(crate) const NAMES: [&str; 18] = [
        "none",
        "status",
        "wrong_content_type",
        "wrong_content_length",
        "timeout",
        "empty_response",
        "connection_reset_by_peer",
        "lost_request",
        "lost_answer",
        "half_head_then_close",
        "half_body_then_close",
        "half_body_then_reset",
        "slicer",
        "random_data_then_close",
        "endless_head",
        "endless_body",
        "close_on_reuse",
        "raw",
    ];

    /// Whether the answer is made up: then the operation does not run, and nothing changes. The other
    /// faults break the answer of an operation that ran.
    pub(crate) fn is_made_up(&self) -> bool {
        matches!(
            self,
            Self::Status(_)
                | Self::Timeout
                | Self::EmptyResponse
                | Self::ConnectionResetByPeer
                | Self::LostRequest
                | Self::RandomDataThenClose
                | Self::Raw { .. }
        )
    }

    /// Whether the fault is one of the body, which an answer without one cannot show.
    pub(super) fn is_of_body(&self) -> bool {
        matches!(
            self,
            Self::WrongContentType { .. }
                | Self::WrongContentLength { .. }
                | Self::HalfBodyThenClose
                | Self::HalfBodyThenReset
                | Self::Slicer { .. }
                | Self::EndlessBody
        )
    }

    /// The same fault with another text in the place of the one it sends.
    pub(super) fn with_text(&self, text: &str) -> Self {
        match self {
            Self::Status(answer) => Self::Status(Answer {
                code: answer.code,
                headers: answer.headers.clone(),
                body: answer.body.is_some().then(|| text.to_owned()),
                no_body: answer.no_body,
            }),
            Self::Raw { then, .. } => Self::Raw { text: text.to_owned(), then: *then },
            other => other.clone(),
        }
    }

    /// Says what cannot be sent, if anything.
    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Status(answer) => answer.check(),
            Self::WrongContentType { content_type } if content_type.len() > LINE_LIMIT => {
                Err(format!("content_type: is longer than {LINE_LIMIT} bytes"))
            }
            Self::WrongContentType { content_type } => HeaderValue::from_str(content_type)
                .map(drop)
                .map_err(|_| "content_type: not a header value".to_owned()),
            Self::WrongContentLength { by: 0 } => Err("by: zero is the right length".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Reads header lines, and no more than there may be.
fn read_headers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    struct HeadersVisitor;

    impl<'de> de::Visitor<'de> for HeadersVisitor {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of header lines")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut lines: A) -> Result<Self::Value, A::Error> {
            let mut headers = BTreeMap::new();
            while let Some((name, value)) = lines.next_entry()? {
                headers.insert(name, value);
                if headers.len() > LINES_LIMIT {
                    let what = format_args!("there are more than {LINES_LIMIT}");
                    return Err(de::Error::custom(what));
                }
            }
            Ok(headers)
        }
    }

    deserializer.deserialize_map(HeadersVisitor)
}

/// A well-formed answer of the test's own making.
///
/// Without a body of its own it has the one that Adapty's documents give its status for the operation that is
/// asked for, of several the first that the operation checks: 401 for each, `paywall_does_not_exist`,
/// `feature_not_enabled`, `idempotency_in_flight` and the like. Where they give none it has a body like
/// theirs: the 404 of a profile in its newest form; a 429 with the code `rate_limited`; every other status
/// from 400 on with its name as the code (`service_unavailable`; ours). A 500 has no body, as documented for
/// profiles, and neither has a status below 400.
///
/// As JSON: `{"code": 503}`, `{"code": 503, "body": "<h1>down</h1>"}`, `{"code": 503, "no_body": true}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Answer {
    /// The status, 200 to 599.
    pub code: u16,
    /// Header lines, at most 100; a `Content-Type` here takes the place of `application/json`, which goes
    /// with a body alone.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "read_headers"
    )]
    pub headers: BTreeMap<String, String>,
    /// The body, sent as it stands; absent is the one of the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Whether nothing is sent in the place of the status's body; absent is not.
    #[serde(default, skip_serializing_if = "is_false")]
    pub no_body: bool,
}

impl Answer {
    /// An answer with this status and the body that goes with it.
    #[must_use]
    pub fn new(code: u16) -> Self {
        Self { code, headers: BTreeMap::new(), body: None, no_body: false }
    }

    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.body = Some(body.into());
        self.no_body = false;
        self
    }

    /// Sends no body, whatever the status.
    #[must_use]
    pub fn no_body(mut self) -> Self {
        self.body = None;
        self.no_body = true;
        self
    }

    fn check(&self) -> Result<(), String> {
        if !(200..=599).contains(&self.code) {
            return Err(format!("code: {} is not between 200 and 599", self.code));
        }
        if self.headers.len() > LINES_LIMIT {
            return Err(format!("headers: there are more than {LINES_LIMIT}"));
        }
        for (name, value) in &self.headers {
            if name.len() + value.len() > LINE_LIMIT {
                return Err(format!("headers: a line is longer than {LINE_LIMIT} bytes"));
            }
            let known = HeaderName::try_from(name)
                .map_err(|_| format!("headers: `{name}` is not a header name"))?;
            if HeaderValue::from_str(value).is_err() {
                return Err(format!("headers: the value of `{name}` is not a header value"));
            }
            if known == http::header::CONTENT_LENGTH || known == http::header::TRANSFER_ENCODING {
                return Err(format!(
                    "headers: `{name}` is the server's to say; see wrong_content_length and raw"
                ));
            }
        }
        let body = self.body.as_deref().unwrap_or_default();
        if !body.is_empty() && matches!(self.code, 204 | 304) {
            return Err(format!("body: an answer {} has none", self.code));
        }
        if self.body.is_some() && self.no_body {
            return Err("body: there is one, and no_body is true".to_owned());
        }
        Ok(())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Status(answer)
    }
}

/// What becomes of a connection after [`Fault::Raw`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Then {
    /// It closes.
    #[default]
    Close,
    /// It is reset (TCP RST).
    Reset,
    /// It stays open and silent until the client leaves.
    Timeout,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_the_words_that_a_plan_may_say() {
        let error = serde_json::from_str::<Fault>("\"\"").unwrap_err().to_string();
        for name in Fault::NAMES {
            assert!(error.contains(&format!("`{name}`")), "{name}: {error}");
        }
        assert_eq!(error.matches('`').count(), 2 * (Fault::NAMES.len() + 1), "{error}");
    }
}
