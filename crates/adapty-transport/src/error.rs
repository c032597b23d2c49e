//! Why a call gave no profile.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use adapty_model::ErrorResponse;

/// Why a call gave no profile: one word wide, and free of the API key and of the ids it was asked
/// about.
///
/// [`Display`](fmt::Display) speaks for this crate's layer and fits after "failed to get profile: ";
/// [`source`](StdError::source) has what lies below.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    status: Option<u16>,
    body: Option<ErrorResponse>,
    excerpt: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    limit: Option<Limit>,
    seen: bool,
    stale: bool,
    attempts: Vec<Attempt>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What kind of thing went wrong, in the order of a call's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting cannot be used; nothing was sent. Correct the setting the message names.
    Configuration,
    /// The identity cannot travel in a header unchanged; nothing was sent. Ask for another id.
    Identity,
    /// No connection: the name was not found, nobody listened, or the connect limit passed. The
    /// server has not seen the request. Try again later.
    Connect,
    /// No trust: the certificate was not accepted, or the other side does not speak TLS. The
    /// server has not seen the request. Do not try again; look at the certificate, the clock and
    /// the base URL.
    Tls,
    /// The connection ended before the whole answer was there, or what came is not HTTP. The
    /// server may have seen the request. Try again later.
    Exchange,
    /// The attempt's or the call's time limit passed ([`Error::limit`] says which). The server may
    /// have seen the request. Try again later.
    Timeout,
    /// The answer's head or body is larger than allowed; the rest was not read. The server has
    /// seen the request. Do not try again without a larger limit.
    TooLarge,
    /// The server sends the caller elsewhere, and the key is not sent there. Correct the base URL.
    Redirect,
    /// Status 401 for any reason but a missing profile: the key is absent, wrong, or not of the
    /// kind this operation takes. Do not try again with the same key.
    Unauthorized,
    /// The API itself says that it has no such profile: status 404, 400 or 401 with one of the
    /// codes that name it: `profile_does_not_exist`, `profile_not_found` or `not_found`. A 404
    /// without such a code is [`Status`](Self::Status).
    ProfileNotFound,
    /// Status 429. Try again after [`Error::retry_after`], when it is there.
    RateLimited,
    /// A status from 500 to 599. Try again later if it is one of 500, 502, 503 and 504.
    Server,
    /// Any other status but 200; the server has seen the request and will not answer it otherwise
    /// next time, except after 408.
    Status,
    /// Status 200 with a body that is no profile. The message names the JSON path at fault. Do not
    /// try again.
    Unreadable,
}

/// A limit of this client's that passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// The time to have a connection.
    Connect,
    /// The time of one attempt.
    Attempt,
    /// The time of the whole call.
    Call,
    /// The size of an answer's head.
    Head,
    /// The size of an answer's body.
    Body,
}

/// One attempt of a call and what it met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The kind the attempt alone would have ended the call with.
    pub kind: ErrorKind,
    /// The HTTP status, when one arrived.
    pub status: Option<u16>,
    /// Whether any byte of the request may have reached the server.
    pub may_have_been_seen: bool,
    /// Whether it went over a reused connection that was closed before the first byte of an answer, or
    /// on which something unasked for had come before the request left; the next attempt then was free
    /// of charge. At most once a call.
    pub stale_connection: bool,
}

impl Error {
    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status of the last answer, when there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// What the API said, when it spoke in one of its own forms.
    ///
    /// The server's words: they may name the customer.
    #[must_use]
    pub fn body(&self) -> Option<&ErrorResponse> {
        self.0.body.as_ref()
    }

    /// The beginning of a body that is in none of the API's forms, at most 512 bytes of it, with
    /// the key and the id asked for blanked out.
    ///
    /// The server's words: they may name a customer all the same, the one asked for in other capitals
    /// or another encoding, or a short id inside a longer word. Never part of `Display` or
    /// `Debug`.
    #[must_use]
    pub fn excerpt(&self) -> Option<&str> {
        self.0.excerpt.as_deref()
    }

    /// The answer's `Request-Id`, by which Adapty's support finds the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server asked to wait (`Retry-After`), unclamped, counted from the answer.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Which of the client's own limits passed, when that is what ended the call.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.0.limit
    }

    /// Each attempt in order, and what it met; empty when nothing was tried.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether any byte of any attempt's request may have reached the server.
    #[must_use]
    pub fn may_have_been_seen(&self) -> bool {
        self.0.attempts.iter().any(|it| it.may_have_been_seen)
    }

    /// Whether the same call may well succeed later.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        is_worth_retrying(self.0.kind, self.0.status)
    }
}

