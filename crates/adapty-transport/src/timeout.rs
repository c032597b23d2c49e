//! The limits of time, and the window they leave an attempt.

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

/// The time one attempt has: its own limit, or what is left of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    pub(crate) ends: Instant,
    limit: Limit,
    length: Duration,
}

impl Window {
    pub(crate) fn open(
        now: Instant,
        attempt: Duration,
        call_ends: Instant,
        call: Duration,
    ) -> Self {
        let attempt_ends = now + attempt;
        if attempt_ends < call_ends {
            Self { ends: attempt_ends, limit: Limit::Attempt, length: attempt }
        } else {
            Self { ends: call_ends, limit: Limit::Call, length: call }
        }
    }

    /// Whether there is no time for anything.
    pub(crate) fn is_closed(&self, now: Instant) -> bool {
        now >= self.ends
    }

    /// The error of an attempt whose time has passed.
    pub(crate) fn passed(&self) -> Error {
        let name = match self.limit {
            Limit::Call => "call",
            _ => "attempt",
        };
        Error::new(
            ErrorKind::Timeout,
            format!("no whole answer within the {name} limit of {:?}", self.length),
        )
        .at_limit(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn window(attempt: u32, call: u32) -> Window {
        let now = Instant::now();
        Window::open(now, attempt * SECOND, now + call * SECOND, call * SECOND)
    }

    #[test]
    fn an_attempt_ends_by_its_own_limit_while_the_call_has_time() {
        let error = window(10, 30).passed();
        assert_eq!(error.limit(), Some(Limit::Attempt));
        assert_eq!(error.to_string(), "no whole answer within the attempt limit of 10s");
    }

    #[test]
    fn the_last_attempt_is_cut_by_the_call() {
        let error = window(10, 4).passed();
        assert_eq!(error.limit(), Some(Limit::Call));
        assert_eq!(error.to_string(), "no whole answer within the call limit of 4s");
    }

    #[test]
    fn a_window_is_closed_from_its_end_on() {
        let now = Instant::now();
        let window = Window::open(now, SECOND, now + 2 * SECOND, 2 * SECOND);
        assert!(!window.is_closed(now) && window.is_closed(now + SECOND));
        assert!(Window::open(now, SECOND, now, 2 * SECOND).is_closed(now));
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
