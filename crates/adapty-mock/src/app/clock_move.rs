//! How an app's clock moves: in steps, between which others are answered. What is due on the way happens, each
//! at its own instant.
//!
//! Where the clock is set, the dates are counted anew of what the app started with, if they are counted from its
//! time and nothing else has changed the profile.

use adapty_model::time::OffsetDateTime;

use super::{
    clock::{AT_ONCE, Clock, ClockError},
    profile::StoredProfile,
    state::State,
};
use crate::{budget::NotKept, period::Period};

/// Where a clock goes.
pub(crate) struct ClockMove {
    /// `None` is the machine's time, which the clock shows from then on.
    to: Option<OffsetDateTime>,
    /// What is put when it is there, and has its room before it moves; `None` where nothing is counted anew.
    counted: Option<Vec<StoredProfile>>,
}

impl ClockMove {
    /// To the machine's time, to be the machine's clock again.
    pub(crate) const TO_REAL: Self = Self { to: None, counted: None };

    fn on_to(to: OffsetDateTime) -> Self {
        Self { to: Some(to), counted: None }
    }
}

/// Where the clock may go.
impl State {
    /// To an instant, be it earlier, with dates counted anew from there.
    pub(crate) fn clock_set_to(&self, now: OffsetDateTime) -> Result<ClockMove, ClockError> {
        let counted = self.profiles().counted_from(now).map_err(|what| match what {
            NotKept::Wrong(what) => {
                ClockError::NoDate(format!("a profile that the app starts with: {what}"))
            }
            NotKept::NoRoom(over) => ClockError::NoRoom(over.to_string()),
        })?;
        Ok(ClockMove { to: Some(now), counted: Some(counted) })
    }

    /// On by a period.
    pub(crate) fn clock_on_by(&self, by: Period) -> Result<ClockMove, ClockError> {
        self.after(by).map(ClockMove::on_to)
    }

    /// On to an instant: never back.
    pub(crate) fn clock_on_to(&self, to: OffsetDateTime) -> Result<ClockMove, ClockError> {
        let now = self.now();
        if to < now { Err(ClockError::Backwards { now }) } else { Ok(ClockMove::on_to(to)) }
    }

    /// What the clock shows after a period.
    pub(crate) fn after(&self, by: Period) -> Result<OffsetDateTime, ClockError> {
        by.after(self.now()).ok_or(ClockError::BeyondLastYear)
    }
}

/// Moving it.
impl State {
    /// Moves the clock as far as so much that is due allows; says whether it is there. Until then it stands still,
    /// and so it does where there is no room for what is due next.
    pub(crate) fn move_clock(&mut self, way: &mut ClockMove) -> Result<bool, ClockError> {
        self.move_clock_past(way, AT_ONCE)
    }

    /// Sets the clock at once, which stands still from then on; what is due by then happens first.
    pub(super) fn set_clock(&mut self, now: OffsetDateTime) -> Result<(), ClockError> {
        self.move_clock_past(&mut ClockMove::on_to(now), usize::MAX).map(drop)
    }

    fn move_clock_past(&mut self, way: &mut ClockMove, at_most: usize) -> Result<bool, ClockError> {
        if way.to.is_none() && !self.is_clock_set() {
            return Ok(true);
        }
        let to = way.to.unwrap_or_else(OffsetDateTime::now_utc);
        let from = self.now();
        let goes_back = to < from;
        self.watched.is_clock_being_set = way.counted.is_some();
        let done = self.run_due(to, at_most);
        self.watched.is_clock_being_set = false;
        if done == Ok(true) {
            self.clock = way.to.map_or(Clock::Real, Clock::Set);
            self.put_counted(way.counted.take().unwrap_or_default());
        } else {
            self.clock = Clock::Set(self.next_due().unwrap_or(to));
        }
        if goes_back {
            self.outbox.go_back(from, self.now());
            // What was told of is still to come.
            self.watch_all();
        }
        done.map_err(ClockError::NoRoom)
    }
}
