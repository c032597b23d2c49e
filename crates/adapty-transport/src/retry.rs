//! Whether, when and how often a call tries again.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use adapty_model::Repeat;
use tokio::time::Instant;

use crate::{
    error::{Attempt, Error, ErrorKind},
    retry_budget::RetryBudget,
};

/// How often, and after which backoff, a call tries again.
///
/// A retry follows no connection, a broken one, a response that is not HTTP, the attempt's timeout,
/// the statuses 408, 429, 500, 502, 503 and 504, and word that the same request is under way; nothing else, and only as far as the operation
/// may be sent twice: see [`Repeat`]. The backoff before retry n is a random part
/// (full jitter) of `initial_backoff` doubled n - 1 times, never more than `max_backoff`; a
/// `Retry-After` in the response takes its place. When the backoff would not end within the call, or
/// `Retry-After` asks for more than 60 s, the call ends at once with the error it has.
///
/// Whatever the policy, a reused connection that closed before the first byte of a response, or on
/// which something unsolicited had come, is replaced by a new one, once a call, if the operation may
/// be repeated; that attempt is in [`Error::attempts`] and does not count as a retry.
///
/// All of a process's retries are made out of one [`RetryBudget`], so that an outage is not met with a
/// multiple of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    max_retries: u32,
    initial_backoff: Duration,
    max_backoff: Duration,
}

impl RetryPolicy {
    /// The most retries [`build`](crate::ClientBuilder::build) accepts.
    pub const MAX_RETRIES: u32 = 10;
    /// The longest backoff before a retry, chosen by this policy or by the server.
    pub const MAX_BACKOFF: Duration = Duration::from_secs(60);

    /// One attempt and no retry, for tests.
    #[must_use]
    pub const fn none() -> Self {
        Self::new(0)
    }

    /// So many retries at most, with the default backoff: 0.5 s doubling to 5 s.
    #[must_use]
    pub const fn new(max_retries: u32) -> Self {
        Self {
            max_retries,
            initial_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(5),
        }
    }

    /// The same with another backoff.
    #[must_use]
    pub const fn backoff(mut self, initial: Duration, max: Duration) -> Self {
        self.initial_backoff = initial;
        self.max_backoff = max;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.max_retries > Self::MAX_RETRIES {
            return Err(Error::configuration(format!(
                "the retry policy has {} retries and may have at most {}",
                self.max_retries,
                Self::MAX_RETRIES
            )));
        }
        if self.initial_backoff > self.max_backoff {
            return Err(Error::configuration(
                "the retry policy's initial backoff is longer than its maximum",
            ));
        }
        if self.max_backoff > Self::MAX_BACKOFF {
            return Err(Error::configuration(
                "the retry policy's maximum backoff is more than 60 s",
            ));
        }
        Ok(())
    }

    /// The longest the backoff before retry `number` (from 1) may be.
    fn longest_backoff(&self, number: u32) -> Duration {
        let doubled = 1_u32.checked_shl(number.saturating_sub(1)).unwrap_or(u32::MAX);
        self.initial_backoff.saturating_mul(doubled).min(self.max_backoff)
    }
}

impl Default for RetryPolicy {
    /// Two retries.
    fn default() -> Self {
        Self::new(2)
    }
}

impl Error {
    /// Whether the same call may be sent again, and may well succeed then.
    ///
    /// Not after an operation that must not run twice may have reached the server. A transaction of virtual
    /// currencies without an `Idempotency-Key` of its own is one: the key was made for the call that failed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        let may_repeat = |attempt: &Attempt| may_repeat(self.repeat(), *attempt);
        may_repeat(&self.as_attempt()) && self.attempts().iter().all(may_repeat)
    }
}

/// Whether nothing but the operation's own nature kept a call from trying again.
fn is_kept_from_repeating(repeat: Repeat, log: &[Attempt]) -> bool {
    let is_kept =
        |failed: &Attempt| may_repeat(Repeat::Always, *failed) && !may_repeat(repeat, *failed);
    log.iter().any(is_kept)
}

