//! A period of a subscription.

use serde::Serialize;
use time::OffsetDateTime;

use super::price::Price;
use super::rules::{check_id, check_offer, check_price, check_refund};
use crate::json;
use crate::profile::{CancellationReason, Environment, Offer, Store};
use crate::validation::Violations;

/// A period of a subscription: the first one, or a renewal.
///
/// The same transaction sent again changes [`billing_issue_detected_at`](Self::billing_issue_detected_at)
/// and [`renew_status_changed_at`](Self::renew_status_changed_at) without a new event; another
/// [`store_transaction_id`](Self::store_transaction_id) under the same original one is a renewal.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SubscriptionPurchase {
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

    /// The transaction of this period.
    ///
    /// Wire: `store_transaction_id`, a string of at most 50 characters; required.
    pub store_transaction_id: String,

    /// The first transaction of the chain of renewals.
    ///
    /// Wire: `store_original_transaction_id`, a string; required. No document limits its length.
    pub store_original_transaction_id: String,

    /// Whether it came from a member of the family. Its price must be 0 then.
    ///
    /// Wire: `is_family_shared`, a boolean; always written, `false` if absent.
    pub is_family_shared: bool,

    /// What the period cost. Wire: `price`, an object; required.
    pub price: Price,

    /// When this period was bought. Wire: `purchased_at`, a date with `Z`; required.
    #[serde(with = "json::date::z")]
    pub purchased_at: OffsetDateTime,

    /// When the first period was bought, at the latest with this one.
    ///
    /// Wire: `originally_purchased_at`, a date with `Z`; required.
    #[serde(with = "json::date::z")]
    pub originally_purchased_at: OffsetDateTime,

    /// When this period ends, later than it was bought.
    ///
    /// Wire: `expires_at`, a date with `Z`; required, and never `null` in the OpenAPI file.
    #[serde(with = "json::date::z")]
    pub expires_at: OffsetDateTime,

    /// Whether it will be renewed. Wire: `renew_status`, a boolean; required.
    pub renew_status: bool,

    /// When that was last changed, later than this period was bought.
    ///
    /// Wire: `renew_status_changed_at`, a date with `Z`, or `null`.
    #[serde(with = "json::date::z::option")]
    pub renew_status_changed_at: Option<OffsetDateTime>,

    /// When a payment failed, later than this period was bought.
    ///
    /// Wire: `billing_issue_detected_at`, a date with `Z`, or `null`.
    #[serde(with = "json::date::z::option")]
    pub billing_issue_detected_at: Option<OffsetDateTime>,

    /// When the grace period after a failed payment ends, not before `expires_at`; goes with
    /// `billing_issue_detected_at`.
    ///
    /// Wire: `grace_period_expires_at`, a date with `Z`, or `null`.
    #[serde(with = "json::date::z::option")]
    pub grace_period_expires_at: Option<OffsetDateTime>,

    /// The variation of the paywall that sold it. Wire: `variation_id`, a string or `null`.
    pub variation_id: Option<String>,

    /// The offer under which the period was bought; a free trial costs 0.
    ///
    /// Wire: `offer`, an object or `null`. Its id is required unless it is introductory.
    pub offer: Option<Offer>,

    /// When the period was refunded, later than it was bought; goes with
    /// [`CancellationReason::Refund`].
    ///
    /// Wire: `refunded_at`, a date with `Z`, or `null`.
    #[serde(with = "json::date::z::option")]
    pub refunded_at: Option<OffsetDateTime>,

    /// Why it will not be renewed, or ended. Wire: `cancellation_reason`, a string or `null`.
    pub cancellation_reason: Option<CancellationReason>,
}

impl SubscriptionPurchase {
    /// The first period of a subscription; [`renewal_of`](Self::renewal_of) makes it a later one.
    pub fn new(
        store: impl Into<Store>,
        store_product_id: impl Into<String>,
        store_transaction_id: impl Into<String>,
        price: Price,
        purchased_at: OffsetDateTime,
        expires_at: OffsetDateTime,
        renew_status: bool,
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
            originally_purchased_at: purchased_at,
            expires_at,
            renew_status,
            renew_status_changed_at: None,
            billing_issue_detected_at: None,
            grace_period_expires_at: None,
            variation_id: None,
            offer: None,
            refunded_at: None,
            cancellation_reason: None,
        }
    }

    /// Makes it a renewal: names the first transaction of the chain, and when that was made.
    #[must_use]
    pub fn renewal_of(
        mut self,
        store_original_transaction_id: impl Into<String>,
        originally_purchased_at: OffsetDateTime,
    ) -> Self {
        self.store_original_transaction_id = store_original_transaction_id.into();
        self.originally_purchased_at = originally_purchased_at;
        self
    }

    /// Tells that the period was refunded at this instant, and the reason with it.
    #[must_use]
    pub fn refunded(mut self, refunded_at: OffsetDateTime) -> Self {
        self.refunded_at = Some(refunded_at);
        self.cancellation_reason = Some(CancellationReason::Refund);
        self
    }

    pub(super) fn check(&self, violations: &mut Violations) {
        let offer = self.offer.as_ref();
        let is_later =
            |date: Option<OffsetDateTime>| date.is_none_or(|date| date > self.purchased_at);
        let rule = "billing_issue_detected_at must be later than purchased_at";
        let is_in_order = is_later(self.billing_issue_detected_at);
        violations.require(is_in_order, "billing_issue_detected_at", rule);
        let rule = "expires_at must be later than purchased_at";
        violations.require(self.expires_at > self.purchased_at, "expires_at", rule);
        check_price(&self.price, self.is_family_shared, offer, violations);
        let grace = self.grace_period_expires_at;
        let has_reason = grace.is_none() || self.billing_issue_detected_at.is_some();
        let rule = "If grace_period_expires_at is specified, billing_issue_detected_at must also be specified";
        violations.require(has_reason, "grace_period_expires_at", rule);
        let is_in_order = grace.is_none_or(|grace| grace >= self.expires_at);
        let rule = "grace_period_expires_at must be later or equal to expires_at";
        violations.require(is_in_order, "grace_period_expires_at", rule);
        check_offer(offer, violations);
        let is_in_order = self.originally_purchased_at <= self.purchased_at;
        let rule = "originally_purchased_at must be earlier than or equal to purchased_at";
        violations.require(is_in_order, "originally_purchased_at", rule);
        let reason = self.cancellation_reason.as_ref();
        check_refund(self.refunded_at, self.purchased_at, reason, violations);
        let is_in_order = is_later(self.renew_status_changed_at);
        let rule = "renew_status_changed_at must be later than purchased_at";
        violations.require(is_in_order, "renew_status_changed_at", rule);
        check_id(&self.store_transaction_id, violations);
    }
}
