//! Profiles of files whose dates are counted from the app's time: what becomes of them when its clock is set.

use adapty_model::time::OffsetDateTime;

use super::{clock::ClockError, state::State};
use crate::budget::NotKept;

impl State {
    /// Sets the clock, as [`State::set_clock`] does, and counts from it the dates of what the app started with.
    pub(crate) fn put_clock(&mut self, now: OffsetDateTime) -> Result<(), ClockError> {
        let counted = self.profiles().counted_from(now).map_err(|what| match what {
            NotKept::Wrong(what) => {
                ClockError::NoDate(format!("a profile that the app starts with: {what}"))
            }
            NotKept::NoRoom(over) => ClockError::NoRoom(over.to_string()),
        })?;
        self.set_clock(now)?;
        self.put_counted(counted);
        Ok(())
    }
}
