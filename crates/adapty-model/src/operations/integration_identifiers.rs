//! Integration identifiers: what other services call a customer.

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::integration_identifiers::IntegrationIdentifiers;
use crate::json::{self, ReadError};

/// Asks for the ids that other services know a customer by.
///
/// `GET /api/v2/server-side-api/integration/profile/set/integration-identifiers/` (with `set` in it),
/// answered with a bare object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetIntegrationIdentifiers {
    /// Whose.
    pub identity: Identity,
}

impl GetIntegrationIdentifiers {
    /// Asks for this one's.
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self { identity: identity.into() }
    }
}

impl Operation for GetIntegrationIdentifiers {
    type Answer = IntegrationIdentifiers;

    const SPEC: Spec = table::INTEGRATION_IDENTIFIERS;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn read(&self, body: &[u8]) -> Result<IntegrationIdentifiers, ReadError> {
        json::read(body)
    }
}
