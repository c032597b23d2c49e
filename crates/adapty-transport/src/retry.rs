//! Whether, when and how often a call tries again.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Attempt, Error, ErrorKind, is_worth_retrying};

/// How often, and after which pauses, a call tries again.
///
/// A repeat follows no connection, a broken exchange, the attempt's time limit, and the statuses
/// 408, 429, 500, 502, 503 and 504; nothing else. The pause before repeat n is a random part of
/// `first_pause` doubled n - 1 times, never more than `longest_pause`; a `Retry-After` in the
/// answer takes its place. When the pause would not end within the call, or `Retry-After` asks for
/// more than 60 s, the call ends at once with the error it has.
///
/// Whatever the policy, a reused connection that was closed before the first byte of an answer, or on
/// which something unasked for had come, is replaced by a new one, once a call; that attempt is counted in [`Error::attempts`], not here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    repeats: u32,
    first_pause: Duration,
    longest_pause: Duration,
}

impl RetryPolicy {
    /// The most repeats [`build`](crate::ClientBuilder::build) accepts.
    pub const MOST_REPEATS: u32 = 10;
    /// The longest pause before a repeat, asked for by this policy or by the server.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(60);

    /// One attempt and no repeat, for tests.
    #[must_use]
    pub const fn none() -> Self {
        Self::repeats(0)
    }

    /// So many repeats at most, with the default pauses: 0.5 s doubling to 5 s.
    #[must_use]
    pub const fn repeats(repeats: u32) -> Self {
        Self {
            repeats,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(5),
        }
    }

    /// The same with other pauses.
    #[must_use]
    pub const fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.first_pause = first;
        self.longest_pause = longest;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.repeats > Self::MOST_REPEATS {
            return Err(Error::configuration(format!(
                "the retry policy has {} repeats and may have at most {}",
                self.repeats,
                Self::MOST_REPEATS
            )));
        }
        if self.first_pause > self.longest_pause {
            return Err(Error::configuration(
                "the retry policy's first pause is longer than its longest pause",
            ));
        }
        if self.longest_pause > Self::LONGEST_PAUSE {
            return Err(Error::configuration("the retry policy's longest pause is more than 60 s"));
        }
        Ok(())
    }

    /// The longest the pause before repeat `number` (from 1) may be.
    fn ceiling(&self, number: u32) -> Duration {
        let doubled = 1_u32.checked_shl(number.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first_pause.saturating_mul(doubled).min(self.longest_pause)
    }
}

impl Default for RetryPolicy {
    /// Two repeats.
    fn default() -> Self {
        Self::repeats(2)
    }
}

/// Which attempt of its call one is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    /// From 1.
    pub(crate) number: u32,
    /// A connection of this call broke or fell silent, and others of its age may have, too: this
    /// attempt opens its own.
    pub(crate) on_new_connection: bool,
    /// The pause before it.
    pub(crate) waited: Duration,
}

/// Repeats `attempt` as `policy` says, until an answer stands or `call_ends` is too near.
///
/// Gives the answer and the number of attempts. Sleeping and randomness (`roll`, from 0 to 1) are
/// the caller's.
pub(crate) async fn until_settled<T, A, S>(
    policy: RetryPolicy,
    call_ends: Instant,
    mut attempt: impl FnMut(Turn) -> A,
    mut sleep: impl FnMut(Duration) -> S,
    mut roll: impl FnMut() -> f64,
) -> Result<(T, u32), Error>
where
    A: Future<Output = Result<T, Error>>,
    S: Future<Output = ()>,
{
    let mut met = Vec::new();
    let mut repeats = 0;
    let mut turn = Turn { number: 1, on_new_connection: false, waited: Duration::ZERO };
    loop {
        let error = match attempt(turn).await {
            Ok(answer) => return Ok((answer, turn.number)),
            Err(error) => error,
        };
        let so_far = SoFar {
            repeats,
            free_repeat_used: met.iter().any(|it: &Attempt| it.stale_connection),
            left: call_ends.saturating_duration_since(Instant::now()),
        };
        let last = error.as_attempt();
        met.push(last);
        match decide(policy, so_far, last, error.retry_after(), &mut roll) {
            Decision::Stop => return Err(error.after(met)),
            Decision::RepeatFree => turn.waited = Duration::ZERO,
            Decision::RepeatAfter(pause) => {
                repeats += 1;
                turn.waited = pause;
                sleep(pause).await;
            }
        }
        turn.number += 1;
        turn.on_new_connection |= matches!(last.kind, ErrorKind::Exchange | ErrorKind::Timeout);
    }
}

