//! What changes an app's paywalls.

use std::sync::Arc;

use uuid::Uuid;

use super::{
    paywalls::{Paywall, RemoteConfig},
    profile::Unchangeable,
    state::State,
};
use crate::budget::NotKept;

impl State {
    /// Adds all of the paywalls or none, each in the place of the one with its id.
    pub(crate) fn put_paywalls(&mut self, given: Vec<Paywall>) -> Result<(), NotKept> {
        self.paywalls.put_all(given)?;
        self.count_change();
        Ok(())
    }

    /// Takes a paywall away; says whether there was one.
    pub(crate) fn delete_paywall(&mut self, id: Uuid) -> bool {
        let deleted = self.paywalls.remove(id);
        if deleted {
            self.count_change();
        }
        deleted
    }

    /// Takes every paywall away.
    pub(crate) fn delete_paywalls(&mut self) {
        self.paywalls.clear();
        self.count_change();
    }

    /// Replaces all remote configs of a paywall; its `updated_at`, if it has one, is the app's time.
    pub(crate) fn update_paywall(
        &mut self,
        paywall: &Paywall,
        configs: &[RemoteConfig],
    ) -> Result<Arc<Paywall>, Unchangeable> {
        let after = paywall.with_remote_configs(configs, self.now());
        let after = self.paywalls.replace(after)?;
        self.count_change();
        Ok(after)
    }
}
