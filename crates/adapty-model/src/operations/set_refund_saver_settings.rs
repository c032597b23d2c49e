//! Set refund saver settings: how a customer's refunds are to be answered from now on.

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};
use crate::refund_saver::{RefundPreference, RefundSaverResponse, RefundSaverSettings};
use crate::validation::{ValidationError, Violations};

/// Changes a customer's settings of the refund saver, as far as the request names them.
///
/// `POST /api/v2/server-side-api/purchase/profile/refund-saver/settings/`, answered with a bare object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with settings of the refund saver")]
#[non_exhaustive]
pub struct SetRefundSaverSettings {
    /// Whose settings.
    pub identity: Identity,

    /// The settings: the body.
    pub settings: RefundSaverSettings,
}

impl SetRefundSaverSettings {
    /// Sets these.
    pub fn new(identity: impl Into<Identity>, settings: RefundSaverSettings) -> Self {
        Self { identity: identity.into(), settings }
    }
}

object!(SetRefundSaverSettings);

impl Operation for SetRefundSaverSettings {
    type Answer = RefundSaverResponse;

    const SPEC: Spec = table::SET_REFUND_SAVER_SETTINGS;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        json::write(&self.settings).map(Some)
    }

    /// At least one setting must be named, and the preference be one of the documents'.
    fn validate(&self) -> Result<(), ValidationError> {
        let RefundSaverSettings { consent, custom_preference } = &self.settings;
        let mut violations = Violations::default();
        let rule =
            "Profile refund saver settings must have either consent or custom_preference or both";
        let is_one_named = !(consent.is_absent() && custom_preference.is_absent());
        violations.require(is_one_named, "consent", rule);
        let preference = custom_preference.value().map(|it| RefundPreference::from(it.as_str()));
        let is_known = !matches!(preference, Some(RefundPreference::Other(_)));
        let rule = "must be grant, no_preference or decline";
        violations.require(is_known, "custom_preference", rule);
        violations.finish()
    }

    fn read(&self, body: &[u8]) -> Result<RefundSaverResponse, ReadError> {
        json::read(body)
    }
}
