//! Update paywall: new texts for an app to show.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};
use crate::paywall::{Paywall, RemoteConfig};
use crate::validation::{ValidationError, Violations};

/// Replaces **all** remote configs of a paywall: what is not named is gone. To change one language, get
/// the paywall first and send back the others as they were.
///
/// Refused with [`Meaning::PaywallNotFound`](super::Meaning::PaywallNotFound) where the app has none of
/// this id.
///
/// `PUT /api/v2/server-side-api/paywalls/{paywall_id}/`, answered with the bare paywall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with remote configs")]
#[non_exhaustive]
pub struct UpdatePaywall {
    /// Adapty's id of the paywall.
    #[serde(with = "json::uuid")]
    pub paywall_id: Uuid,

    /// All configs that there are to be, a language each; at least one.
    ///
    /// Wire: `remote_configs`, an array.
    pub remote_configs: Vec<RemoteConfig>,
}

impl UpdatePaywall {
    /// Gives this paywall these configs and no others.
    #[must_use]
    pub fn new(paywall_id: Uuid, remote_configs: Vec<RemoteConfig>) -> Self {
        Self { paywall_id, remote_configs }
    }
}

object!(UpdatePaywall);

#[derive(Serialize)]
struct Body<'a> {
    remote_configs: &'a [RemoteConfig],
}

impl Operation for UpdatePaywall {
    type Answer = Paywall;

    const SPEC: Spec = table::UPDATE_PAYWALL;

    fn identity(&self) -> Option<&Identity> {
        None
    }

    fn path(&self) -> Cow<'static, str> {
        table::paywall_path(self.paywall_id)
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        json::write(&Body { remote_configs: &self.remote_configs }).map(Some)
    }

    /// At least one config must be there, each of a locale of its own, and the data of each be JSON.
    fn validate(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        let rule = "At least one field must be provided";
        violations.require(!self.remote_configs.is_empty(), "remote_configs", rule);
        let mut locales = HashSet::new();
        for (position, config) in self.remote_configs.iter().enumerate() {
            let path = format_args!("remote_configs[{position}].locale");
            let is_first = locales.insert(&config.locale);
            violations.require(is_first, path, "a locale can be given once only");
            let path = format_args!("remote_configs[{position}].data");
            let is_json = config.json::<IgnoredAny>().is_ok();
            violations.require(is_json, path, "must be JSON, as a text");
        }
        violations.finish()
    }

    fn read(&self, body: &[u8]) -> Result<Paywall, ReadError> {
        json::read(body)
    }
}
