//! Create profile: a customer whom no SDK has met.

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

/// Creates a profile, such as for a customer of a web shop.
///
/// What happens where there is one already, no document says; nor what it means by a profile's id
/// alone. So a request that may have reached the server is not sent again: ask for the profile first.
///
/// `POST /api/v2/server-side-api/profile/`, answered with 200 (not 201) and the profile.
///
/// [`Debug`](fmt::Debug) hides the body.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a profile request")]
#[non_exhaustive]
pub struct CreateProfile {
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

impl CreateProfile {
    /// Creates this one's profile, and notes nothing about them.
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self { identity: identity.into(), platform: None, profile: ProfileRequest::new() }
    }

    /// Notes this about the customer.
    #[must_use]
    pub fn profile(mut self, profile: ProfileRequest) -> Self {
        self.profile = profile;
        self
    }

    /// States what the request comes from.
    #[must_use]
    pub fn platform(mut self, platform: impl Into<Platform>) -> Self {
        self.platform = Some(platform.into());
        self
    }
}

object!(CreateProfile);

impl fmt::Debug for CreateProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateProfile").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl Operation for CreateProfile {
    type Answer = Profile;

    const SPEC: Spec = table::CREATE_PROFILE;

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
