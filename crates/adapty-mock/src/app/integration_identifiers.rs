//! A customer's ids in other services.
//!
//! That an identifier which is absent stays as it is, and that `null` takes one away, is ours.

use serde::{Serialize, Serializer};

/// The sixteen names, in the order of the documented answer.
pub(crate) const IDENTIFIERS: [&str; 16] = [
    "facebook_anonymous_id",
    "amplitude_user_id",
    "amplitude_device_id",
    "mixpanel_user_id",
    "appmetrica_profile_id",
    "appmetrica_device_id",
    "one_signal_player_id",
    "one_signal_subscription_id",
    "pushwoosh_hwid",
    "firebase_app_instance_id",
    "airbridge_device_id",
    "appsflyer_id",
    "branch_id",
    "adjust_device_id",
    "tenjin_analytics_installation_id",
    "posthog_distinct_user_id",
];

/// The identifiers of a customer, by their place in [`IDENTIFIERS`].
#[derive(Clone, Debug, Default)]
pub(crate) struct IntegrationIdentifiers([Option<String>; 16]);

impl IntegrationIdentifiers {
    /// Sets one by its place, or takes it away.
    pub(super) fn set(&mut self, at: usize, id: Option<String>) {
        self.0[at] = id;
    }

    /// What they take of the server's budget.
    pub(super) fn size(&self) -> usize {
        self.0.iter().flatten().map(|id| id.len() + size_of::<String>()).sum()
    }
}

impl Serialize for IntegrationIdentifiers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(IDENTIFIERS.iter().zip(&self.0))
    }
}