/// Whether a request that failed in this way may be sent again: one rule for the retry loop of a call
/// and for its caller. [`Repeat`] has it as a table.
fn may_repeat(repeat: Repeat, failed: Attempt) -> bool {
    let passes_by_itself = match failed.kind {
        ErrorKind::Connect
        | ErrorKind::Connection
        | ErrorKind::Protocol
        | ErrorKind::Timeout
        | ErrorKind::IdempotencyInFlight
        | ErrorKind::RateLimited => true,
        ErrorKind::Server | ErrorKind::Status => {
            matches!(failed.status, Some(408 | 500 | 502 | 503 | 504))
        }
        _ => false,
    };
    passes_by_itself
        && match repeat {
            Repeat::Always => true,
            Repeat::NotAfter500 => failed.status != Some(500),
            Repeat::OnlyIfUnseen | Repeat::WithKey => !may_have_run(failed),
        }
}

/// Whether the server may have acted on the request of an attempt; one that is refused with 429 is unread.
pub(crate) fn may_have_run(failed: Attempt) -> bool {
    failed.may_have_reached_server && failed.kind != ErrorKind::RateLimited
}

/// Whether the server said something for itself, so that it is well.
fn is_answer(failed: Attempt) -> bool {
    failed.status.is_some_and(|status| status < 500 && !matches!(status, 408 | 429))
}

/// Which attempt of its call one is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NextAttempt {
    /// From 1.
    pub(crate) number: u32,
    /// A connection of this call broke or fell silent, and others of its age may have, too: this
    /// attempt opens its own.
    pub(crate) on_new_connection: bool,
    /// The backoff before it.
    pub(crate) backoff: Duration,
}

/// What came of an attempt.
pub(crate) struct Attempted<T> {
    pub(crate) outcome: Result<T, Error>,
    /// Whether it is this caller's to tell the budget of an answer: of those who shared a request, one's.
    pub(crate) is_counted: bool,
    /// The retry of the request, where others may have shared it.
    pub(crate) retry: Option<Arc<SharedRetry>>,
}

impl<T> From<Result<T, Error>> for Attempted<T> {
    fn from(outcome: Result<T, Error>) -> Self {
        Self { outcome, is_counted: true, retry: None }
    }
}

/// The retry of a request that several callers shared: one for all of them, out of one token and after one
/// backoff, so that they share the next one, too.
#[derive(Default)]
pub(crate) struct SharedRetry {
    is_granted: OnceLock<bool>,
    backoff: OnceLock<Duration>,
}

/// Repeats `attempt` as `policy`, the operation's `repeat` and the `budget` allow, until an answer is
/// there or the deadline is too near.
///
/// Gives the answer and the attempts that failed before it. Sleeping and jitter (from 0 to 1) are the caller's.
pub(crate) async fn retry_loop<T, A, S>(
    policy: RetryPolicy,
    repeat: Repeat,
    budget: &RetryBudget,
    deadline: Instant,
    mut attempt: impl FnMut(NextAttempt) -> A,
    mut sleep: impl FnMut(Duration) -> S,
    mut jitter: impl FnMut() -> f64,
) -> Result<(T, Vec<Attempt>), Error>
where
    A: Future<Output: Into<Attempted<T>>>,
    S: Future<Output = ()>,
{
    let ended_with = |error: Error, log: Vec<Attempt>| {
        let is_kept = is_kept_from_repeating(repeat, &log);
        error.of_call(log, is_kept).for_caller(repeat)
    };
    let mut log = Vec::new();
    let mut retries = 0;
    let mut next = NextAttempt { number: 1, on_new_connection: false, backoff: Duration::ZERO };
    loop {
        let Attempted { outcome, is_counted, retry } = attempt(next).await.into();
        let is_said = outcome.as_ref().err().is_none_or(|error| is_answer(error.as_attempt()));
        if is_said && is_counted {
            budget.put_answer();
        }
        let error = match outcome {
            Ok(answer) => return Ok((answer, log)),
            Err(error) => error,
        };
        let progress = Progress {
            retries,
            replaced_connection: log.iter().any(|failed: &Attempt| failed.stale_connection),
            left: deadline.saturating_duration_since(Instant::now()),
        };
        let failed = error.as_attempt();
        log.push(failed);
        let retry = retry.unwrap_or_default();
        let backoff = error.retry_after().or_else(|| retry.backoff.get().copied());
        match decide(policy, repeat, progress, failed, backoff, &mut jitter) {
            Decision::Stop => return Err(ended_with(error, log)),
            Decision::ReplaceConnection => next.backoff = Duration::ZERO,
            Decision::RetryAfter(_) if !retry.is_granted.get_or_init(|| budget.take_retry()) => {
                return Err(ended_with(error, log).out_of_retry_budget());
            }
            Decision::RetryAfter(backoff) => {
                retries += 1;
                next.backoff = *retry.backoff.get_or_init(|| backoff);
                sleep(next.backoff).await;
            }
        }
        next.number += 1;
        next.on_new_connection |=
            matches!(failed.kind, ErrorKind::Connection | ErrorKind::Protocol | ErrorKind::Timeout);
    }
}