/// How a call stands when it has to be decided whether to try again.
#[derive(Clone, Copy, Debug)]
struct SoFar {
    repeats: u32,
    free_repeat_used: bool,
    left: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Decision {
    Stop,
    /// At once, on a new connection, without counting against the policy.
    RepeatFree,
    RepeatAfter(Duration),
}

fn decide(
    policy: RetryPolicy,
    so_far: SoFar,
    last: Attempt,
    retry_after: Option<Duration>,
    roll: impl FnOnce() -> f64,
) -> Decision {
    if last.stale_connection && !so_far.free_repeat_used && !so_far.left.is_zero() {
        return Decision::RepeatFree;
    }
    if so_far.repeats >= policy.repeats || !is_worth_retrying(last.kind, last.status) {
        return Decision::Stop;
    }
    let pause = retry_after
        .unwrap_or_else(|| policy.ceiling(so_far.repeats + 1).mul_f64(roll().clamp(0.0, 1.0)));
    if pause > RetryPolicy::LONGEST_PAUSE || pause >= so_far.left {
        return Decision::Stop;
    }
    Decision::RepeatAfter(pause)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::ready};

    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    const EARLY: SoFar =
        SoFar { repeats: 0, free_repeat_used: false, left: Duration::from_secs(30) };

    fn met(kind: ErrorKind, status: Option<u16>) -> Attempt {
        let error = Error::new(kind, "");
        status.map_or(Error::new(kind, ""), |status| error.with_status(status)).as_attempt()
    }

    fn decided(so_far: SoFar, retry_after: Option<Duration>) -> Decision {
        let last = met(ErrorKind::RateLimited, Some(429));
        decide(RetryPolicy::default(), so_far, last, retry_after, || 1.0)
    }

    fn repeats(kind: ErrorKind, status: Option<u16>) -> bool {
        let decision = decide(RetryPolicy::default(), EARLY, met(kind, status), None, || 0.0);
        decision != Decision::Stop
    }

    #[test]
    fn each_fault_that_passes_by_itself_is_repeated() {
        for kind in [ErrorKind::Connect, ErrorKind::Exchange, ErrorKind::Timeout] {
            assert!(repeats(kind, None), "{kind:?}");
        }
        assert!(repeats(ErrorKind::Status, Some(408)));
        assert!(repeats(ErrorKind::RateLimited, Some(429)));
        for status in [500, 502, 503, 504] {
            assert!(repeats(ErrorKind::Server, Some(status)), "{status}");
        }
    }

