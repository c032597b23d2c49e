//! An app's clock: what every rule and every date of the app reads.
//!
//! What comes due on the machine's clock happens before the next command, whatever that is
//! ([`State::catch_up`](super::state::State)). While the clock is set nothing happens by itself: it happens as
//! the clock [moves](super::clock_move), and what there was no room for then waits for its next move.

use std::fmt;

use adapty_model::time::OffsetDateTime;

use crate::dates;

/// How much happens at once on the way of a clock, while other commands and other apps wait.
pub(super) const AT_ONCE: usize = 100;

/// An app's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Clock {
    /// The machine's.
    #[default]
    Real,
    /// Stands still.
    Set(OffsetDateTime),
}

impl Clock {
    /// To the microsecond, as dates are written: what is written now is not earlier than now.
    pub(crate) fn now(self) -> OffsetDateTime {
        dates::cut(match self {
            Self::Real => OffsetDateTime::now_utc(),
            Self::Set(now) => now,
        })
    }
}

/// Why a clock is not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClockError {
    /// Only setting it goes backwards.
    Backwards { now: OffsetDateTime },
    /// There is no such year.
    BeyondLastYear,
    /// A profile that the app started with would have a date beyond the years, in words.
    NoDate(String),
    /// There is no room for what happens by then, in words.
    NoRoom(String),
}

impl fmt::Display for ClockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backwards { now } => {
                write!(
                    f,
                    "the app's time is {} already, and to advance is to go on",
                    dates::write(*now)
                )
            }
            Self::NoRoom(what) | Self::NoDate(what) => f.write_str(what),
            Self::BeyondLastYear => f.write_str("that is beyond the year 9999"),
        }
    }
}
