//! The future of one profile.

use adapty_model::{Identity, time::OffsetDateTime};

use crate::app::{App, timeline::AccessChange};

/// The future of one profile.
impl App {
    /// How a customer's access is now and each change of it until an instant, as the app's time would
    /// pass: trials convert, subscriptions renew, what was cancelled ends. Nothing is touched by it.
    ///
    /// # Panics
    ///
    /// - When the app has no such profile, or its body is no profile that can be read.
    /// - When there are more than 10 000 changes, or renewals and the like, or the server has no room to play them.
    #[must_use]
    #[track_caller]
    pub fn timeline(
        &self,
        identity: impl Into<Identity>,
        until: OffsetDateTime,
    ) -> Vec<AccessChange> {
        let identity = identity.into();
        let timeline = self.command(|state| state.timeline(&identity, until));
        let mut timeline = timeline.unwrap_or_else(|what| panic!("{what}"));
        while !timeline.play().unwrap_or_else(|what| panic!("{what}")) {}
        timeline.told()
    }
}