    #[test]
    fn no_other_fault_is_repeated() {
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
            assert!(!repeats(kind, status), "{kind:?}");
        }
    }

    #[test]
    fn the_pause_doubles_up_to_its_ceiling() {
        let policy = RetryPolicy::repeats(6);
        let ceilings: Vec<_> = (1..=6).map(|n| policy.ceiling(n).as_millis()).collect();
        assert_eq!(ceilings, [500, 1000, 2000, 4000, 5000, 5000]);
        assert_eq!(policy.ceiling(u32::MAX).as_millis(), 5000);
    }

    #[test]
    fn the_whole_pause_is_random() {
        let pause = |roll| {
            let last = met(ErrorKind::Connect, None);
            decide(RetryPolicy::default(), EARLY, last, None, || roll)
        };
        assert_eq!(pause(0.0), Decision::RepeatAfter(Duration::ZERO));
        assert_eq!(pause(0.5), Decision::RepeatAfter(SECOND / 4));
        assert_eq!(pause(1.0), Decision::RepeatAfter(SECOND / 2));
    }

    #[test]
    fn retry_after_takes_the_place_of_the_pause() {
        assert_eq!(decided(EARLY, Some(7 * SECOND)), Decision::RepeatAfter(7 * SECOND));
        assert_eq!(decided(EARLY, Some(Duration::ZERO)), Decision::RepeatAfter(Duration::ZERO));
    }

    #[test]
    fn a_retry_after_beyond_the_call_or_a_minute_ends_the_call() {
        assert_eq!(decided(EARLY, Some(30 * SECOND)), Decision::Stop);
        let long_call = SoFar { left: 600 * SECOND, ..EARLY };
        assert_eq!(decided(long_call, Some(60 * SECOND)), Decision::RepeatAfter(60 * SECOND));
        assert_eq!(decided(long_call, Some(61 * SECOND)), Decision::Stop);
    }

    #[test]
    fn no_pause_reaches_the_end_of_the_call() {
        let nearly_over = SoFar { left: SECOND / 4, ..EARLY };
        assert_eq!(decided(nearly_over, None), Decision::Stop);
    }

    proptest! {
        #[test]
        fn no_pause_exceeds_its_ceiling_a_minute_or_the_time_left(
            (first, longest) in (0..60_000_u64, 0..60_000_u64),
            (repeats, left) in (0..12_u32, 0..120_000_u64),
            retry_after in proptest::option::of(0..100_000_u64),
            roll in -1.0..2.0_f64,
        ) {
            let [first, longest, left] = [first, longest, left].map(Duration::from_millis);
            let policy = RetryPolicy::repeats(10).pauses(first, longest);
            let so_far = SoFar { repeats, free_repeat_used: false, left };
            let told = retry_after.map(Duration::from_millis);
            let last = met(ErrorKind::RateLimited, Some(429));
            if let Decision::RepeatAfter(pause) = decide(policy, so_far, last, told, || roll) {
                prop_assert!(repeats < 10 && pause < left);
                prop_assert!(pause <= told.unwrap_or(longest).min(RetryPolicy::LONGEST_PAUSE));
            }
        }
    }

    #[test]
    fn the_policys_repeats_are_the_most_there_are() {
        let spent = SoFar { repeats: 2, ..EARLY };
        assert_eq!(decided(spent, None), Decision::Stop);
    }

    #[test]
    fn a_dead_connection_is_replaced_free_once_even_without_repeats() {
        let last = Error::new(ErrorKind::Exchange, "").stale(true).as_attempt();
        let decided = |so_far| decide(RetryPolicy::none(), so_far, last, None, || 0.0);
        assert_eq!(decided(EARLY), Decision::RepeatFree);
        let used = SoFar { free_repeat_used: true, ..EARLY };
        assert_eq!(decided(used), Decision::Stop);
    }

    #[test]
    fn a_policy_out_of_bounds_is_refused_by_name() {
        let refused = |policy: RetryPolicy| policy.check().unwrap_err().to_string();
        assert_eq!(
            refused(RetryPolicy::repeats(11)),
            "the retry policy has 11 repeats and may have at most 10"
        );
        assert_eq!(
            refused(RetryPolicy::repeats(1).pauses(2 * SECOND, SECOND)),
            "the retry policy's first pause is longer than its longest pause"
        );
        assert_eq!(
            refused(RetryPolicy::repeats(1).pauses(SECOND, 61 * SECOND)),
            "the retry policy's longest pause is more than 60 s"
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
        until_settled(policy, Instant::now() + length, attempt, tokio::time::sleep, || 1.0)
            .await
            .unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_makes_two_repeats_after_half_a_second_and_a_second() {
        let began = Instant::now();
        let error = run(RetryPolicy::default(), 30 * SECOND, SECOND, || {
            Error::new(ErrorKind::Connect, "no connection")
        })
        .await;
        assert_eq!(began.elapsed().as_millis(), 4500);
        assert_eq!(error.to_string(), "no connection (3 attempts)");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_never_sleeps_past_its_end() {
        let began = Instant::now();
        let slow = RetryPolicy::repeats(10).pauses(4 * SECOND, 4 * SECOND);
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
    async fn the_answer_comes_with_the_number_of_attempts() {
        let failures = Cell::new(2_u32);
        let attempt = |_| {
            let left = failures.replace(failures.get().saturating_sub(1));
            ready(if left == 0 { Ok("profile") } else { Err(Error::new(ErrorKind::Exchange, "")) })
        };
        let ends = Instant::now() + 30 * SECOND;
        let settled =
            until_settled(RetryPolicy::default(), ends, attempt, tokio::time::sleep, || 0.5).await;
        assert_eq!(settled.unwrap(), ("profile", 3));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_dead_connection_the_next_attempt_opens_a_new_one() {
        let turns = Cell::new(Vec::new());
        let attempt = |turn: Turn| {
            let mut seen = turns.take();
            seen.push(turn.on_new_connection);
            turns.set(seen);
            ready(Err::<(), _>(Error::new(ErrorKind::Exchange, "").stale(!turn.on_new_connection)))
        };
        let ends = Instant::now() + 30 * SECOND;
        let policy = RetryPolicy::none();
        let error = until_settled(policy, ends, attempt, tokio::time::sleep, || 0.5).await;
        assert_eq!(turns.take(), [false, true]);
        assert_eq!(error.unwrap_err().attempts().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn only_one_dead_connection_a_call_is_replaced_free() {
        let ends = Instant::now() + 30 * SECOND;
        let attempt = |turn: Turn| {
            let dead = || Error::new(ErrorKind::Exchange, "").stale(true);
            ready(if turn.number < 3 { Err(dead()) } else { Ok(()) })
        };
        let policy = RetryPolicy::none();
        let settled = until_settled(policy, ends, attempt, tokio::time::sleep, || 0.5).await;
        assert_eq!(settled.unwrap_err().attempts().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn each_attempt_knows_the_pause_before_it() {
        let waits = Cell::new(Vec::new());
        let attempt = |turn: Turn| {
            let mut seen = waits.take();
            seen.push(turn.waited.as_millis());
            waits.set(seen);
            ready(Err::<(), _>(Error::new(ErrorKind::Exchange, "").stale(turn.number == 2)))
        };
        let ends = Instant::now() + 30 * SECOND;
        let policy = RetryPolicy::default();
        let settled = until_settled(policy, ends, attempt, tokio::time::sleep, || 0.5).await;
        assert!(settled.is_err());
        assert_eq!(waits.take(), [0, 250, 0, 500]);
    }
}
