//! What a customer's refunds are to be answered with (Adapty's refund saver).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json::object::object;
use crate::json::open_enum::open_enum;
use crate::json::{self, Field};

/// A customer's settings of the refund saver, as an answer tells them and a request sets them.
///
/// In a request [`Absent`](Field::Absent) leaves a setting as it is and [`Null`](Field::Null) clears
/// it; at least one must be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, remote = "Self", expecting = "an object with settings of the refund saver")]
#[non_exhaustive]
pub struct RefundSaverSettings {
    /// Whether the customer agrees that the store is told how they used what they bought.
    ///
    /// Wire: `consent`, a boolean, or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub consent: Field<bool>,

    /// What the store is asked to do about this customer's refunds.
    ///
    /// Wire: `custom_preference`, one of [`RefundPreference`] or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub custom_preference: Field<RefundPreference>,
}

impl RefundSaverSettings {
    /// Settings that say nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the customer agrees.
    #[must_use]
    pub fn consent(mut self, consent: bool) -> Self {
        self.consent = consent.into();
        self
    }

    /// Sets what the store is asked to do.
    #[must_use]
    pub fn custom_preference(mut self, preference: RefundPreference) -> Self {
        self.custom_preference = preference.into();
        self
    }
}

object!(RefundSaverSettings);

open_enum! {
    /// What a store is asked to do about a refund.
    ///
    /// Wire: `custom_preference`.
    RefundPreference, "a refund preference" {
        /// To grant it: `grant`.
        Grant = "grant",
        /// To decide by itself: `no_preference`.
        NoPreference = "no_preference",
        /// To decline it: `decline`.
        Decline = "decline",
        ..
        /// A value no document knows.
        Other
    }
}

/// A successful answer about the refund saver: a bare object, without `data`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a profile's settings of the refund saver")]
#[non_exhaustive]
pub struct RefundSaverResponse {
    /// Whose settings. Wire: `profile_id`, a UUID; required.
    #[serde(with = "json::uuid")]
    pub profile_id: Uuid,

    /// The settings. Wire: `settings`, an object; required.
    pub settings: RefundSaverSettings,
}

object!(RefundSaverResponse);
