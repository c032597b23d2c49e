//! One call of any operation: its attempts, its deadline, its answer.

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, SystemTime},
};

use adapty_model::{ErrorResponse, Identity, Meaning, Method, Operation, Profile, Repeat};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout_at},
};
use tracing::{Instrument, Span, debug, debug_span, field::Empty};

use crate::{
    error::{Error, ErrorKind, Limit},
    http::{
        attempt::{BodyLimit, ConnectionUse, Progress, attempt},
        base_url::BaseUrl,
        pool::Pool,
        request::{OperationRequest, Requests},
        response::{ReceivedResponse, RedirectTarget},
        timeouts::{Deadline, Timeouts},
    },
    keys::Keys,
    metrics::{AttemptMetrics, CallMetrics, Metrics},
    redact::Secrets,
    response::Response,
    retry::{Attempted, NextAttempt, RetryPolicy, SharedRetry, may_have_run, retry_loop},
    retry_budget::RetryBudget,
    shared_reads::{Place, ReadKey, SharedReads},
};

const MAX_EXCERPT: usize = 512;
/// How much of a body is looked at for its excerpt.
const ENOUGH_FOR_AN_EXCERPT: usize = 4096;

/// What comes of a request on the wire.
type Outcome = Result<ReceivedResponse, Error>;

/// A client's settings and connections, as its builder made them.
pub(crate) struct Connections {
    pub(crate) base: BaseUrl,
    pub(crate) keys: Keys,
    pub(crate) requests: Requests,
    pub(crate) pool: Pool,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) budget: RetryBudget,
    pub(crate) max_body: usize,
    /// `None` where each read has a request of its own.
    pub(crate) reads: Option<Arc<SharedReads<Outcome>>>,
    pub(crate) metrics: Option<Arc<dyn Metrics>>,
}

impl Connections {
    /// Calls an operation, within `call_timeout`.
    pub(crate) async fn send<O: Operation>(
        self: &Arc<Self>,
        operation: &O,
        call_timeout: Duration,
    ) -> Result<Response<O::Answer>, Error> {
        let began = Instant::now();
        let outcome = self.call(operation, began, call_timeout).await;
        if let Some(metrics) = &self.metrics {
            let error = outcome.as_ref().err();
            let failed = |error: &Error| u32::try_from(error.attempts().len()).unwrap_or(u32::MAX);
            metrics.call_ended(&CallMetrics {
                operation: O::SPEC.name,
                attempts: outcome.as_ref().map_or_else(failed, |response| response.attempts),
                took: began.elapsed(),
                error: error.map(Error::kind),
                retry_budget_exhausted: error.is_some_and(Error::is_retry_budget_exhausted),
            });
        }
        outcome
    }

    async fn call<O: Operation>(
        self: &Arc<Self>,
        operation: &O,
        began: Instant,
        call_timeout: Duration,
    ) -> Result<Response<O::Answer>, Error> {
        let deadline = began + call_timeout;
        let request = self
            .keys
            .credentials()
            .and_then(|credentials| self.requests.prepare(operation, credentials))
            .inspect_err(|error| debug!(kind = ?error.kind(), "call refused"))?;
        let writes = O::SPEC.method != Method::Get;
        let reads = self.reads.as_deref().filter(|_| writes);
        let _write = reads.map(|reads| reads.write(operation.identity()));
        let call = Call { connections: self, operation, request, deadline, call_timeout };
        let attempt = |next| call.attempt(next);
        let repeat = match O::SPEC.repeat {
            // Its key is in the request, given or made.
            Repeat::WithKey => Repeat::NotAfter500,
            _ => operation.repeat(),
        };
        let outcome =
            retry_loop(self.retry, repeat, &self.budget, deadline, attempt, sleep, fastrand::f64)
                .await;
        match outcome {
            Ok(((body, request_id), failed)) => {
                Ok(Response::new(body, request_id, failed.len() + 1, failed))
            }
            Err(error) => deleted_before(operation, &error)
                .ok_or_else(|| error.for_caller(operation.repeat())),
        }
    }
}

