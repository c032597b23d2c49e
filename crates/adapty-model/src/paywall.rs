//! Paywalls: what they sell, and the texts an app shows on them.

mod list_item;
mod product;
mod remote_config;
mod state;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::list_item::{Pagination, PaywallListItem, PaywallPage, PaywallPageMeta};
pub use self::product::{PaywallOffer, PaywallProduct, ProductSet};
pub use self::remote_config::RemoteConfig;
pub use self::state::PaywallState;
use crate::json;
use crate::json::object::object;

/// One paywall of the app, whole: the bare answer of get paywall and update paywall.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a paywall object")]
#[non_exhaustive]
pub struct Paywall {
    /// The paywall's name in the Adapty Dashboard. Wire: `title`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,

    /// Adapty's id of the paywall. Wire: `paywall_id`, a UUID; required.
    #[serde(with = "json::uuid")]
    pub paywall_id: Uuid,

    /// Whether it is made with the paywall builder.
    ///
    /// Wire: `use_paywall_builder`, a boolean. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_paywall_builder: Option<bool>,

    /// Whether it is made with the builder's first version.
    ///
    /// Wire: `use_paywall_builder_legacy`, a boolean. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_paywall_builder_legacy: Option<bool>,

    /// When it was last changed. Wire: `updated_at`, a date. Always there in the documents.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<OffsetDateTime>,

    /// When it was made. Wire: `created_at`, a date. Always there in the documents.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<OffsetDateTime>,

    /// Whether it is in use. Wire: `state`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PaywallState>,

    /// Whether it was deleted. Wire: `is_deleted`, a boolean. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_deleted: Option<bool>,

    /// Where its products are sold in the web. Wire: `web_purchase_url`, a string or `null`.
    pub web_purchase_url: Option<String>,

    /// What it sells; `None` is not stated. Wire: `products`, an array. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<PaywallProduct>>,

    /// The texts for the app, a language each.
    ///
    /// Wire: `remote_configs`, an array; required, since an update replaces all of them and what was
    /// not sent must not be taken for none.
    pub remote_configs: Vec<RemoteConfig>,

    /// A picture of the paywall. Wire: `main_screenshot`, an object or `null`.
    pub main_screenshot: Option<PaywallScreenshot>,
}

object!(Paywall);

/// A picture of a paywall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a screenshot object")]
#[non_exhaustive]
pub struct PaywallScreenshot {
    /// Adapty's id of the picture. Wire: `image_id`, an integer.
    #[serde(
        default,
        deserialize_with = "json::integer::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub image_id: Option<i64>,

    /// Where the picture is. Wire: `url`, a string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

object!(PaywallScreenshot);
