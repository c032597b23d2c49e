//! An access level: what a purchase or a grant opens, and from when until when.

use time::OffsetDateTime;

use crate::collection::Row;
use crate::object::members;
use crate::{CancellationReason, Environment, Offer, Store};

/// One row of a profile's access levels.
///
/// An id may have several rows. Two members decide access, [`starts_at`](Self::starts_at) and
/// [`expires_at`](Self::expires_at); the others explain it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AccessLevel {
    /// The level's id, as set up in the Adapty Dashboard; `premium` always exists there.
    ///
    /// Wire: `access_level_id`, text; required, except in a dictionary, whose key is the id.
    pub access_level_id: String,

    /// Where the purchase behind the level was made.
    ///
    /// Wire: `store`. Always there in the documents.
    pub store: Option<Store>,

    /// The product that gave the level.
    ///
    /// Wire: `store_product_id`, text. Always there in the documents. A grant without a purchase
    /// has `adapty_server_side_product`, `adapty_dashboard_product` or `adapty_promotion`.
    pub store_product_id: Option<String>,

    /// Google's base plan or Stripe's price.
    ///
    /// Wire: `store_base_plan_id`. "None" is `""` in the older pages and `null` in the newer
    /// documents; both are kept as they came.
    pub store_base_plan_id: Option<String>,

    /// The latest transaction of the purchase: text, though it looks like a number.
    ///
    /// Wire: `store_transaction_id`. Always there in the documents.
    pub store_transaction_id: Option<String>,

    /// The first transaction of the purchase's chain of renewals.
    ///
    /// Wire: `store_original_transaction_id`. Always there in the documents.
    pub store_original_transaction_id: Option<String>,

    /// The offer applied in the current period.
    ///
    /// Wire: `offer`, an object or `null`.
    pub offer: Option<Offer>,

    /// Real or test purchase; `None` is not stated.
    ///
    /// Wire: `environment`. The older pages have it, the newer ones and OpenAPI do not.
    pub environment: Option<Environment>,

    /// When the access begins; `None` is from the beginning. May be in the future.
    ///
    /// Wire: `starts_at`, date text or `null`; an absent key is read like `null`.
    pub starts_at: Option<OffsetDateTime>,

    /// When the latest purchase of the chain was made.
    ///
    /// Wire: `purchased_at`, date text. Always there in the documents.
    pub purchased_at: Option<OffsetDateTime>,

    /// When the first purchase of the chain was made.
    ///
    /// Wire: `originally_purchased_at`, date text. Always there in the documents.
    pub originally_purchased_at: Option<OffsetDateTime>,

    /// When the access ends; `None` is access that never ends.
    ///
    /// Wire: `expires_at`, date text or `null`; the key is required, so that an answer that does
    /// not say can never be taken for lifetime access. In a grace period this already is the
    /// grace period's end, after a refund the date of the refund (webhook documents).
    pub expires_at: Option<OffsetDateTime>,

    /// When renewal was turned off; the access goes on until it expires.
    ///
    /// Wire: `renewal_cancelled_at`, date text or `null`; `null` again once it is turned back on.
    pub renewal_cancelled_at: Option<OffsetDateTime>,

    /// When the store failed to charge for a renewal.
    ///
    /// Wire: `billing_issue_detected_at`, date text or `null`; `null` again once it was paid.
    pub billing_issue_detected_at: Option<OffsetDateTime>,

    /// Whether the customer was in a grace period when the answer was made; it goes stale.
    ///
    /// Wire: `is_in_grace_period`. Always there in the documents; `None` is not stated.
    pub is_in_grace_period: Option<bool>,

    /// Why the purchase ended or will not be renewed.
    ///
    /// Wire: `cancellation_reason`, a word or `null`.
    pub cancellation_reason: Option<CancellationReason>,
}

impl AccessLevel {
    /// A level from the beginning until `expires_at` (`None`: for ever), nothing else stated.
    #[must_use]
    pub fn new(
        access_level_id: impl Into<String>,
        expires_at: impl Into<Option<OffsetDateTime>>,
    ) -> Self {
        Self {
            access_level_id: access_level_id.into(),
            store: None,
            store_product_id: None,
            store_base_plan_id: None,
            store_transaction_id: None,
            store_original_transaction_id: None,
            offer: None,
            environment: None,
            starts_at: None,
            purchased_at: None,
            originally_purchased_at: None,
            expires_at: expires_at.into(),
            renewal_cancelled_at: None,
            billing_issue_detected_at: None,
            is_in_grace_period: None,
            cancellation_reason: None,
        }
    }
}

members! {
    AccessLevel, "an access level object" {
        named access_level_id,
        optional store,
        optional store_product_id,
        nullable store_base_plan_id,
        optional store_transaction_id,
        optional store_original_transaction_id,
        nullable offer,
        optional environment,
        nullable starts_at,
        optional purchased_at,
        optional originally_purchased_at,
        required expires_at,
        nullable renewal_cancelled_at,
        nullable billing_issue_detected_at,
        optional is_in_grace_period,
        nullable cancellation_reason,
    }
}

impl Row for AccessLevel {}
