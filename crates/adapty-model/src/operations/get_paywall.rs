//! Get paywall: one paywall, with its remote configs.

use std::borrow::Cow;

use uuid::Uuid;

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::{self, ReadError};
use crate::paywall::Paywall;

/// Asks for a paywall, whole.
///
/// Refused with [`Meaning::PaywallNotFound`](super::Meaning::PaywallNotFound) where the app has none of
/// this id.
///
/// `GET /api/v2/server-side-api/paywalls/{paywall_id}/`, answered with a bare object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetPaywall {
    /// Adapty's id of the paywall.
    pub paywall_id: Uuid,
}

impl GetPaywall {
    /// Asks for this paywall.
    #[must_use]
    pub fn new(paywall_id: Uuid) -> Self {
        Self { paywall_id }
    }
}

impl Operation for GetPaywall {
    type Answer = Paywall;

    const SPEC: Spec = table::GET_PAYWALL;

    fn identity(&self) -> Option<&Identity> {
        None
    }

    fn path(&self) -> Cow<'static, str> {
        table::paywall_path(self.paywall_id)
    }

    fn read(&self, body: &[u8]) -> Result<Paywall, ReadError> {
        json::read(body)
    }
}
