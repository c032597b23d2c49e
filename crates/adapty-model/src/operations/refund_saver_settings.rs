//! Refund saver settings: what a customer's refunds are to be answered with.

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::{self, ReadError};
use crate::refund_saver::RefundSaverResponse;

/// Asks for a customer's settings of the refund saver.
///
/// `GET /api/v2/server-side-api/purchase/profile/refund-saver/settings/`, answered with a bare object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetRefundSaverSettings {
    /// Whose.
    pub identity: Identity,
}

impl GetRefundSaverSettings {
    /// Asks for this one's.
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self { identity: identity.into() }
    }
}

impl Operation for GetRefundSaverSettings {
    type Answer = RefundSaverResponse;

    const SPEC: Spec = table::REFUND_SAVER_SETTINGS;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn read(&self, body: &[u8]) -> Result<RefundSaverResponse, ReadError> {
        json::read(body)
    }
}