struct Call<'a, O> {
    connections: &'a Arc<Connections>,
    operation: &'a O,
    request: OperationRequest,
    deadline: Instant,
    call_timeout: Duration,
}

/// What came of one attempt, before it is read.
struct Sent {
    received: Outcome,
    connection: ConnectionUse,
    /// Whether another caller began the request.
    is_shared: bool,
    is_counted: bool,
    retry: Option<Arc<SharedRetry>>,
}

impl<O: Operation> Call<'_, O> {
    async fn attempt(&self, next: NextAttempt) -> Attempted<(O::Answer, Option<String>)> {
        let began = Instant::now();
        let timeout = self.connections.timeouts.attempt;
        let deadline = Deadline::of_attempt(began, timeout, self.deadline, self.call_timeout);
        let span;
        let sent = match self.read_key() {
            Some((reads, key)) => {
                let place = reads.join(key, |progress| self.shared_request(next, progress));
                // The request of several is one on the wire: that of the one who began it.
                span = if place.is_shared { Span::none() } else { self.span(next) };
                Self::wait(place, deadline).instrument(span.clone()).await
            }
            // Elsewhere, so that a read's future has no room for it.
            None => {
                span = self.span(next);
                Box::pin(self.request(next, deadline)).instrument(span.clone()).await
            }
        };
        let Sent { received, connection, is_shared, is_counted, retry } = sent;
        let outcome = received.and_then(|response| self.read(&response));
        if outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::WrongCustomer) {
            // Where one answer is another's, the answers behind it may be, too.
            self.connections.pool.clear();
        }
        self.tell(next, began.elapsed(), &outcome, connection, is_shared, &span);
        Attempted { outcome, is_counted, retry }
    }

    /// A request that nobody else waits for.
    async fn request(&self, next: NextAttempt, deadline: Deadline) -> Sent {
        let Connections { requests, pool, .. } = &**self.connections;
        let progress = Progress::default();
        let mut request = Some(requests.request(&self.request));
        let (new, limit) = (next.on_new_connection, Self::limit(self.connections));
        let received = match deadline.has_passed(Instant::now()) {
            true => Err(deadline.error()),
            false => {
                let attempt = attempt(pool, new, &mut request, limit, &progress);
                let received = timeout_at(deadline.at, attempt).await;
                received.unwrap_or_else(|_| progress.cut_at(deadline))
            }
        };
        let connection = progress.connection();
        Sent { received, connection, is_shared: false, is_counted: true, retry: None }
    }

    /// A request that others may come to wait for, and that outlives this call if they do. It has no deadline but
    /// those of all who wait.
    ///
    /// It is allocated each time: what can be made in it is not brought along, which keeps it under the
    /// 1032 bytes up to which glibc has room at hand.
    fn shared_request(
        &self,
        next: NextAttempt,
        progress: Arc<Progress>,
    ) -> impl Future<Output = Outcome> + Send + 'static {
        let connections = Arc::clone(self.connections);
        let mut request = Some(connections.requests.request(&self.request));
        async move {
            let (new, limit) = (next.on_new_connection, Self::limit(&connections));
            attempt(&connections.pool, new, &mut request, limit, &progress).await
        }
    }

    /// Waits at a shared read, until this caller's own deadline.
    async fn wait(mut place: Place<Outcome>, deadline: Deadline) -> Sent {
        let (received, is_counted) = match deadline.has_passed(Instant::now()) {
            true => (Err(deadline.error()), false),
            false => match timeout_at(deadline.at, &mut place).await {
                Ok(outcome) => (outcome, place.is_to_count()),
                Err(_) => {
                    if deadline.limit == Limit::Attempt {
                        // Who tries again, or comes now, is not to wait for what was too slow.
                        place.close();
                    }
                    (place.progress().cut_at(deadline), false)
                }
            },
        };
        let is_answer = |response: &ReceivedResponse| {
            response.status == O::SPEC.success && response.body_end.is_ok()
        };
        let retry = (!received.as_ref().is_ok_and(is_answer)).then(|| place.retry());
        let (connection, is_shared) = (place.progress().connection(), place.is_shared);
        Sent { received, connection, is_shared, is_counted, retry }
    }

    /// By what this attempt may share a request, and with whom.
    fn read_key(&self) -> Option<(&Arc<SharedReads<Outcome>>, ReadKey)> {
        let Connections { reads, keys, .. } = &**self.connections;
        let reads = reads.as_ref()?;
        if O::SPEC.method != Method::Get || self.request.has_body() {
            return None;
        }
        let key = &self.request.credentials.key;
        let key = ReadKey {
            runtime: Handle::current().id(),
            operation: O::SPEC.name,
            target: self.operation.target(),
            identity: self.operation.identity().cloned(),
            api_key: keys.may_differ().then(|| key.text().into()),
        };
        Some((reads, key))
    }

    fn limit(connections: &Connections) -> BodyLimit {
        BodyLimit { success: O::SPEC.success, bytes: connections.max_body }
    }

    fn read(&self, response: &ReceivedResponse) -> Result<(O::Answer, Option<String>), Error> {
        let key = &self.request.credentials.key;
        if key.is_live() && !self.connections.base.is_loopback && response.is_of_mock_server() {
            return Err(mock_server(response.status));
        }
        let secrets = Secrets::of(key.text(), self.request.identity(), self.operation.secrets());
        read(self.operation, response, &secrets, SystemTime::now)
    }

    /// A span of one request, as OpenTelemetry's conventions for HTTP clients have it. What the path
    /// has in place of its `{…}`, and the query, may name a customer, so that neither is in it.
    fn span(&self, next: NextAttempt) -> Span {
        let base = &self.connections.base;
        let (method, path) = (O::SPEC.method.as_str(), O::SPEC.path);
        let span = debug_span!(
            "request",
            otel.name = %format_args!("{method} {path}"),
            otel.kind = "client",
            http.request.method = method,
            url.full = %format_args!("{}{path}", base.url()),
            url.template = path,
            server.address = base.host,
            server.port = base.port,
            http.request.resend_count = Empty,
            http.response.status_code = Empty,
            "error.type" = Empty,
            otel.status_code = Empty,
        );
        if next.number > 1 {
            span.record("http.request.resend_count", next.number - 1);
        }
        span
    }

    /// Tells whoever listens how an attempt ended.
    fn tell(
        &self,
        next: NextAttempt,
        took: Duration,
        outcome: &Result<(O::Answer, Option<String>), Error>,
        connection: ConnectionUse,
        is_shared: bool,
        span: &Span,
    ) {
        let status = match outcome {
            Ok(_) => Some(O::SPEC.success),
            Err(error) => error.status(),
        };
        let error = outcome.as_ref().err();
        if let Some(metrics) = &self.connections.metrics {
            metrics.attempt_ended(&AttemptMetrics {
                operation: O::SPEC.name,
                number: next.number,
                backoff: next.backoff,
                took,
                status,
                error: error.map(Error::kind),
                connection,
                is_shared,
            });
        }
        if !span.is_disabled() {
            if let Some(status) = status {
                span.record("http.response.status_code", status);
            }
            if let Some(error) = error {
                let kind = match status.filter(|status| *status != O::SPEC.success) {
                    Some(status) => status.to_string(),
                    None => format!("{:?}", error.kind()),
                };
                span.record("error.type", kind);
                span.record("otel.status_code", "ERROR");
            }
        }
        match outcome {
            Ok((_, request_id)) => debug!(
                attempt = next.number,
                backoff = ?next.backoff,
                status,
                request_id = request_id.as_deref(),
                ?took,
                "response read"
            ),
            Err(error) => debug!(
                attempt = next.number,
                backoff = ?next.backoff,
                kind = ?error.kind(),
                status,
                request_id = error.request_id(),
                ?took,
                "attempt failed"
            ),
        }
    }
}

