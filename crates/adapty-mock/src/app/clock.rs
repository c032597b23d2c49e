//! An app's clock: what every rule and every date of the app reads.

use adapty_model::time::OffsetDateTime;

/// An app's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock;

impl Clock {
    /// The app's time.
    pub(crate) fn now(self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}
