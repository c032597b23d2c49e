//! Update profile: what became known about a customer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};
use crate::profile::{Profile, ProfileResponse};
use crate::profile_request::{Platform, ProfileRequest};
use crate::validation::ValidationError;

/// Changes what is noted about a customer, as far as the request names it.
///
/// Refused with [`Meaning::ProfileNotFound`](super::Meaning::ProfileNotFound) where there is no such
/// profile.
///
/// `PATCH /api/v2/server-side-api/profile/`, answered with the profile.
///
/// [`Debug`](fmt::Debug) hides the body.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a profile request")]
#[non_exhaustive]
pub struct UpdateProfile {
    /// Whose profile.
    pub identity: Identity,

    /// What the request comes from; `None` is not stated. The documents recommend it where an
    /// installation is told.
    ///
    /// Wire: the header `adapty-platform`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,

    /// What is noted about the customer: the body.
    pub profile: ProfileRequest,
}

impl UpdateProfile {
    /// Notes this about the customer.
    pub fn new(identity: impl Into<Identity>, profile: ProfileRequest) -> Self {
        Self { identity: identity.into(), platform: None, profile }
    }

    /// States what the request comes from.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<Platform>) -> Self {
        self.platform = Some(platform.into());
        self
    }
}

object!(UpdateProfile);

impl fmt::Debug for UpdateProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateProfile").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Operation for UpdateProfile {
    type Answer = Profile;

    const SPEC: Spec = table::UPDATE_PROFILE;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        let platform = self.platform.as_ref();
        platform.map(|platform| ("adapty-platform", platform.to_string())).into_iter().collect()
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        json::write(&self.profile).map(Some)
    }

    /// See [`ProfileRequest::validate`].
    fn validate(&self) -> Result<(), ValidationError> {
        self.profile.validate()
    }

    fn secrets(&self) -> Vec<&str> {
        self.profile.secrets()
    }

    fn read(&self, body: &[u8]) -> Result<Profile, ReadError> {
        ProfileResponse::from_json(body).map(|response| response.data)
    }
}