/// What a response means: the operation's answer and the `Request-Id`, or why there is none.
///
/// The `secrets` are kept out of whatever is taken from the response for others to see. `now` stands
/// in for a missing `Date`.
fn read<O: Operation>(
    operation: &O,
    response: &ReceivedResponse,
    secrets: &Secrets<'_>,
    now: impl FnOnce() -> SystemTime,
) -> Result<(O::Answer, Option<String>), Error> {
    let request_id = response.request_id().filter(|id| !secrets.are_in(id)).map(str::to_owned);
    if response.status != O::SPEC.success {
        return Err(refusal::<O>(response, secrets)
            .with_retry_after(response.retry_after(now()))
            .with_request_id(request_id));
    }
    let is_cut = response.body_end.is_err();
    let unreadable = match &response.body_end {
        Err(broken) => broken.clone(),
        Ok(()) => match operation.read(&response.body) {
            Ok(answer) if is_of_another(&answer, operation.identity()) => {
                let message = "wrong customer: the answer is the profile of another";
                return Err(Error::new(ErrorKind::WrongCustomer, message)
                    .with_status(response.status)
                    .with_request_id(request_id));
            }
            Ok(answer) => return Ok((answer, request_id)),
            Err(cause) => {
                let message = match cause.path() {
                    "" => "the response cannot be read".to_owned(),
                    path => format!("the response cannot be read at {path}"),
                };
                let error = Error::new(ErrorKind::Unreadable, message);
                match secrets.begin_in(&cause) {
                    true => error,
                    false => error.caused_by(cause),
                }
            }
        },
    };
    Err(unreadable
        .with_status(response.status)
        .with_excerpt(excerpt(&response.body, is_cut, secrets))
        .with_request_id(request_id))
}

