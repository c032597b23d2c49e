//! Set integration identifiers: what other services call a customer from now on.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::integration_identifiers::IntegrationIdentifiers;
use crate::json::object::{ObjectOnly, object};
use crate::json::{self, ReadError, WriteError};
use crate::validation::{ValidationError, Violations};

/// Changes the ids that other services know a customer by, as far as the request names them.
///
/// `POST /api/v2/server-side-api/integration/profile/set/integration-identifiers/`, answered with a
/// blank body.
///
/// [`Debug`](fmt::Debug) hides the body.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with integration identifiers")]
#[non_exhaustive]
pub struct SetIntegrationIdentifiers {
    /// Whose ids.
    pub identity: Identity,

    /// The ids: the body.
    pub identifiers: IntegrationIdentifiers,
}

impl SetIntegrationIdentifiers {
    /// Sets these.
    pub fn new(identity: impl Into<Identity>, identifiers: IntegrationIdentifiers) -> Self {
        Self { identity: identity.into(), identifiers }
    }
}

object!(SetIntegrationIdentifiers);

impl fmt::Debug for SetIntegrationIdentifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetIntegrationIdentifiers")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

/// Any object: one old document answers with the profile.
struct AnyObject;

impl<'de> Deserialize<'de> for AnyObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(expecting = "nothing, or an object")]
        struct Any {
            #[serde(default, rename = "data")]
            _data: IgnoredAny,
        }

        Any::deserialize(ObjectOnly(deserializer)).map(|_| Self)
    }
}

impl Operation for SetIntegrationIdentifiers {
    type Answer = ();

    const SPEC: Spec = table::SET_INTEGRATION_IDENTIFIERS;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        json::write(&self.identifiers).map(Some)
    }

    /// At least one id must be named.
    fn validate(&self) -> Result<(), ValidationError> {
        let is_one_named = self.identifiers.all().iter().any(|id| !id.is_absent());
        let mut violations = Violations::default();
        let rule = "At least one integration identifier must be provided";
        violations.require(is_one_named, "the body", rule);
        violations.finish()
    }

    fn secrets(&self) -> Vec<&str> {
        let ids = self.identifiers.all().into_iter().filter_map(|id| id.value());
        ids.map(String::as_str).filter(|id| !id.is_empty()).collect()
    }

    /// A page of HTML under the status of success is none.
    fn read(&self, body: &[u8]) -> Result<(), ReadError> {
        if body.trim_ascii().is_empty() {
            return Ok(());
        }
        json::read(body).map(|AnyObject| ())
    }
}
