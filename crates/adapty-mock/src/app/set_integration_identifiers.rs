//! What changes a customer's ids in other services.

use std::sync::Arc;

use super::{
    profile::{StoredProfile, Unchangeable},
    state::State,
};

impl State {
    /// Changes identifiers, each by its place; `None` takes one away.
    pub(crate) fn set_integration_identifiers(
        &mut self,
        stored: &StoredProfile,
        change: Vec<(usize, Option<String>)>,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let changed = self.change_private(stored, |private| {
            let identifiers = Arc::make_mut(&mut private.identifiers);
            for (at, id) in change {
                identifiers.set(at, id);
            }
        })?;
        Ok(changed)
    }
}
