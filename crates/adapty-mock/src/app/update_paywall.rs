//! What changes an app's paywalls.

use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;

use super::{
    App,
    paywalls::{Paywall, RemoteConfig},
    possible,
    profile::Unchangeable,
    state::State,
};

impl State {
    /// Adds all of the paywalls or none, each in the place of the one with its id.
    pub(crate) fn put_paywalls(&mut self, given: Vec<Paywall>) -> Result<(), String> {
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

/// Paywalls.
impl App {
    /// Adds a paywall as JSON, served byte for byte as given, in the place of the one with its
    /// `paywall_id`.
    ///
    /// # Panics
    ///
    /// - When it is no JSON object with a `paywall_id`, or its `remote_configs` are no array.
    /// - When the app holds 10 000 paywalls, or the server all the bytes it may.
    #[track_caller]
    pub fn put_paywall(&self, body: impl Into<Bytes>) {
        let put = |paywall| self.command(|state| state.put_paywalls(vec![paywall]));
        possible(Paywall::given(body.into()).and_then(put));
    }

    /// The paywall as "Get paywall" answers it; `None` where none has this id.
    #[must_use]
    pub fn paywall(&self, id: Uuid) -> Option<Bytes> {
        self.command(|state| state.paywalls.get(id).map(|paywall| paywall.body.clone()))
    }

    /// Takes a paywall away; says whether there was one.
    pub fn remove_paywall(&self, id: Uuid) -> bool {
        self.command(|state| state.delete_paywall(id))
    }

    /// Takes every paywall away, the documents' examples too.
    pub fn remove_paywalls(&self) {
        self.command(State::delete_paywalls);
    }
}
