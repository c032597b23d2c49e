//! A subscription, running or ended.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use uuid::Uuid;

use super::cancellation_reason::CancellationReason;
use super::environment::Environment;
use super::offer::Offer;
use super::store::Store;
use crate::json;
use crate::json::collection::Row;
use crate::json::object::object;

/// One row of a profile's subscriptions.
///
/// It has no start and may not state its end, so it decides no access:
/// [`AccessLevel`](crate::AccessLevel) does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a subscription object")]
#[non_exhaustive]
pub struct Subscription {
    /// Where the subscription was bought.
    ///
    /// Wire: `store`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Store>,

    /// The product's id in the store; Google's base plan may be joined to it by a colon.
    ///
    /// Wire: `store_product_id`, a string; required, except in a dictionary, whose key is the id.
    pub store_product_id: String,

    /// Google's base plan or Stripe's price.
    ///
    /// Wire: `store_base_plan_id`. "None" is `""` in the older pages and `null` in the newer
    /// documents; both are kept as they came.
    pub store_base_plan_id: Option<String>,

    /// The latest transaction: text, though it looks like a number.
    ///
    /// Wire: `store_transaction_id`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_transaction_id: Option<String>,

    /// The first transaction of the chain of renewals.
    ///
    /// Wire: `store_original_transaction_id`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_original_transaction_id: Option<String>,

    /// The offer applied in the current period.
    ///
    /// Wire: `offer`, an object or `null`.
    pub offer: Option<Offer>,

    /// Real or test purchase; `None` is not stated.
    ///
    /// Wire: `environment`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,

    /// When the latest renewal was bought.
    ///
    /// Wire: `purchased_at`, a date. Always there in the documents.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub purchased_at: Option<OffsetDateTime>,

    /// When the first purchase of the chain was made.
    ///
    /// Wire: `originally_purchased_at`, a date. Left out by the answer of set transaction.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub originally_purchased_at: Option<OffsetDateTime>,

    /// When the subscription ends, in three states.
    ///
    /// Wire: `expires_at`, a date or `null`. Left out by the answer of set transaction.
    #[serde(default, skip_serializing_if = "Expiry::is_not_stated")]
    pub expires_at: Expiry,

    /// When renewal was turned off.
    ///
    /// Wire: `renewal_cancelled_at`, a date or `null`.
    #[serde(default, with = "json::date::option")]
    pub renewal_cancelled_at: Option<OffsetDateTime>,

    /// When the store failed to charge for a renewal.
    ///
    /// Wire: `billing_issue_detected_at`, a date or `null`.
    #[serde(default, with = "json::date::option")]
    pub billing_issue_detected_at: Option<OffsetDateTime>,

    /// Whether the customer was in a grace period when the answer was made; it goes stale.
    ///
    /// Wire: `is_in_grace_period`. `None` is not stated, as in the answer of set transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_in_grace_period: Option<bool>,

    /// Why the subscription ended or will not be renewed.
    ///
    /// Wire: `cancellation_reason`, a value of an open enum or `null`.
    pub cancellation_reason: Option<CancellationReason>,

    /// The purchase's id, where the row has the shape of a purchase.
    ///
    /// Wire: `purchase_id`, a UUID. Only in the answer of set transaction (OpenAPI).
    #[serde(default, with = "json::uuid::option", skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<Uuid>,

    /// Whether the purchase was refunded, where the row has the shape of a purchase.
    ///
    /// Wire: `is_refund`. Only in the answer of set transaction; `None` is not stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_refund: Option<bool>,

    /// Whether the purchase can be used up, where the row has the shape of a purchase.
    ///
    /// Wire: `is_consumable`. Only in the answer of set transaction; `None` is not stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_consumable: Option<bool>,
}

impl Subscription {
    /// A subscription with nothing else stated.
    #[must_use]
    pub fn new(store_product_id: impl Into<String>, expires_at: Expiry) -> Self {
        Self {
            store: None,
            store_product_id: store_product_id.into(),
            store_base_plan_id: None,
            store_transaction_id: None,
            store_original_transaction_id: None,
            offer: None,
            environment: None,
            purchased_at: None,
            originally_purchased_at: None,
            expires_at,
            renewal_cancelled_at: None,
            billing_issue_detected_at: None,
            is_in_grace_period: None,
            cancellation_reason: None,
            purchase_id: None,
            is_refund: None,
            is_consumable: None,
        }
    }
}

object!(Subscription);

impl Row for Subscription {
    const ID: &'static str = "store_product_id";
}

/// When a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Expiry {
    /// At this instant.
    At(OffsetDateTime),
    /// Never: the wire has `null`, as for a lifetime product listed as a subscription.
    Never,
    /// The wire has no `expires_at`, which says nothing either way.
    #[default]
    NotStated,
}

impl Expiry {
    fn is_not_stated(&self) -> bool {
        *self == Self::NotStated
    }
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let end = json::date::option::deserialize(deserializer)?;
        Ok(end.map_or(Self::Never, Self::At))
    }
}

/// Not stated is for the field to say, by its absence; by itself it is `null`.
impl Serialize for Expiry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(end) => json::date::serialize(end, serializer),
            Self::Never | Self::NotStated => serializer.serialize_none(),
        }
    }
}
