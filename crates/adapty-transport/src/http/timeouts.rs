//! Timeouts, and the deadline they set an attempt.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Limit};

/// The three time limits, each finite.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) attempt: Duration,
    pub(crate) call: Duration,
}

impl Timeouts {
    pub(crate) const DEFAULT: Self = Self {
        connect: Duration::from_secs(3),
        attempt: Duration::from_secs(10),
        call: Duration::from_secs(30),
    };

    /// No limit may be longer than a call that somebody still waits for.
    pub(crate) const LONGEST: Duration = Duration::from_secs(60 * 60);

    pub(crate) fn check(&self) -> Result<(), Error> {
        for (name, limit) in [
            ("connect_timeout", self.connect),
            ("attempt_timeout", self.attempt),
            ("call_timeout", self.call),
        ] {
            if limit.is_zero() || limit > Self::LONGEST {
                return Err(Error::configuration(format!(
                    "{name} is {limit:?} and must be more than zero and at most one hour"
                )));
            }
        }
        Ok(())
    }
}

/// When an attempt has to be over: by its own timeout, or by what is left of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    pub(crate) at: Instant,
    pub(crate) limit: Limit,
    timeout: Duration,
}

impl Deadline {
    pub(crate) fn of_attempt(
        now: Instant,
        attempt_timeout: Duration,
        call_deadline: Instant,
        call_timeout: Duration,
    ) -> Self {
        let at = now + attempt_timeout;
        if at < call_deadline {
            Self { at, limit: Limit::Attempt, timeout: attempt_timeout }
        } else {
            Self { at: call_deadline, limit: Limit::Call, timeout: call_timeout }
        }
    }

    pub(crate) fn has_passed(&self, now: Instant) -> bool {
        now >= self.at
    }

    /// The error of an attempt that was not over in time.
    pub(crate) fn error(&self) -> Error {
        let name = match self.limit {
            Limit::Call => "call",
            _ => "attempt",
        };
        let message = format!("no whole response within the {name} timeout of {:?}", self.timeout);
        Error::new(ErrorKind::Timeout, message).at_limit(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn deadline(attempt: u32, call: u32) -> Deadline {
        let now = Instant::now();
        Deadline::of_attempt(now, attempt * SECOND, now + call * SECOND, call * SECOND)
    }

    #[test]
    fn an_attempt_ends_by_its_own_limit_while_the_call_has_time() {
        let error = deadline(10, 30).error();
        assert_eq!(error.limit(), Some(Limit::Attempt));
        assert_eq!(error.to_string(), "no whole response within the attempt timeout of 10s");
    }

    #[test]
    fn the_last_attempt_is_cut_by_the_call() {
        let error = deadline(10, 4).error();
        assert_eq!(error.limit(), Some(Limit::Call));
        assert_eq!(error.to_string(), "no whole response within the call timeout of 4s");
    }

    #[test]
    fn a_deadline_has_passed_from_its_instant_on() {
        let now = Instant::now();
        let deadline = Deadline::of_attempt(now, SECOND, now + 2 * SECOND, 2 * SECOND);
        assert!(!deadline.has_passed(now) && deadline.has_passed(now + SECOND));
        assert!(Deadline::of_attempt(now, SECOND, now, 2 * SECOND).has_passed(now));
    }

    #[test]
    fn a_limit_of_zero_or_without_end_is_refused_by_name() {
        let mut limits = Timeouts::DEFAULT;
        assert!(limits.check().is_ok());
        limits.attempt = Duration::ZERO;
        assert_eq!(
            limits.check().unwrap_err().to_string(),
            "attempt_timeout is 0ns and must be more than zero and at most one hour"
        );
        limits.attempt = SECOND;
        limits.call = Duration::MAX;
        assert!(limits.check().unwrap_err().to_string().starts_with("call_timeout is "));
    }
}
