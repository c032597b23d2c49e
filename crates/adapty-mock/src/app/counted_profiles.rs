//! Profiles of files whose dates are counted from the app's time: what becomes of them when its clock is set.

use adapty_model::time::OffsetDateTime;

use super::{clock::ClockError, profile::StoredProfile, state::State};
use crate::budget::NotKept;

impl State {
    /// What the app started with and nothing else has changed, with dates counted from an instant.
    pub(crate) fn counted_from(
        &self,
        now: OffsetDateTime,
    ) -> Result<Vec<StoredProfile>, ClockError> {
        self.profiles().counted_from(now).map_err(|what| match what {
            NotKept::Wrong(what) => {
                ClockError::NoDate(format!("a profile that the app starts with: {what}"))
            }
            NotKept::NoRoom(over) => ClockError::NoRoom(over.to_string()),
        })
    }

    /// Counts from an instant the dates of what the app started with, once the clock is set to it.
    pub(crate) fn count_from(&mut self, now: OffsetDateTime) -> Result<(), ClockError> {
        let counted = self.counted_from(now)?;
        self.put_counted(counted);
        Ok(())
    }
}
