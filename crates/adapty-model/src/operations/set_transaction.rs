//! Set transaction: a purchase made where Adapty does not look by itself.

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};
use crate::profile::{Profile, ProfileResponse};
use crate::transaction::Transaction;
use crate::validation::ValidationError;

/// Records a purchase and gives the access that its product stands for. It is in analytics and the
/// event feed, and goes to all integrations; the documents recommend it over a grant.
///
/// The same ids are the same transaction, so a request may be sent again.
///
/// `POST /api/v2/server-side-api/purchase/set/transaction/`, answered with the profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a transaction")]
#[non_exhaustive]
pub struct SetTransaction {
    /// Who made the purchase.
    pub identity: Identity,

    /// The purchase: the body.
    pub transaction: Transaction,
}

impl SetTransaction {
    /// Records this purchase.
    pub fn new(identity: impl Into<Identity>, transaction: impl Into<Transaction>) -> Self {
        Self { identity: identity.into(), transaction: transaction.into() }
    }
}

object!(SetTransaction);

impl Operation for SetTransaction {
    type Answer = Profile;

    const SPEC: Spec = table::SET_TRANSACTION;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        json::write(&self.transaction).map(Some)
    }

    /// See [`Transaction::validate`].
    fn validate(&self) -> Result<(), ValidationError> {
        self.transaction.validate()
    }

    fn read(&self, body: &[u8]) -> Result<Profile, ReadError> {
        ProfileResponse::from_json(body).map(|response| response.data)
    }
}
