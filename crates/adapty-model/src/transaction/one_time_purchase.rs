//! Something bought once.

use serde::Serialize;
use time::OffsetDateTime;

use super::price::Price;
use super::rules::{check_id, check_offer, check_price, check_refund, is_free_trial};
use crate::json;
use crate::profile::{CancellationReason, Environment, Offer, Store};
use crate::validation::Violations;

/// Something bought once: used up, or owned for good.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OneTimePurchase {
    /// Where the purchase was made. Wire: `store`, the id of a store; required.
    pub store: Store,

    /// Real or test purchase; `None` is the server's default, `Production`.
    ///
    /// Wire: `environment`; left out if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,

    /// The product's id in the store; Google's base plan is joined to it by a colon. Where Adapty does
    /// not know the product, the newest documents give its buyer the level `premium`.
    ///
    /// Wire: `store_product_id`, a string; required.
    pub store_product_id: String,

    /// The transaction. Wire: `store_transaction_id`, a string of at most 50 characters; required.
    pub store_transaction_id: String,

    /// The same transaction again, as a single purchase has no chain.
    ///
    /// Wire: `store_original_transaction_id`; required, and equal to `store_transaction_id`.
    pub store_original_transaction_id: String,

    /// Whether it came from a member of the family. Its price must be 0 then.
    ///
    /// Wire: `is_family_shared`, a boolean; always written, `false` if absent.
    pub is_family_shared: bool,

    /// What it cost. Wire: `price`, an object; required.
    pub price: Price,

    /// When it was bought. Wire: `purchased_at`, a date with `Z`; required.
    #[serde(with = "json::date::z")]
    pub purchased_at: OffsetDateTime,

    /// The variation of the paywall that sold it. Wire: `variation_id`, a string or `null`.
    pub variation_id: Option<String>,

    /// The offer under which it was bought; never a free trial. Wire: `offer`, an object or `null`.
    pub offer: Option<Offer>,

    /// When it was refunded, later than it was bought; goes with
    /// [`CancellationReason::Refund`].
    ///
    /// Wire: `refunded_at`, a date with `Z`, or `null`.
    #[serde(with = "json::date::z::option")]
    pub refunded_at: Option<OffsetDateTime>,

    /// Why it is no longer owned. Wire: `cancellation_reason`, a string or `null`.
    pub cancellation_reason: Option<CancellationReason>,
}

impl OneTimePurchase {
    /// A purchase of which nothing else is said.
    pub fn new(
        store: impl Into<Store>,
        store_product_id: impl Into<String>,
        store_transaction_id: impl Into<String>,
        price: Price,
        purchased_at: OffsetDateTime,
    ) -> Self {
        let store_transaction_id = store_transaction_id.into();
        Self {
            store: store.into(),
            environment: None,
            store_product_id: store_product_id.into(),
            store_original_transaction_id: store_transaction_id.clone(),
            store_transaction_id,
            is_family_shared: false,
            price,
            purchased_at,
            variation_id: None,
            offer: None,
            refunded_at: None,
            cancellation_reason: None,
        }
    }

    /// Tells that the purchase was refunded at this instant, and the reason with it.
    #[must_use]
    pub fn refunded(mut self, refunded_at: OffsetDateTime) -> Self {
        self.refunded_at = Some(refunded_at);
        self.cancellation_reason = Some(CancellationReason::Refund);
        self
    }

    pub(super) fn check(&self, violations: &mut Violations) {
        let offer = self.offer.as_ref();
        check_price(&self.price, self.is_family_shared, offer, violations);
        check_offer(offer, violations);
        let is_trial = offer.is_some_and(is_free_trial);
        violations.require(!is_trial, "offer.type", "One-time purchase cannot have a trial");
        let reason = self.cancellation_reason.as_ref();
        check_refund(self.refunded_at, self.purchased_at, reason, violations);
        let is_one = self.store_transaction_id == self.store_original_transaction_id;
        let rule =
            "store_transaction_id must be equal to store_original_transaction_id for purchase";
        violations.require(is_one, "store_transaction_id", rule);
        check_id(&self.store_transaction_id, violations);
    }
}
