//! Grant access level: access without a purchase.

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

/// Gives a customer an access level, or extends one. It is in no analytics and goes to no
/// integration but webhooks.
///
/// Refused with [`Meaning::AccessLevelNotFound`](super::Meaning::AccessLevelNotFound) where the app
/// has no such level, and with [`Meaning::ProfileNotFound`](super::Meaning::ProfileNotFound) where
/// it has no such profile.
///
/// `POST /api/v2/server-side-api/purchase/profile/grant/access-level/`, answered with the profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a grant")]
#[non_exhaustive]
pub struct GrantAccessLevel {
    /// Who is given access.
    pub identity: Identity,

    /// The level, by the id it has in the Adapty Dashboard; `premium` always exists there.
    ///
    /// Wire: `access_level_id`, a string.
    pub access_level_id: String,

    /// When the access begins; `None` is at once. May be in the future.
    ///
    /// Wire: `starts_at`, a date with `Z`; left out if `None`.
    #[serde(
        default,
        serialize_with = "json::date::z::option::serialize",
        deserialize_with = "json::date::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub starts_at: Option<OffsetDateTime>,

    /// When the access ends; **`None` is access that never ends.** May be in the past.
    ///
    /// Wire: `expires_at`, a date with `Z`; left out if `None`.
    #[serde(
        default,
        serialize_with = "json::date::z::option::serialize",
        deserialize_with = "json::date::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub expires_at: Option<OffsetDateTime>,

    /// Whether the caller takes a second grant, should the answer to the first be lost, for as good as
    /// one. A grant with a date is repeated anyway; one without begins or ends anew each time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_repeatable: bool,
}

impl GrantAccessLevel {
    /// Grants the level from now on, without an end.
    pub fn new(identity: impl Into<Identity>, access_level_id: impl Into<String>) -> Self {
        Self {
            identity: identity.into(),
            access_level_id: access_level_id.into(),
            starts_at: None,
            expires_at: None,
            is_repeatable: false,
        }
    }

    /// Lets the access begin at this instant.
    #[must_use]
    pub fn starting(mut self, starts_at: OffsetDateTime) -> Self {
        self.starts_at = Some(starts_at);
        self
    }

    /// Lets the access end at this instant.
    #[must_use]
    pub fn until(mut self, expires_at: OffsetDateTime) -> Self {
        self.expires_at = Some(expires_at);
        self
    }

    /// Lets the grant be sent again like one with a date, although it may have been carried out.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.is_repeatable = true;
        self
    }
}

object!(GrantAccessLevel);

#[derive(Serialize)]
struct Body<'a> {
    access_level_id: &'a str,
    #[serde(with = "json::date::z::option", skip_serializing_if = "Option::is_none")]
    starts_at: Option<OffsetDateTime>,
    #[serde(with = "json::date::z::option", skip_serializing_if = "Option::is_none")]
    expires_at: Option<OffsetDateTime>,
}

impl Operation for GrantAccessLevel {
    type Answer = Profile;

    const SPEC: Spec = table::GRANT_ACCESS_LEVEL;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        let Self { access_level_id, starts_at, expires_at, .. } = self;
        let (starts_at, expires_at) = (*starts_at, *expires_at);
        json::write(&Body { access_level_id, starts_at, expires_at }).map(Some)
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
        match (self.starts_at, self.expires_at) {
            (None, None) if !self.is_repeatable => Self::SPEC.repeat,
            _ => Repeat::NotAfter500,
        }
    }

    fn read(&self, body: &[u8]) -> Result<Profile, ReadError> {
        ProfileResponse::from_json(body).map(|response| response.data)
    }
}