/// One rule for the loop inside a call and for the caller outside it.
pub(crate) fn is_worth_retrying(kind: ErrorKind, status: Option<u16>) -> bool {
    match kind {
        ErrorKind::Connect | ErrorKind::Exchange | ErrorKind::Timeout | ErrorKind::RateLimited => {
            true
        }
        ErrorKind::Server | ErrorKind::Status => {
            matches!(status, Some(408 | 500 | 502 | 503 | 504))
        }
        _ => false,
    }
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            status: None,
            body: None,
            excerpt: None,
            request_id: None,
            retry_after: None,
            limit: None,
            seen: false,
            stale: false,
            attempts: Vec::new(),
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn identity(message: &'static str) -> Self {
        Self::new(ErrorKind::Identity, message)
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn at_limit(mut self, limit: Limit) -> Self {
        self.0.limit = Some(limit);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self.0.seen = true;
        self
    }

    pub(crate) fn with_body(mut self, body: Option<ErrorResponse>) -> Self {
        self.0.body = body;
        self
    }

    pub(crate) fn with_excerpt(mut self, excerpt: Option<String>) -> Self {
        self.0.excerpt = excerpt;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<String>) -> Self {
        self.0.request_id = request_id;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    /// Whether any byte of this attempt's request may have reached the server.
    pub(crate) fn seen(mut self, seen: bool) -> Self {
        self.0.seen = seen;
        self
    }

    /// Whether a reused connection ended before the first byte of the answer.
    pub(crate) fn stale(mut self, stale: bool) -> Self {
        self.0.stale = stale;
        self
    }

    pub(crate) fn after(mut self, attempts: Vec<Attempt>) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// This error as one line of a call's history.
    pub(crate) fn as_attempt(&self) -> Attempt {
        Attempt {
            kind: self.0.kind,
            status: self.0.status,
            may_have_been_seen: self.0.seen,
            stale_connection: self.0.stale,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let mut details = Vec::new();
        if let Some(status) = self.0.status {
            details.push(format!("status {status}"));
        }
        if let Some(pause) = self.0.retry_after {
            details.push(format!("retry after {} s", pause.as_secs()));
        }
        if let Some(id) = &self.0.request_id {
            details.push(format!("request {id}"));
        }
        if self.0.attempts.len() > 1 {
            details.push(format!("{} attempts", self.0.attempts.len()));
        }
        if details.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", details.join(", "))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither `body` nor `excerpt`: they are the server's words and may name the customer.
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("request_id", &self.0.request_id)
            .field("retry_after", &self.0.retry_after)
            .field("limit", &self.0.limit)
            .field("may_have_been_seen", &self.may_have_been_seen())
            .field("attempts", &self.0.attempts)
            .field("source", &self.0.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_wide_and_crosses_threads() {
        fn crosses_threads<T: Send + Sync + 'static>() {}
        crosses_threads::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }

    #[test]
    fn display_is_a_clause_with_its_details_in_brackets() {
        let error = Error::new(ErrorKind::RateLimited, "rate limited")
            .with_status(429)
            .with_retry_after(Some(Duration::from_secs(120)))
            .with_request_id(Some("758f01df".to_owned()));
        assert_eq!(
            error.to_string(),
            "rate limited (status 429, retry after 120 s, request 758f01df)"
        );
    }

    #[test]
    fn display_counts_the_attempts_only_when_there_were_several() {
        let error = Error::new(ErrorKind::Exchange, "the connection broke");
        let met = error.as_attempt();
        let once = error.after(vec![met]);
        assert_eq!(once.to_string(), "the connection broke");
        assert_eq!(once.after(vec![met, met]).to_string(), "the connection broke (2 attempts)");
    }

    #[test]
    fn display_leaves_the_source_to_the_source() {
        let error = Error::new(ErrorKind::Exchange, "the connection broke")
            .caused_by(std::io::Error::other("reset by peer"));
        assert_eq!(error.to_string(), "the connection broke");
        assert_eq!(error.source().unwrap().to_string(), "reset by peer");
    }

    #[test]
    fn one_attempt_that_may_have_been_seen_is_enough() {
        let seen = Error::new(ErrorKind::Exchange, "").seen(true).as_attempt();
        let unseen = Error::new(ErrorKind::Connect, "");
        assert!(!unseen.may_have_been_seen());
        let met = unseen.as_attempt();
        assert!(unseen.after(vec![seen, met]).may_have_been_seen());
    }

    #[test]
    fn only_what_passes_by_itself_is_worth_retrying() {
        let worth = |status| is_worth_retrying(ErrorKind::Server, Some(status));
        for status in [500, 502, 503, 504] {
            assert!(worth(status), "{status}");
        }
        assert!(!worth(501) && !worth(505));
        assert!(is_worth_retrying(ErrorKind::Status, Some(408)));
        assert!(!is_worth_retrying(ErrorKind::Status, Some(409)));
        assert!(!is_worth_retrying(ErrorKind::Tls, None));
        assert!(!is_worth_retrying(ErrorKind::Unreadable, Some(200)));
    }
}
