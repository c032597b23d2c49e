//! Get profile: who a customer is, what they bought, and what that gives them access to.

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::ReadError;
use crate::profile::{Profile, ProfileResponse};

/// Asks for a profile, whole. Reading creates nothing: an unknown customer is refused with
/// [`Meaning::ProfileNotFound`](super::Meaning::ProfileNotFound).
///
/// `GET /api/v2/server-side-api/profile/`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetProfile {
    /// Whose profile.
    pub identity: Identity,
}

impl GetProfile {
    /// Asks for this one's profile.
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self { identity: identity.into() }
    }
}

impl Operation for GetProfile {
    type Answer = Profile;

    const SPEC: Spec = table::GET_PROFILE;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn read(&self, body: &[u8]) -> Result<Profile, ReadError> {
        ProfileResponse::from_json(body).map(|response| response.data)
    }
}
