//! The app's clock.

use adapty_model::time::OffsetDateTime;

use crate::{
    app::{App, clock::ClockError, clock_move::ClockMove},
    period::Period,
};

/// The app's time.
impl App {
    /// The app's time: the machine's until it is [set](Self::set_clock).
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.command(|state| state.now())
    }

    /// Sets the app's clock, which stands still from then on. All that is due by then happens first, in
    /// order; setting it back undoes nothing. Dates of [profiles that every app starts
    /// with](crate::Builder::profile_json) are counted anew from then, where they are counted and nothing else
    /// has changed the profile; no event tells of those that would pass on the way.
    ///
    /// # Panics
    ///
    /// - When there is no room for what happens by then; the clock then stands at the first such instant.
    /// - When a date that is counted would be beyond the years 0 to 9999, or there is no room for the profiles that
    ///   are counted anew; the clock then stays as it is.
    #[track_caller]
    pub fn set_clock(&self, now: OffsetDateTime) {
        self.move_clock(self.command(|state| state.clock_set_to(now)));
    }

    /// Moves the app's clock on by a period, from the machine's time if it was not set. All that is due
    /// by then happens first, in order.
    ///
    /// # Panics
    ///
    /// When that would be beyond the year 9999, and as [`set_clock`](Self::set_clock).
    #[track_caller]
    pub fn advance(&self, by: Period) {
        self.move_clock(self.command(|state| state.clock_on_by(by)));
    }

    /// Moves the app's clock on to an instant. All that is due by then happens first, in order.
    ///
    /// # Panics
    ///
    /// When that is before the app's time, which only [`set_clock`](Self::set_clock) goes back to, and as
    /// that.
    #[track_caller]
    pub fn advance_to(&self, to: OffsetDateTime) {
        self.move_clock(self.command(|state| state.clock_on_to(to)));
    }

    /// Makes the app's clock the machine's again. All that is due by the machine's time happens first, in order;
    /// where that is earlier, nothing is undone.
    ///
    /// # Panics
    ///
    /// When there is no room for what happens by then; the clock then stands at the first such instant.
    #[track_caller]
    pub fn reset_clock(&self) {
        self.move_clock(Ok(ClockMove::TO_REAL));
    }

    #[track_caller]
    fn move_clock(&self, way: Result<ClockMove, ClockError>) {
        let moved = way.and_then(|mut way| {
            while !self.command(|state| state.move_clock(&mut way))? {}
            Ok(())
        });
        if let Err(error) = moved {
            panic!("{error}");
        }
    }
}