/// How far a call is when it has to be decided whether to try again.
#[derive(Clone, Copy, Debug)]
struct Progress {
    retries: u32,
    replaced_connection: bool,
    left: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Decision {
    Stop,
    /// At once, on a new connection, without counting as a retry.
    ReplaceConnection,
    RetryAfter(Duration),
}

fn decide(
    policy: RetryPolicy,
    repeat: Repeat,
    progress: Progress,
    failed: Attempt,
    retry_after: Option<Duration>,
    jitter: impl FnOnce() -> f64,
) -> Decision {
    if !may_repeat(repeat, failed) {
        return Decision::Stop;
    }
    if failed.stale_connection && !progress.replaced_connection && !progress.left.is_zero() {
        return Decision::ReplaceConnection;
    }
    if progress.retries >= policy.max_retries {
        return Decision::Stop;
    }
    let backoff = retry_after.unwrap_or_else(|| {
        policy.longest_backoff(progress.retries + 1).mul_f64(jitter().clamp(0.0, 1.0))
    });
    if backoff > RetryPolicy::MAX_BACKOFF || backoff >= progress.left {
        return Decision::Stop;
    }
    Decision::RetryAfter(backoff)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::ready};

    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    const NO_BUDGET: RetryBudget = RetryBudget::unlimited();

    /// What becomes of attempts at what is always safe to repeat, within thirty seconds.
    async fn outcome_of<T, A: Future<Output = Result<T, Error>>>(
        policy: RetryPolicy,
        attempt: impl FnMut(NextAttempt) -> A,
    ) -> Result<(T, Vec<Attempt>), Error> {
        let ends = Instant::now() + 30 * SECOND;
        let (always, sleep) = (Repeat::Always, tokio::time::sleep);
        retry_loop(policy, always, &NO_BUDGET, ends, attempt, sleep, || 0.5).await
    }

    const EARLY: Progress =
        Progress { retries: 0, replaced_connection: false, left: Duration::from_secs(30) };

    fn failure(kind: ErrorKind, status: Option<u16>) -> Attempt {
        let error = Error::new(kind, "");
        status.map_or(Error::new(kind, ""), |status| error.with_status(status)).as_attempt()
    }

    fn decided(progress: Progress, retry_after: Option<Duration>) -> Decision {
        let last = failure(ErrorKind::RateLimited, Some(429));
        decide(RetryPolicy::default(), Repeat::Always, progress, last, retry_after, || 1.0)
    }

    fn retried(kind: ErrorKind, status: Option<u16>) -> bool {
        let decision = decide(
            RetryPolicy::default(),
            Repeat::Always,
            EARLY,
            failure(kind, status),
            None,
            || 0.0,
        );
        decision != Decision::Stop
    }

