//! Paywalls.

use bytes::Bytes;
use uuid::Uuid;

use crate::{
    app::{App, paywalls::Paywall, possible, state::State},
    budget::NotKept,
};

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
        possible(Paywall::given(body.into()).map_err(NotKept::from).and_then(put));
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
