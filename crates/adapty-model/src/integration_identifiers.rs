//! What other services call a customer.

use serde::{Deserialize, Serialize};

use crate::json::Field;
use crate::json::object::object;

/// The ids that other services know a customer by, as an answer tells them and a request sets them.
///
/// An answer has all sixteen, [`Null`](Field::Null) where there is none. In a request
/// [`Absent`](Field::Absent) leaves an id as it is and `Null` clears it; at least one must be named.
///
/// `Debug` shows all of it: nothing for a log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, remote = "Self", expecting = "an object with integration identifiers")]
#[non_exhaustive]
pub struct IntegrationIdentifiers {
    /// Adjust's id of the device. Wire: `adjust_device_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub adjust_device_id: Field<String>,

    /// Airbridge's id of the device. Wire: `airbridge_device_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub airbridge_device_id: Field<String>,

    /// Amplitude's id of the device. Wire: `amplitude_device_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub amplitude_device_id: Field<String>,

    /// Amplitude's id of the user, often the developer's own. Wire: `amplitude_user_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub amplitude_user_id: Field<String>,

    /// AppMetrica's id of the device. Wire: `appmetrica_device_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub appmetrica_device_id: Field<String>,

    /// AppMetrica's id of the user. Wire: `appmetrica_profile_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub appmetrica_profile_id: Field<String>,

    /// AppsFlyer's id of the installation. Wire: `appsflyer_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub appsflyer_id: Field<String>,

    /// Branch's id of the user. Wire: `branch_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub branch_id: Field<String>,

    /// Facebook's anonymous id of the installation. Wire: `facebook_anonymous_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub facebook_anonymous_id: Field<String>,

    /// Firebase's id of the installation. Wire: `firebase_app_instance_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub firebase_app_instance_id: Field<String>,

    /// Mixpanel's id of the user, often the developer's own. Wire: `mixpanel_user_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub mixpanel_user_id: Field<String>,

    /// OneSignal's id of the device, as it was once called. Wire: `one_signal_player_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub one_signal_player_id: Field<String>,

    /// OneSignal's id of the subscription to messages. Wire: `one_signal_subscription_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub one_signal_subscription_id: Field<String>,

    /// PostHog's id of the user, often the developer's own. Wire: `posthog_distinct_user_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub posthog_distinct_user_id: Field<String>,

    /// Pushwoosh's id of the device. Wire: `pushwoosh_hwid`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub pushwoosh_hwid: Field<String>,

    /// Tenjin's id of the installation. Wire: `tenjin_analytics_installation_id`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub tenjin_analytics_installation_id: Field<String>,
}

impl IntegrationIdentifiers {
    /// Identifiers none of which is named.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All sixteen, in the order of their names.
    pub(crate) fn all(&self) -> [&Field<String>; 16] {
        [
            &self.adjust_device_id,
            &self.airbridge_device_id,
            &self.amplitude_device_id,
            &self.amplitude_user_id,
            &self.appmetrica_device_id,
            &self.appmetrica_profile_id,
            &self.appsflyer_id,
            &self.branch_id,
            &self.facebook_anonymous_id,
            &self.firebase_app_instance_id,
            &self.mixpanel_user_id,
            &self.one_signal_player_id,
            &self.one_signal_subscription_id,
            &self.posthog_distinct_user_id,
            &self.pushwoosh_hwid,
            &self.tenjin_analytics_installation_id,
        ]
    }
}

object!(IntegrationIdentifiers);
