//! Why a call gave no answer.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use adapty_model::{ErrorResponse, Repeat};

/// Why a call gave no answer: one word wide, and free of the API key and of the ids it was asked
/// about.
///
/// [`Display`](fmt::Display) describes this crate's layer and fits after "failed to get profile: ";
/// [`source`](StdError::source) has what lies below.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    status: Option<u16>,
    body: Option<ErrorResponse>,
    excerpt: Option<String>,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    limit: Option<Limit>,
    reached_server: bool,
    stale: bool,
    attempts: Vec<Attempt>,
    /// How safe the caller's request is to repeat.
    repeat: Repeat,
    kept_from_repeating: bool,
    out_of_retry_budget: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// What kind of thing went wrong, in the order of a call's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting cannot be used; nothing was sent. Correct the setting the message names.
    Configuration,
    /// The identity cannot travel in a header unchanged; nothing was sent. Ask for another id.
    Identity,
    /// The request cannot be written, such as a date beyond the year 9999; nothing was sent. The
    /// source names the place.
    Request,
    /// No connection: the name was not found, nobody listened, or the connect limit passed. The
    /// server has not seen the request. Try again later.
    Connect,
    /// No trust: the certificate was not accepted, or the server does not speak TLS. The
    /// server has not seen the request. Do not try again; look at the certificate, the clock and
    /// the base URL.
    Tls,
    /// The connection closed before the whole response was there. The server may have seen the
    /// request. Try again later.
    Connection,
    /// What was received is not HTTP. The server may have seen the request. Try again later.
    Protocol,
    /// The attempt's or the call's time limit passed ([`Error::limit`] says which). The server may
    /// have seen the request. Try again later.
    Timeout,
    /// The response's head or body is larger than allowed; the rest was not read. The server has
    /// seen the request. Do not try again without a larger limit.
    TooLarge,
    /// The server sends the caller elsewhere, and the key is not sent there. Correct the base URL.
    Redirect,
    /// A fake Adapty answered a call with a production key: the base URL is not a loopback host's, the key
    /// begins with `secret_live_`, and the response has the header by which adapty-mock says what it is.
    /// Correct the base URL.
    MockServer,
    /// Status 401 for any reason but a missing profile: the key is absent, wrong, or not of the
    /// kind this operation takes. Do not try again with the same key.
    Unauthorized,
    /// The API itself says that it has no such profile: status 404, 400 or 401 with one of the
    /// operation's codes for it, such as `profile_does_not_exist`. A 404 without such a code is
    /// [`Status`](Self::Status).
    ProfileNotFound,
    /// The API itself says, in the same way, that the app has no such access level.
    AccessLevelNotFound,
    /// The API itself says, in the same way, that the app has no such paywall.
    PaywallNotFound,
    /// The API itself says that a virtual currency's balance is less than what is to be taken; nothing
    /// was. Do not try again before it has grown.
    InsufficientBalance,
    /// The API itself says that virtual currencies are not turned on for the app. Turn them on.
    FeatureNotEnabled,
    /// The API itself says that a request with the same `Idempotency-Key` is under way: the transaction
    /// may yet be done. The same again, key included, after [`Error::retry_after`] is told what became of
    /// it.
    IdempotencyInFlight,
    /// The API itself says that the transaction's source was used before. The server has seen the
    /// request and will not answer it otherwise next time.
    DuplicateSourceTransaction,
    /// Status 429. Try again after [`Error::retry_after`], when it is there.
    RateLimited,
    /// A status from 500 to 599. Try again later if it is one of 500, 502, 503 and 504.
    Server,
    /// Any other status but the one of success; the server has seen the request and will not answer it otherwise
    /// next time, except after 408.
    Status,
    /// The status of success with a body that is not the operation's answer. The message names the
    /// JSON path at fault. Do not try again.
    Unreadable,
    /// The answer is a profile of somebody else than was asked for: another `customer_user_id`, none at
    /// all, or another `profile_id`. The server has seen the request. Do not use what you know of either,
    /// and do not try again.
    WrongCustomer,
    /// The pages of a list are none: one came a second time, one has another number than was asked for,
    /// or they do not end. The message names the page; what came before it stands. Do not try again.
    Paging,
    /// The caller's own change of a remote config failed, whose error is the source, or the paywall has two
    /// configs of one locale. Nothing was written.
    Change,
}

/// A limit of this client's that was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// The time to have a connection.
    Connect,
    /// The time of one attempt.
    Attempt,
    /// The time of the whole call.
    Call,
    /// The size of a response's head.
    Head,
    /// The size of a response's body.
    Body,
}

