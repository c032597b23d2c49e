//! A subscription, running or ended.

use serde::de::Deserializer;
use serde::ser::Serializer;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::collection::Row;
use crate::member::Member;
use crate::object::members;
use crate::{CancellationReason, Environment, Offer, Store};

/// One row of a profile's subscriptions.
///
/// It has no start and may not state its end, so it decides no access:
/// [`AccessLevel`](crate::AccessLevel) does.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Subscription {
    /// Where the subscription was bought.
    ///
    /// Wire: `store`. Always there in the documents.
    pub store: Option<Store>,

    /// The product's id in the store; Google's base plan may be joined to it by a colon.
    ///
    /// Wire: `store_product_id`, text; required, except in a dictionary, whose key is the id.
    pub store_product_id: String,

    /// Google's base plan or Stripe's price.
    ///
    /// Wire: `store_base_plan_id`. "None" is `""` in the older pages and `null` in the newer
    /// documents; both are kept as they came.
    pub store_base_plan_id: Option<String>,

    /// The latest transaction: text, though it looks like a number.
    ///
    /// Wire: `store_transaction_id`. Always there in the documents.
    pub store_transaction_id: Option<String>,

    /// The first transaction of the chain of renewals.
    ///
    /// Wire: `store_original_transaction_id`. Always there in the documents.
    pub store_original_transaction_id: Option<String>,

    /// The offer applied in the current period.
    ///
    /// Wire: `offer`, an object or `null`.
    pub offer: Option<Offer>,

    /// Real or test purchase; `None` is not stated.
    ///
    /// Wire: `environment`. Always there in the documents.
    pub environment: Option<Environment>,

    /// When the latest renewal was bought.
    ///
    /// Wire: `purchased_at`, date text. Always there in the documents.
    pub purchased_at: Option<OffsetDateTime>,

    /// When the first purchase of the chain was made.
    ///
    /// Wire: `originally_purchased_at`, date text. Left out by the answer of set transaction.
    pub originally_purchased_at: Option<OffsetDateTime>,

    /// When the subscription ends, in three states.
    ///
    /// Wire: `expires_at`, date text or `null`. Left out by the answer of set transaction.
    pub expires_at: Expiry,

    /// When renewal was turned off.
    ///
    /// Wire: `renewal_cancelled_at`, date text or `null`.
    pub renewal_cancelled_at: Option<OffsetDateTime>,

    /// When the store failed to charge for a renewal.
    ///
    /// Wire: `billing_issue_detected_at`, date text or `null`.
    pub billing_issue_detected_at: Option<OffsetDateTime>,

    /// Whether the customer was in a grace period when the answer was made; it goes stale.
    ///
    /// Wire: `is_in_grace_period`. `None` is not stated, as in the answer of set transaction.
    pub is_in_grace_period: Option<bool>,

    /// Why the subscription ended or will not be renewed.
    ///
    /// Wire: `cancellation_reason`, a word or `null`.
    pub cancellation_reason: Option<CancellationReason>,

    /// The purchase's id, where the row has the shape of a purchase.
    ///
    /// Wire: `purchase_id`, a UUID. Only in the answer of set transaction (OpenAPI).
    pub purchase_id: Option<Uuid>,

    /// Whether the purchase was refunded, where the row has the shape of a purchase.
    ///
    /// Wire: `is_refund`. Only in the answer of set transaction; `None` is not stated.
    pub is_refund: Option<bool>,

    /// Whether the purchase can be used up, where the row has the shape of a purchase.
    ///
    /// Wire: `is_consumable`. Only in the answer of set transaction; `None` is not stated.
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

members! {
    Subscription, "a subscription object" {
        optional store,
        named store_product_id,
        nullable store_base_plan_id,
        optional store_transaction_id,
        optional store_original_transaction_id,
        nullable offer,
        optional environment,
        optional purchased_at,
        optional originally_purchased_at,
        optional expires_at,
        nullable renewal_cancelled_at,
        nullable billing_issue_detected_at,
        optional is_in_grace_period,
        nullable cancellation_reason,
        optional purchase_id,
        optional is_refund,
        optional is_consumable,
    }
}

impl Row for Subscription {}

/// When a subscription ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// At this instant.
    At(OffsetDateTime),
    /// Never: the wire has `null`, as for a lifetime product listed as a subscription.
    Never,
    /// The wire has no `expires_at`, which says nothing either way.
    #[default]
    NotStated,
}

impl Member for Expiry {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<OffsetDateTime>::read(deserializer).map(|end| end.map_or(Self::Never, Self::At))
    }

    fn write<S: Serializer>(&self, name: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(end) => end.write(name, serializer),
            Self::Never | Self::NotStated => serializer.serialize_none(),
        }
    }

    fn is_stated(&self) -> bool {
        *self != Self::NotStated
    }
}
