//! A page of the list of paywalls.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::product::PaywallProduct;
use super::state::PaywallState;
use crate::json;
use crate::json::object::object;

/// A page of the app's paywalls: the answer of list paywalls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a page of paywalls")]
#[non_exhaustive]
pub struct PaywallPage {
    /// The page's paywalls. Wire: `data`, an array; required.
    pub data: Vec<PaywallListItem>,

    /// What surrounds them. Wire: `meta`, an object; required.
    pub meta: PaywallPageMeta,
}

object!(PaywallPage);

/// What surrounds a page of paywalls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a pagination")]
#[non_exhaustive]
pub struct PaywallPageMeta {
    /// Which page it is, of how many. Wire: `pagination`, an object; required.
    pub pagination: Pagination,
}

object!(PaywallPageMeta);

/// Which page it is, of how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a pagination object")]
#[non_exhaustive]
pub struct Pagination {
    /// How many paywalls there are on all pages. Wire: `count`, an integer; required.
    #[serde(deserialize_with = "json::integer::deserialize")]
    pub count: i64,

    /// The number of this page, from 1. Wire: `page`, an integer; required.
    #[serde(deserialize_with = "json::integer::deserialize")]
    pub page: i64,

    /// How many pages there are. Wire: `pages`, an integer; required.
    #[serde(deserialize_with = "json::integer::deserialize")]
    pub pages: i64,
}

object!(Pagination);

/// A paywall as the list shows it: without its remote configs and its picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a paywall object")]
#[non_exhaustive]
pub struct PaywallListItem {
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
}

object!(PaywallListItem);
