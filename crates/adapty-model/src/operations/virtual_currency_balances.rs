//! Virtual currency balances: what a customer has.

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::{self, ReadError};
use crate::virtual_currency::VirtualCurrencyBalances;

/// Asks for all balances of a customer.
///
/// Refused with [`Meaning::FeatureNotEnabled`](super::Meaning::FeatureNotEnabled) where the app has no
/// virtual currencies.
///
/// `GET /api/v2/server-side-api/vc/balances/`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetVirtualCurrencyBalances {
    /// Whose.
    pub identity: Identity,
}

impl GetVirtualCurrencyBalances {
    /// Asks for this one's.
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self { identity: identity.into() }
    }
}

impl Operation for GetVirtualCurrencyBalances {
    type Answer = VirtualCurrencyBalances;

    const SPEC: Spec = table::VIRTUAL_CURRENCY_BALANCES;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn read(&self, body: &[u8]) -> Result<VirtualCurrencyBalances, ReadError> {
        json::read(body)
    }
}
