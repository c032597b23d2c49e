//! One call of any operation: its attempts, its deadline, its answer.

use std::time::{Duration, SystemTime};

use adapty_model::{ErrorResponse, Meaning, Operation};
use tokio::time::{Instant, sleep};
use tracing::debug;

use crate::{
    api_key::ApiKey,
    error::{Error, ErrorKind},
    http::{
        attempt::{BodyLimit, attempt},
        pool::Pool,
        request::{OperationRequest, Requests},
        response::{ReceivedResponse, RedirectTarget},
        timeouts::{Deadline, Timeouts},
    },
    redact::Secrets,
    response::Response,
    retry::{NextAttempt, RetryPolicy, retry_loop},
};

const MAX_EXCERPT: usize = 512;
/// How much of a body is looked at for its excerpt.
const ENOUGH_FOR_AN_EXCERPT: usize = 4096;

/// A client's settings and connections, as its builder made them.
pub(crate) struct Connections {
    pub(crate) key: ApiKey,
    pub(crate) requests: Requests,
    pub(crate) pool: Pool,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: RetryPolicy,
    pub(crate) max_body: usize,
}

impl Connections {
    /// Calls an operation, within `call_timeout`.
    pub(crate) async fn send<O: Operation>(
        &self,
        operation: &O,
        call_timeout: Duration,
    ) -> Result<Response<O::Answer>, Error> {
        let deadline = Instant::now() + call_timeout;
        let request = self
            .requests
            .prepare(operation)
            .inspect_err(|error| debug!(kind = ?error.kind(), "call refused"))?;
        let call = Call { connections: self, operation, request, deadline, call_timeout };
        let attempt = |next| call.attempt(next);
        let ((body, request_id), attempts) =
            retry_loop(self.retry, operation.repeat(), deadline, attempt, sleep, fastrand::f64)
                .await?;
        Ok(Response::new(body, request_id, attempts))
    }
}

struct Call<'a, O> {
    connections: &'a Connections,
    operation: &'a O,
    request: OperationRequest,
    deadline: Instant,
    call_timeout: Duration,
}

impl<O: Operation> Call<'_, O> {
    async fn attempt(&self, next: NextAttempt) -> Result<(O::Answer, Option<String>), Error> {
        let Connections { key, requests, pool, timeouts, max_body, .. } = self.connections;
        let began = Instant::now();
        let outcome = attempt(
            pool,
            next.on_new_connection,
            requests.request(&self.request),
            Deadline::of_attempt(began, timeouts.attempt, self.deadline, self.call_timeout),
            BodyLimit { success: O::SPEC.success, bytes: *max_body },
        )
        .await
        .and_then(|response| {
            let secrets =
                Secrets::of(key.text(), self.request.identity(), self.operation.secrets());
            read(self.operation, response, &secrets, SystemTime::now)
        });
        match &outcome {
            Ok((_, request_id)) => debug!(
                attempt = next.number,
                backoff = ?next.backoff,
                status = O::SPEC.success,
                request_id = request_id.as_deref(),
                took = ?began.elapsed(),
                "response read"
            ),
            Err(error) => debug!(
                attempt = next.number,
                backoff = ?next.backoff,
                kind = ?error.kind(),
                status = error.status(),
                request_id = error.request_id(),
                took = ?began.elapsed(),
                "attempt failed"
            ),
        }
        outcome
    }
}

/// What a response means: the operation's answer and the `Request-Id`, or why there is none.
///
/// The `secrets` are kept out of whatever is taken from the response for others to see. `now` stands
/// in for a missing `Date`.
fn read<O: Operation>(
    operation: &O,
    response: ReceivedResponse,
    secrets: &Secrets<'_>,
    now: impl FnOnce() -> SystemTime,
) -> Result<(O::Answer, Option<String>), Error> {
    let request_id = response.request_id().filter(|id| !secrets.are_in(id)).map(str::to_owned);
    if response.status != O::SPEC.success {
        return Err(refusal::<O>(&response, secrets)
            .with_retry_after(response.retry_after(now()))
            .with_request_id(request_id));
    }
    let is_cut = response.body_end.is_err();
    let unreadable = match response.body_end {
        Err(broken) => broken,
        Ok(()) => match operation.read(&response.body) {
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

/// The error of a response without success, whatever state its body is in.
fn refusal<O: Operation>(response: &ReceivedResponse, secrets: &Secrets<'_>) -> Error {
    let body = match response.body_end {
        // Any object reads as one; what says nothing in the API's form is told by its text instead.
        Ok(()) => ErrorResponse::from_json(&response.body)
            .ok()
            .filter(|body| *body != ErrorResponse::default()),
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
    use adapty_model::{GetProfile, Identity};

    use super::*;
    use crate::error::Limit;

    const NOW: u64 = 1_000_000_000;
    const KEY: &str = "secret_live_BEHrYLTr";

    /// The error of this response to a question about `id`.
    fn refused(id: &str, status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        let response = ReceivedResponse::of(status, headers, body);
        let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
        let operation = GetProfile::new(Identity::customer(id));
        read(&operation, response, &Secrets::of(KEY, id.as_bytes(), vec![]), now).err().unwrap()
    }

    fn request_id_of(value: &str) -> Option<usize> {
        refused("jane-doe", 403, &[("request-id", value)], "").request_id().map(str::len)
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
