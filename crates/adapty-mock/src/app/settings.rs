//! How an app answers where the documents leave it open or contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};

use super::rate_limit::RateLimit;
use crate::json_reader;

/// The access level that every app has, and that a product gives unless the settings say otherwise.
pub(crate) const PREMIUM: &str = "premium";
/// What it takes of the budget to keep a word beside its letters.
const OVERHEAD: usize = 64;

/// How an app answers where the documents leave it open or contradict each other.
///
/// As JSON it is an object of these fields under these names; one that is absent has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SettingsChange")]
#[non_exhaustive]
pub struct Settings {
    /// Which access levels the app has; a grant or revoke of another is the documented 400
    /// `paid_access_level_does_not_exist`.
    ///
    /// Default: `None`, `null`: `premium`, which always exists, and those of the app's profiles.
    pub access_levels: Option<BTreeSet<String>>,
    /// Which access level a product gives when a transaction of it is set; `None`, `null`, is a
    /// consumable, which gives none.
    ///
    /// Default: empty. A product that is not listed gives `premium`.
    pub product_access_levels: BTreeMap<String, Option<String>>,
    /// How a missing profile is answered. Default: [`MissingProfile::NotFound`].
    pub missing_profile: MissingProfile,
    /// What create profile does with one that exists. Default: [`ExistingProfile::Update`].
    pub existing_profile: ExistingProfile,
    /// How many requests are answered. Default: `None`, `null`: all of them.
    pub rate_limit: Option<RateLimit>,
    /// Whether a GET whose path lacks its last slash is answered 301 rather than 404. Default: `false`.
    pub redirects_missing_slash: bool,
}

/// How a missing profile is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MissingProfile {
    /// `not_found`: with the documented 404.
    #[default]
    NotFound,
    /// `unauthorized`: with the documented 401; the older "Get profile" page says under 401 that the
    /// request also fails because the profile was not found.
    Unauthorized,
    /// `bad_request`: with the 400 that the pages of grant, revoke and set transaction list beside
    /// the 404. Other operations answer 404.
    BadRequest,
}

/// What create profile does where there is a profile of this identity; no document says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExistingProfile {
    /// `update`: it is changed as update profile does, and answered 200.
    #[default]
    Update,
    /// `refuse`: it stays as it is, and the answer is a 400 of ours, `profile_already_exists`.
    Refuse,
}

impl Settings {
    /// Reads them as `PUT /__admin/settings` does.
    ///
    /// # Errors
    ///
    /// What is wrong, by path, line and column.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, String> {
        json_reader::read(json.as_ref())
    }

    /// The access level that a product gives; `None` is a consumable.
    pub(crate) fn access_level_of(&self, product: &str) -> Option<&str> {
        self.product_access_levels.get(product).map_or(Some(PREMIUM), Option::as_deref)
    }

    /// Why these are no settings to answer by, if they are not.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.access_levels.iter().flatten().any(String::is_empty) {
            return Err("access_levels: an id is empty".to_owned());
        }
        if self.product_access_levels.contains_key("") {
            return Err("product_access_levels: a product is empty".to_owned());
        }
        if let Some((product, _)) =
            self.product_access_levels.iter().find(|(_, level)| level.as_deref() == Some(""))
        {
            return Err(format!("product_access_levels: the access level of {product:?} is empty"));
        }
        if self.rate_limit.is_some_and(|limit| limit.window.as_millis() == 0) {
            return Err("rate_limit: a window lasts 1 ms at least".to_owned());
        }
        Ok(())
    }

    /// What they take of the server's budget.
    pub(super) fn size(&self) -> usize {
        let levels = self.access_levels.iter().flatten().map(String::len);
        let products = self.product_access_levels.iter();
        let products = products.map(|(product, level)| {
            product.len() + level.as_ref().map_or(0, String::len) + OVERHEAD
        });
        levels.map(|id| id + OVERHEAD).chain(products).sum()
    }
}

/// Some of the settings; one that is absent stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SettingsChange {
    #[serde(deserialize_with = "given")]
    access_levels: Option<Option<BTreeSet<String>>>,
    #[serde(deserialize_with = "given")]
    product_access_levels: Option<BTreeMap<String, Option<String>>>,
    #[serde(deserialize_with = "given")]
    missing_profile: Option<MissingProfile>,
    #[serde(deserialize_with = "given")]
    existing_profile: Option<ExistingProfile>,
    #[serde(deserialize_with = "given")]
    rate_limit: Option<Option<RateLimit>>,
    #[serde(deserialize_with = "given")]
    redirects_missing_slash: Option<bool>,
}

impl SettingsChange {
    /// The settings after this change.
    pub(crate) fn of(self, before: Settings) -> Settings {
        Settings {
            access_levels: self.access_levels.unwrap_or(before.access_levels),
            product_access_levels: self
                .product_access_levels
                .unwrap_or(before.product_access_levels),
            missing_profile: self.missing_profile.unwrap_or(before.missing_profile),
            existing_profile: self.existing_profile.unwrap_or(before.existing_profile),
            rate_limit: self.rate_limit.unwrap_or(before.rate_limit),
            redirects_missing_slash: self
                .redirects_missing_slash
                .unwrap_or(before.redirects_missing_slash),
        }
    }
}

impl TryFrom<SettingsChange> for Settings {
    type Error = String;

    fn try_from(change: SettingsChange) -> Result<Self, String> {
        let settings = change.of(Self::default());
        settings.check()?;
        Ok(settings)
    }
}

/// A field that is there, so that a `null` is the field's own and never "absent".
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}
