//! Too many requests: how many an app answers in a window of time.

use std::time::Duration;

use adapty_model::time::OffsetDateTime;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many requests an app answers, and what it says to those beyond.
///
/// Adapty's documents name several figures and promise none, so there is no default. As JSON:
/// `{"requests": 300, "window_ms": 60000, "retry_after": true}`, all three required.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many requests are answered in each window.
    pub requests: u32,
    /// How long a window of the app's time lasts; the first begins when the limit is set, each further one with
    /// the first request after the one before.
    #[serde(rename = "window_ms", with = "milliseconds")]
    pub window: Duration,
    /// Whether the 429 says in `Retry-After` how many seconds of the window are left.
    pub retry_after: bool,
}

impl RateLimit {
    /// So many requests a minute, with `Retry-After`.
    #[must_use]
    pub fn a_minute(requests: u32) -> Self {
        Self { requests, window: Duration::from_secs(60), retry_after: true }
    }
}

/// A window as JSON: its length in whole milliseconds.
mod milliseconds {
    use super::{Deserialize, Deserializer, Duration, Serializer};

    pub(super) fn serialize<S: Serializer>(window: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(window.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

/// A rate limit at work.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limit: RateLimit,
    began: OffsetDateTime,
    answered: u32,
}

impl RateLimiter {
    pub(crate) fn new(limit: RateLimit, now: OffsetDateTime) -> Self {
        Self { limit, began: now, answered: 0 }
    }

    /// Counts one request; an error is one too many.
    pub(crate) fn count(&mut self, now: OffsetDateTime) -> Result<(), TooManyRequests> {
        // A clock that went back begins a new window, too.
        let passed = Duration::try_from(now - self.began).unwrap_or(Duration::MAX);
        let left = self.limit.window.saturating_sub(passed);
        if left.is_zero() {
            (self.began, self.answered) = (now, 0);
        }
        if self.answered < self.limit.requests {
            self.answered += 1;
            return Ok(());
        }
        let left = if left.is_zero() { self.limit.window } else { left };
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Err(TooManyRequests { retry_after: self.limit.retry_after.then_some(seconds) })
    }
}

/// One request too many.
#[derive(Debug)]
pub(crate) struct TooManyRequests {
    /// In whole seconds, rounded up.
    pub(crate) retry_after: Option<u64>,
}
