//! What changes the refund saver settings of a customer.

use std::sync::Arc;

use super::{
    profile::{StoredProfile, Unchangeable},
    refund_saver::RefundSaverChange,
    state::State,
};

impl State {
    /// Changes the refund saver settings of a profile.
    pub(crate) fn set_refund_saver(
        &mut self,
        stored: &StoredProfile,
        change: RefundSaverChange,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let changed = self.change_private(stored, |private| {
            let settings = &mut private.refund_saver;
            settings.consent = change.consent.unwrap_or(settings.consent);
            settings.custom_preference =
                change.custom_preference.unwrap_or(settings.custom_preference);
        })?;
        Ok(changed)
    }
}