/// What became of a deletion that found nothing to delete, if an earlier attempt may have deleted it: its
/// answer was lost.
fn deleted_before<O: Operation>(operation: &O, error: &Error) -> Option<Response<O::Answer>> {
    let (_, earlier) = error.attempts().split_last()?;
    let is_gone = O::SPEC.method == Method::Delete && error.kind() == ErrorKind::ProfileNotFound;
    if !is_gone || !earlier.iter().copied().any(may_have_run) {
        return None;
    }
    let answer = operation.read(b"").ok()?;
    let (request_id, failed) = (error.request_id().map(str::to_owned), error.attempts().to_vec());
    Some(Response::new(answer, request_id, failed.len(), failed))
}

/// Whether an answer is the profile of somebody else than was asked for.
fn is_of_another(answer: &dyn Any, asked: Option<&Identity>) -> bool {
    match (answer.downcast_ref::<Profile>(), asked) {
        (Some(profile), Some(Identity::CustomerUserId(id))) => {
            profile.customer_user_id.as_ref() != Some(id)
        }
        (Some(profile), Some(Identity::ProfileId(id))) => profile.profile_id != *id,
        _ => false,
    }
}

/// The error of a production key that a fake Adapty was shown.
fn mock_server(status: u16) -> Error {
    let message = "a fake Adapty answered a production key; correct the base URL";
    Error::new(ErrorKind::MockServer, message).with_status(status)
}