/// One attempt of a call, and how it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The kind the attempt alone would have ended the call with.
    pub kind: ErrorKind,
    /// The HTTP status, when one arrived.
    pub status: Option<u16>,
    /// Whether any byte of the request may have reached the server.
    pub may_have_reached_server: bool,
    /// Whether it went over a reused connection that closed before the first byte of a response, or
    /// on which something unsolicited had come before the request left. Where the operation may be
    /// repeated, the next attempt then follows at once and does not count as a retry; at most once a
    /// call.
    pub stale_connection: bool,
}

impl Error {
    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status of the last response, when there was one.
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

    /// The response's `Request-Id`, by which Adapty's support finds the call.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server asked to wait (`Retry-After`), unclamped, counted from the response.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Which of the client's own limits passed, when that is what ended the call.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.0.limit
    }

    /// The attempt log: each attempt in order, and how it failed; empty when nothing was tried.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether any byte of any attempt's request may have reached the server.
    #[must_use]
    pub fn may_have_reached_server(&self) -> bool {
        self.0.attempts.iter().any(|it| it.may_have_reached_server)
    }

    /// Whether the call would have tried again, had there been anything left of the
    /// [`RetryBudget`](crate::RetryBudget): too many others failed lately. Do not make up for it with
    /// retries of your own.
    #[must_use]
    pub fn is_retry_budget_exhausted(&self) -> bool {
        self.0.out_of_retry_budget
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
            reached_server: false,
            stale: false,
            attempts: Vec::new(),
            repeat: Repeat::Always,
            kept_from_repeating: false,
            out_of_retry_budget: false,
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn identity(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Identity, message)
    }

    pub(crate) fn caused_by(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    pub(crate) fn at_limit(mut self, limit: Limit) -> Self {
        self.0.limit = Some(limit);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self.0.reached_server = true;
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
    pub(crate) fn reached_server(mut self, reached: bool) -> Self {
        self.0.reached_server = reached;
        self
    }

    /// Whether a reused connection ended before the first byte of the response.
    pub(crate) fn stale(mut self, stale: bool) -> Self {
        self.0.stale = stale;
        self
    }

    /// The error of a whole call: with its attempts, and whether nothing but the operation's own nature
    /// kept it from trying again.
    pub(crate) fn of_call(mut self, attempts: Vec<Attempt>, kept_from_repeating: bool) -> Self {
        self.0.attempts = attempts;
        self.0.kept_from_repeating = kept_from_repeating;
        self
    }

    /// With how safe the request is to repeat for the caller, who may not have what made the call's own
    /// repetitions safe.
    pub(crate) fn for_caller(mut self, repeat: Repeat) -> Self {
        self.0.repeat = repeat;
        self
    }

    /// The error of one page of a list.
    pub(crate) fn of_page(mut self, number: u64) -> Self {
        self.0.message = format!("page {number}: {}", self.0.message).into();
        self
    }

    /// The error of a call that might have tried again.
    pub(crate) fn out_of_retry_budget(mut self) -> Self {
        self.0.out_of_retry_budget = true;
        self
    }

    /// How safe the request is to repeat for the caller.
    pub(crate) fn repeat(&self) -> Repeat {
        self.0.repeat
    }

    /// This error as an entry of a call's attempt log.
    pub(crate) fn as_attempt(&self) -> Attempt {
        Attempt {
            kind: self.0.kind,
            status: self.0.status,
            may_have_reached_server: self.0.reached_server,
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
        if self.0.kept_from_repeating {
            details.push("not sent again, since the server may have acted on it".to_owned());
        }
        if self.0.out_of_retry_budget {
            details.push("retry budget exhausted".to_owned());
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
            .field("may_have_reached_server", &self.may_have_reached_server())
            .field("attempts", &self.0.attempts)
            .field("out_of_retry_budget", &self.0.out_of_retry_budget)
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
        let error = Error::new(ErrorKind::Connection, "the connection broke");
        let failed = error.as_attempt();
        let once = error.of_call(vec![failed], false);
        assert_eq!(once.to_string(), "the connection broke");
        assert_eq!(
            once.of_call(vec![failed, failed], false).to_string(),
            "the connection broke (2 attempts)"
        );
    }

    #[test]
    fn display_leaves_the_source_to_the_source() {
        let error = Error::new(ErrorKind::Connection, "the connection broke")
            .caused_by(std::io::Error::other("reset by peer"));
        assert_eq!(error.to_string(), "the connection broke");
        assert_eq!(error.source().unwrap().to_string(), "reset by peer");
    }

    #[test]
    fn one_attempt_that_may_have_reached_server_is_enough() {
        let seen = Error::new(ErrorKind::Connection, "").reached_server(true).as_attempt();
        let unseen = Error::new(ErrorKind::Connect, "");
        assert!(!unseen.may_have_reached_server());
        let last = unseen.as_attempt();
        assert!(unseen.of_call(vec![seen, last], false).may_have_reached_server());
    }
}
