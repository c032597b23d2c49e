//! Revoke access level: the end of access.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::operation::Operation;
use super::spec::{Repeat, Spec};
use super::table;
use crate::identity::Identity;
use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};
use crate::profile::{Profile, ProfileResponse};
use crate::validation::{ValidationError, Violations};

/// Ends a customer's access level, at once or at a later time.
///
/// Refused with [`Meaning::AccessLevelNotFound`](super::Meaning::AccessLevelNotFound) where the app,
/// or the profile, has no such level, and with
/// [`Meaning::ProfileNotFound`](super::Meaning::ProfileNotFound) where there is no such profile.
///
/// `POST /api/v2/server-side-api/purchase/profile/revoke/access-level/`, answered with the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a revocation")]
#[non_exhaustive]
pub struct RevokeAccessLevel {
    /// Whose access ends.
    pub identity: Identity,

    /// The level, by the id it has in the Adapty Dashboard.
    ///
    /// Wire: `access_level_id`, a string.
    pub access_level_id: String,

    /// When the access ends; **`None` is at once.** Not after the level ends anyway. A time in the
    /// past is refused by the newer documents and allowed by the older.
    ///
    /// Wire: `revoke_at`, a date with `Z`; left out if `None`.
    #[serde(
        default,
        serialize_with = "json::date::z::option::serialize",
        deserialize_with = "json::date::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub revoke_at: Option<OffsetDateTime>,

    /// Whether the caller takes a second revocation, should the answer to the first be lost, for as
    /// good as one. One with a date is repeated anyway; one without may find the level gone and be
    /// refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_repeatable: bool,
}

impl RevokeAccessLevel {
    /// Revokes the level at once.
    pub fn new(identity: impl Into<Identity>, access_level_id: impl Into<String>) -> Self {
        Self {
            identity: identity.into(),
            access_level_id: access_level_id.into(),
            revoke_at: None,
            is_repeatable: false,
        }
    }

    /// Lets the access end at this instant.
    #[must_use]
    pub fn at(mut self, revoke_at: OffsetDateTime) -> Self {
        self.revoke_at = Some(revoke_at);
        self
    }

    /// Lets the revocation be sent again like one with a date, although it may have been carried out.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }
}

object!(RevokeAccessLevel);

#[derive(Serialize)]
struct Body<'a> {
    access_level_id: &'a str,
    #[serde(with = "json::date::z::option", skip_serializing_if = "Option::is_none")]
    revoke_at: Option<OffsetDateTime>,
}

impl Operation for RevokeAccessLevel {
    type Answer = Profile;

    const SPEC: Spec = table::REVOKE_ACCESS_LEVEL;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        let Self { access_level_id, revoke_at, .. } = self;
        json::write(&Body { access_level_id, revoke_at: *revoke_at }).map(Some)
    }

    /// The level must be named.
    fn validate(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        let is_named = !self.access_level_id.is_empty();
        violations.require(is_named, "access_level_id", "must not be empty");
        violations.finish()
    }

    /// A date is the same whenever it is sent; without one, "now" moves on.
    fn repeat(&self) -> Repeat {
        match self.revoke_at {
            None if !self.is_repeatable => Self::SPEC.repeat,
            _ => Repeat::NotAfter500,
        }
    }

    fn read(&self, body: &[u8]) -> Result<Profile, ReadError> {
        ProfileResponse::from_json(body).map(|response| response.data)
    }
}