/// The error of a response without success, whatever state its body is in.
fn refusal<O: Operation>(response: &ReceivedResponse, secrets: &Secrets<'_>) -> Error {
    let body = match response.body_end {
        // What says nothing in the API's form is told by its text instead.
        Ok(()) => ErrorResponse::said_in(&response.body),
        Err(_) => None,
    };
    let excerpt = match body {
        Some(_) => None,
        None => excerpt(&response.body, response.body_end.is_err(), secrets),
    };
    let meaning = body.as_ref().and_then(|body| O::SPEC.meaning(response.status, body));
    let error = match (meaning.and_then(kind_of), response.status) {
        (Some(kind), _) => Error::new(kind, meaning.map_or(String::new(), |it| it.to_string())),
        (None, 301 | 302 | 303 | 307 | 308) => redirect(response, secrets),
        (None, 401) => Error::new(ErrorKind::Unauthorized, "unauthorized"),
        (None, 429) => Error::new(ErrorKind::RateLimited, "rate limited"),
        (None, 500..=599) => Error::new(ErrorKind::Server, "server error"),
        (None, _) => Error::new(ErrorKind::Status, "unexpected status"),
    };
    error.with_status(response.status).with_body(body).with_excerpt(excerpt)
}

/// The kind of error that an error code of the operation stands for.
fn kind_of(meaning: Meaning) -> Option<ErrorKind> {
    match meaning {
        Meaning::ProfileNotFound => Some(ErrorKind::ProfileNotFound),
        Meaning::AccessLevelNotFound => Some(ErrorKind::AccessLevelNotFound),
        Meaning::PaywallNotFound => Some(ErrorKind::PaywallNotFound),
        Meaning::InsufficientBalance => Some(ErrorKind::InsufficientBalance),
        Meaning::FeatureNotEnabled => Some(ErrorKind::FeatureNotEnabled),
        Meaning::IdempotencyInFlight => Some(ErrorKind::IdempotencyInFlight),
        Meaning::DuplicateSourceTransaction => Some(ErrorKind::DuplicateSourceTransaction),
        _ => None,
    }
}

fn redirect(response: &ReceivedResponse, secrets: &Secrets<'_>) -> Error {
    let message = match response.redirect_target() {
        RedirectTarget::Host(host) if secrets.are_in(&host) => "redirected to …".to_owned(),
        RedirectTarget::Host(host) => format!("redirected to {host}"),
        RedirectTarget::SameHost => "redirected within the same host".to_owned(),
        RedirectTarget::Unreadable => "redirected without a readable target".to_owned(),
    };
    Error::new(ErrorKind::Redirect, message)
}

/// The beginning of a body as one line of text.
fn excerpt(body: &[u8], is_cut: bool, secrets: &Secrets<'_>) -> Option<String> {
    if body.is_empty() {
        return None;
    }
    let beginning = &body[..body.len().min(ENOUGH_FOR_AN_EXCERPT)];
    let is_cut = is_cut || beginning.len() < body.len();
    let mut text = secrets.blank(&String::from_utf8_lossy(beginning), is_cut);
    text.truncate(text.floor_char_boundary(MAX_EXCERPT));
    Some(text.replace(char::is_control, " "))
}

#[cfg(test)]
mod tests {
    use adapty_model::{GetProfile, Identity, uuid::Uuid};

    use super::*;
    const NOW: u64 = 1_000_000_000;
    const KEY: &str = "secret_live_BEHrYLTr";

    /// The error of this response to a question about `id`.
    fn refused(id: &str, status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        let response = ReceivedResponse::of(status, headers, body);
        let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let operation = GetProfile::new(Identity::customer(id));
        read(&operation, &response, &Secrets::of(KEY, id.as_bytes(), vec![]), now).err().unwrap()
    }

    fn request_id_of(value: &str) -> Option<usize> {
        refused("jane-doe", 403, &[("request-id", value)], "").request_id().map(str::len)
    }

    const PROFILE: &str =
        include_str!("../fixtures/get_profile.200.newer-page.lifetime_premium.json");

