//! Delete profile: a customer who asks to be forgotten.

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::ReadError;
use crate::json::object::object;

/// Deletes a profile. Its history of purchases is detached; where the same store account appears
/// again, the history moves to the profile it then belongs to.
///
/// A repeated request may find the profile gone and be refused with
/// [`Meaning::ProfileNotFound`](super::Meaning::ProfileNotFound).
///
/// `DELETE /api/v2/server-side-api/profile/`, answered with 204 and no body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a deletion")]
#[non_exhaustive]
pub struct DeleteProfile {
    /// Whose profile.
    pub identity: Identity,
}

impl DeleteProfile {
    /// Deletes this one's profile.
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self { identity: identity.into() }
    }
}

object!(DeleteProfile);

impl Operation for DeleteProfile {
    type Answer = ();

    const SPEC: Spec = table::DELETE_PROFILE;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    /// There is nothing to read: an answer 204 has no body.
    fn read(&self, _: &[u8]) -> Result<(), ReadError> {
        Ok(())
    }
}