    #[test]
    fn each_failure_that_passes_by_itself_is_retried() {
        for kind in [ErrorKind::Connect, ErrorKind::Connection, ErrorKind::Timeout] {
            assert!(retried(kind, None), "{kind:?}");
        }
        assert!(retried(ErrorKind::Status, Some(408)));
        assert!(retried(ErrorKind::RateLimited, Some(429)));
        for status in [500, 502, 503, 504] {
            assert!(retried(ErrorKind::Server, Some(status)), "{status}");
        }
    }

    #[test]
    fn no_other_failure_is_retried() {
        for (kind, status) in [
            (ErrorKind::Tls, None),
            (ErrorKind::TooLarge, None),
            (ErrorKind::Redirect, Some(301)),
            (ErrorKind::Unauthorized, Some(401)),
            (ErrorKind::ProfileNotFound, Some(404)),
            (ErrorKind::Status, Some(409)),
            (ErrorKind::Server, Some(501)),
            (ErrorKind::Unreadable, Some(200)),
        ] {
            assert!(!retried(kind, status), "{kind:?}");
        }
    }

    #[test]
    fn the_backoff_doubles_up_to_its_maximum() {
        let policy = RetryPolicy::new(6);
        let longest: Vec<_> = (1..=6).map(|n| policy.longest_backoff(n).as_millis()).collect();
        assert_eq!(longest, [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(policy.longest_backoff(u32::MAX).as_millis(), 5000);
    }

    #[test]
    fn the_whole_backoff_is_random() {
        let backoff = |jitter| {
            let last = failure(ErrorKind::Connect, None);
            decide(RetryPolicy::default(), Repeat::Always, EARLY, last, None, || jitter)
        };
        assert_eq!(backoff(0.0), Decision::RetryAfter(Duration::ZERO));
        assert_eq!(backoff(0.5), Decision::RetryAfter(SECOND / 4));
        assert_eq!(backoff(1.0), Decision::RetryAfter(SECOND / 2));
    }

    #[test]
    fn retry_after_takes_the_place_of_the_backoff() {
        assert_eq!(decided(EARLY, Some(7 * SECOND)), Decision::RetryAfter(7 * SECOND));
        assert_eq!(decided(EARLY, Some(Duration::ZERO)), Decision::RetryAfter(Duration::ZERO));
    }

    #[test]
    fn a_retry_after_beyond_the_call_or_a_minute_ends_the_call() {
        assert_eq!(decided(EARLY, Some(30 * SECOND)), Decision::Stop);
        let long_call = Progress { left: 600 * SECOND, ..EARLY };
        assert_eq!(decided(long_call, Some(60 * SECOND)), Decision::RetryAfter(60 * SECOND));
        assert_eq!(decided(long_call, Some(61 * SECOND)), Decision::Stop);
    }

    #[test]
    fn no_backoff_reaches_the_end_of_the_call() {
        let nearly_over = Progress { left: SECOND / 4, ..EARLY };
        assert_eq!(decided(nearly_over, None), Decision::Stop);
    }

    proptest! {
        #[test]
        fn no_backoff_exceeds_its_maximum_a_minute_or_the_time_left(
            (first, longest) in (0..60_000_u64, 0..60_000_u64),
            (retries, left) in (0..12_u32, 0..120_000_u64),
            retry_after in proptest::option::of(0..100_000_u64),
            jitter in -1.0..2.0_f64,
        ) {
            let [first, longest, left] = [first, longest, left].map(Duration::from_millis);
            let policy = RetryPolicy::new(10).backoff(first, longest);
            let progress = Progress { retries, replaced_connection: false, left };
            let told = retry_after.map(Duration::from_millis);
            let last = failure(ErrorKind::RateLimited, Some(429));
            if let Decision::RetryAfter(backoff) = decide(policy, Repeat::Always, progress, last, told, || jitter) {
                prop_assert!(retries < 10 && backoff < left);
                prop_assert!(backoff <= told.unwrap_or(longest).min(RetryPolicy::MAX_BACKOFF));
            }
        }
    }

    #[test]
    fn the_policys_retries_are_the_most_there_are() {
        let spent = Progress { retries: 2, ..EARLY };
        assert_eq!(decided(spent, None), Decision::Stop);
    }

    #[test]
    fn a_stale_connection_is_replaced_once_even_without_retries() {
        let last = Error::new(ErrorKind::Connection, "").stale(true).as_attempt();
        let decided =
            |progress| decide(RetryPolicy::none(), Repeat::Always, progress, last, None, || 0.0);
        assert_eq!(decided(EARLY), Decision::ReplaceConnection);
        let used = Progress { replaced_connection: true, ..EARLY };
        assert_eq!(decided(used), Decision::Stop);
    }

    #[test]
    fn an_operation_that_must_not_run_twice_is_sent_again_only_if_it_was_not_seen() {
        let decided = |kind, reached, stale| {
            let failed = Error::new(kind, "").reached_server(reached).stale(stale).as_attempt();
            let repeat = Repeat::OnlyIfUnseen;
            decide(RetryPolicy::default(), repeat, EARLY, failed, None, || 0.0)
        };
        let retry = Decision::RetryAfter(Duration::ZERO);
        assert_eq!(decided(ErrorKind::Connect, false, false), retry);
        assert_eq!(decided(ErrorKind::RateLimited, true, false), retry);
        assert_eq!(decided(ErrorKind::Connection, false, true), Decision::ReplaceConnection);
        assert_eq!(decided(ErrorKind::Connection, true, true), Decision::Stop);
        assert_eq!(decided(ErrorKind::Timeout, true, false), Decision::Stop);
    }

    #[test]
    fn a_policy_out_of_bounds_is_refused_by_name() {
        let refused = |policy: RetryPolicy| policy.check().unwrap_err().to_string();
        assert_eq!(
            refused(RetryPolicy::new(11)),
            "the retry policy has 11 retries and may have at most 10"
        );
        assert_eq!(
            refused(RetryPolicy::new(1).backoff(2 * SECOND, SECOND)),
            "the retry policy's initial backoff is longer than its maximum"
        );
        assert_eq!(
            refused(RetryPolicy::new(1).backoff(SECOND, 61 * SECOND)),
            "the retry policy's maximum backoff is more than 60 s"
        );
    }

    /// Runs a call of `length` whose attempts all fail the same way, each taking `each`.
    async fn run(
        policy: RetryPolicy,
        length: Duration,
        each: Duration,
        failure: impl Fn() -> Error,
    ) -> Error {
        let attempt = |_| async {
            tokio::time::sleep(each).await;
            Err::<(), _>(failure())
        };
        retry_loop(
            policy,
            Repeat::Always,
            &NO_BUDGET,
            Instant::now() + length,
            attempt,
            tokio::time::sleep,
            || 1.0,
        )
        .await
        .unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_makes_two_retries_after_half_a_second_and_a_second() {
        let began = Instant::now();
        let error = run(RetryPolicy::default(), 30 * SECOND, SECOND, || {
            Error::new(ErrorKind::Connect, "no connection")
        })
        .await;
        assert_eq!(began.elapsed().as_millis(), 4500);
        assert_eq!(error.to_string(), "no connection (3 attempts)");
    }

    /// A call out of this budget whose attempts all fail with this status.
    async fn out_of(budget: &RetryBudget, kind: ErrorKind, status: u16) -> Error {
        let attempt = |_| ready(Err::<(), _>(Error::new(kind, "it failed").with_status(status)));
        let ends = Instant::now() + 30 * SECOND;
        let policy = RetryPolicy::default();
        retry_loop(policy, Repeat::Always, budget, ends, attempt, tokio::time::sleep, || 0.5)
            .await
            .unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_budget_ends_with_the_error_it_has_and_says_so() {
        let budget = RetryBudget::new(1);
        let error = out_of(&budget, ErrorKind::Server, 503).await;
        assert_eq!(error.to_string(), "it failed (status 503, 2 attempts, retry budget exhausted)");
        assert!(error.is_retry_budget_exhausted() && error.is_retryable());
        let error = out_of(&budget, ErrorKind::Server, 503).await;
        assert_eq!(error.to_string(), "it failed (status 503, retry budget exhausted)");
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_would_have_been_retried_was_kept_back_by_the_budget() {
        let empty = RetryBudget::new(0);
        let error = out_of(&empty, ErrorKind::Status, 409).await;
        assert!(!error.is_retry_budget_exhausted());
        let error = out_of(&RetryBudget::new(5), ErrorKind::Server, 503).await;
        assert!(!error.is_retry_budget_exhausted() && error.attempts().len() == 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_an_answer_and_a_server_that_cannot_is_none() {
        let earned = async |kind, status| {
            let budget = RetryBudget::new(10);
            (0..10).for_each(|_| assert!(budget.take_retry()));
            for _ in 0..10 {
                out_of(&budget, kind, status).await;
            }
            budget.retries_left()
        };
        assert_eq!(earned(ErrorKind::ProfileNotFound, 404).await, Some(1));
        assert_eq!(earned(ErrorKind::Status, 408).await, Some(0));
        assert_eq!(earned(ErrorKind::RateLimited, 429).await, Some(0));
        assert_eq!(earned(ErrorKind::Server, 503).await, Some(0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_never_sleeps_past_its_end() {
        let began = Instant::now();
        let slow = RetryPolicy::new(10).backoff(4 * SECOND, 4 * SECOND);
        let error = run(slow, 10 * SECOND, SECOND, || Error::new(ErrorKind::Connect, "")).await;
        assert_eq!(began.elapsed().as_secs(), 6);
        assert_eq!(error.attempts().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_overlong_retry_after_comes_back_unclamped_and_at_once() {
        let began = Instant::now();
        let error = run(RetryPolicy::default(), 30 * SECOND, Duration::ZERO, || {
            Error::new(ErrorKind::RateLimited, "rate limited")
                .with_status(429)
                .with_retry_after(Some(86_400 * SECOND))
        })
        .await;
        assert!(began.elapsed().is_zero());
        assert_eq!(error.retry_after(), Some(86_400 * SECOND));
        assert_eq!(error.attempts().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_answer_comes_with_the_attempts_that_failed_before_it() {
        let failures = Cell::new(2_u32);
        let attempt = |_| {
            let left = failures.replace(failures.get().saturating_sub(1));
            ready(if left == 0 {
                Ok("profile")
            } else {
                Err(Error::new(ErrorKind::Connection, ""))
            })
        };
        let outcome = outcome_of(RetryPolicy::default(), attempt).await;
        let (answer, failed) = outcome.unwrap();
        assert_eq!((answer, failed.len()), ("profile", 2));
        assert!(failed.iter().all(|it| it.kind == ErrorKind::Connection));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_stale_connection_the_next_attempt_opens_a_new_one() {
        let attempts = Cell::new(Vec::new());
        let attempt = |attempt: NextAttempt| {
            let mut seen = attempts.take();
            seen.push(attempt.on_new_connection);
            attempts.set(seen);
            ready(Err::<(), _>(
                Error::new(ErrorKind::Connection, "").stale(!attempt.on_new_connection),
            ))
        };
        let policy = RetryPolicy::none();
        let error = outcome_of(policy, attempt).await;
        assert_eq!(attempts.take(), [false, true]);
        assert_eq!(error.unwrap_err().attempts().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn only_one_stale_connection_a_call_is_replaced() {
        let attempt = |attempt: NextAttempt| {
            let stale = || Error::new(ErrorKind::Connection, "").stale(true);
            ready(if attempt.number < 3 { Err(stale()) } else { Ok(()) })
        };
        let policy = RetryPolicy::none();
        let outcome = outcome_of(policy, attempt).await;
        assert_eq!(outcome.unwrap_err().attempts().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn each_attempt_knows_the_backoff_before_it() {
        let waits = Cell::new(Vec::new());
        let attempt = |attempt: NextAttempt| {
            let mut seen = waits.take();
            seen.push(attempt.backoff.as_millis());
            waits.set(seen);
            ready(Err::<(), _>(Error::new(ErrorKind::Connection, "").stale(attempt.number == 2)))
        };
        let policy = RetryPolicy::default();
        let outcome = outcome_of(policy, attempt).await;
        assert!(outcome.is_err());
        assert_eq!(waits.take(), [0, 250, 0, 500]);
    }

    /// The statuses of those given after which such a request may be sent again.
    fn repeated(repeat: Repeat, statuses: &[u16]) -> Vec<u16> {
        let error = |status| {
            let kind = match status {
                429 => ErrorKind::RateLimited,
                500.. => ErrorKind::Server,
                _ => ErrorKind::Status,
            };
            Error::new(kind, "").with_status(status).for_caller(repeat)
        };
        statuses.iter().copied().filter(|status| error(*status).is_retryable()).collect()
    }

    #[test]
    fn each_status_is_retryable_as_far_as_the_operation_allows() {
        let all = [400, 401, 404, 408, 409, 422, 429, 500, 501, 502, 503, 504, 505];
        assert_eq!(repeated(Repeat::Always, &all), [408, 429, 500, 502, 503, 504]);
        assert_eq!(repeated(Repeat::NotAfter500, &all), [408, 429, 502, 503, 504]);
        assert_eq!(repeated(Repeat::OnlyIfUnseen, &all), [429]);
        assert_eq!(repeated(Repeat::WithKey, &all), [429]);
    }

    #[test]
    fn a_request_that_is_under_way_is_asked_after_where_the_same_again_does_no_harm() {
        let is_asked =
            |repeat| may_repeat(repeat, failure(ErrorKind::IdempotencyInFlight, Some(409)));
        assert!(is_asked(Repeat::NotAfter500) && !is_asked(Repeat::OnlyIfUnseen));
        for kind in [
            ErrorKind::DuplicateSourceTransaction,
            ErrorKind::InsufficientBalance,
            ErrorKind::FeatureNotEnabled,
        ] {
            assert!(!may_repeat(Repeat::Always, failure(kind, Some(409))), "{kind:?}");
        }
    }

    #[test]
    fn an_error_says_in_words_that_what_must_not_run_twice_was_not_sent_again() {
        let said = |kind, status, repeat| {
            let error = Error::new(kind, "it failed").with_status(status);
            let attempt = error.as_attempt();
            let is_kept = is_kept_from_repeating(repeat, &[attempt]);
            error.of_call(vec![attempt], is_kept).to_string()
        };
        let kept = "it failed (status 503, not sent again, since the server may have acted on it)";
        assert_eq!(said(ErrorKind::Server, 503, Repeat::OnlyIfUnseen), kept);
        assert_eq!(said(ErrorKind::Server, 503, Repeat::NotAfter500), "it failed (status 503)");
        assert_eq!(said(ErrorKind::Status, 404, Repeat::OnlyIfUnseen), "it failed (status 404)");
        assert_eq!(
            said(ErrorKind::RateLimited, 429, Repeat::OnlyIfUnseen),
            "it failed (status 429)"
        );
    }

    #[test]
    fn what_did_not_reach_the_server_may_be_sent_again_whatever_it_is() {
        for kind in [ErrorKind::Connect, ErrorKind::Connection, ErrorKind::Timeout] {
            for (reached, retryable) in [(false, true), (true, false)] {
                let error = Error::new(kind, "").reached_server(reached);
                let error = error.for_caller(Repeat::OnlyIfUnseen);
                assert_eq!(error.is_retryable(), retryable, "{kind:?}");
            }
        }
    }

    #[test]
    fn one_attempt_that_may_have_run_is_enough_to_say_no() {
        let lost = Error::new(ErrorKind::Connection, "").reached_server(true).as_attempt();
        let error = Error::new(ErrorKind::Connect, "");
        assert!(!error.of_call(vec![lost], true).for_caller(Repeat::OnlyIfUnseen).is_retryable());
    }

    #[test]
    fn what_does_not_pass_by_itself_is_not_retryable() {
        for kind in [ErrorKind::Tls, ErrorKind::Unreadable, ErrorKind::TooLarge] {
            assert!(!Error::new(kind, "").is_retryable(), "{kind:?}");
        }
    }
}