    #[test]
    fn a_profile_of_somebody_else_is_an_error_that_names_nobody() {
        let message = "wrong customer: the answer is the profile of another (status 200)";
        for customer in [r#""joe""#, r#""Jane""#, r#""jane ""#, r#""""#, "null"] {
            let body = PROFILE.replace(r#""77B14FB4-FD2A-4D38-AA3A-4C433F79863C""#, customer);
            let error = refused("jane", 200, &[], &body);
            assert_eq!(error.kind(), ErrorKind::WrongCustomer, "{customer}");
            assert_eq!(error.to_string(), message);
            assert!(!error.is_retryable() && error.as_attempt().may_have_reached_server);
        }
    }

    #[test]
    fn a_profile_with_another_id_than_was_asked_for_is_an_error() {
        let read = |id| {
            let operation = GetProfile::new(Identity::profile(Uuid::from_u128(id)));
            let response = ReceivedResponse::of(200, &[], PROFILE);
            read(&operation, &response, &Secrets::of(KEY, b"", vec![]), SystemTime::now)
        };
        assert_eq!(read(1).err().unwrap().kind(), ErrorKind::WrongCustomer);
        assert!(read(0xd853_3a10_bcce_4e33_8c9d_88b0_5ac5_6559).is_ok());
    }

    #[test]
    fn a_retry_after_without_a_date_of_the_response_is_measured_by_our_clock() {
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW + 90));
        let error = refused("jane-doe", 429, &[("retry-after", &date)], "");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(90)));
    }

    #[test]
    fn a_retry_after_that_is_there_twice_or_not_at_all_is_absent() {
        let twice = [("retry-after", "5"), ("retry-after", "5")];
        assert_eq!(refused("jane-doe", 429, &twice, "").retry_after(), None);
        assert_eq!(refused("jane-doe", 429, &[], "").retry_after(), None);
    }

    #[test]
    fn a_request_id_is_letters_digits_and_dashes_and_not_overlong() {
        assert_eq!(request_id_of(&"7".repeat(128)), Some(128));
        assert_eq!(request_id_of("758f-01DF_x"), Some(11));
        for other in ["7".repeat(129).as_str(), "", "a b", "jane@example.com", "a/b", "%6a", "a;b"]
        {
            assert_eq!(request_id_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_request_id_that_repeats_the_id_asked_for_is_none_in_capitals_too() {
        assert_eq!(request_id_of("x-Jane-DOE-x"), None);
        let of = |id| refused(id, 403, &[("request-id", "758f01dfa")], "").request_id().is_some();
        assert!(of("1") && of("a") && of("758f") && !of("758F01DFA"));
    }

    #[test]
    fn a_short_id_changes_no_path_no_host_and_no_cause() {
        let body = r#"{"data": {"profile_id": "1 a"}}"#;
        for id in ["1", "a", "data", "profile_id"] {
            let error = refused(id, 200, &[], body);
            let path = "the response cannot be read at data.profile_id (status 200)";
            assert_eq!(error.to_string(), path, "{id}");
            assert!(std::error::Error::source(&error).is_some(), "{id}");
            let error = refused(id, 301, &[("location", "https://login.a.example/1")], "");
            assert_eq!(error.to_string(), "redirected to login.a.example (status 301)", "{id}");
        }
    }

    #[test]
    fn a_host_that_repeats_the_id_asked_for_is_not_named() {
        let error = refused("jane-doe", 301, &[("location", "https://x-Jane-Doe.example/")], "");
        assert_eq!(error.to_string(), "redirected to … (status 301)");
    }

    #[test]
    fn half_an_id_at_the_end_of_a_broken_body_is_not_in_the_excerpt() {
        let broken = Error::new(ErrorKind::TooLarge, "too large").at_limit(Limit::Body);
        let mut response = ReceivedResponse::of(403, &[], "about jane-d");
        response.body_end = Err(broken);
        let error = refusal::<GetProfile>(&response, &Secrets::of("k", b"jane-doe", vec![]));
        assert_eq!(error.excerpt(), Some("about "));
    }
}
