//! The rules of set transaction, each with its documented answer.

use bytes::Bytes;

use crate::{
    app::{
        purchases::REFUND,
        transaction::{SubscriptionPeriod, Transaction},
    },
    fixtures::transaction_rules as documented,
};

/// A rule that a transaction breaks.
pub(super) struct BrokenRule {
    /// The documented answer.
    pub(super) body: Bytes,
    pub(super) reason: &'static str,
}

/// The first rule that a transaction breaks. Their order is ours: ids, price of a shared purchase, dates of
/// the period, offer, refund.
pub(super) fn broken_rule(transaction: &Transaction) -> Option<BrokenRule> {
    let ids = || {
        let is_one_time = transaction.subscription.is_none();
        broken(
            is_one_time && transaction.id.id != transaction.id.original,
            documented::STORE_TRANSACTION_ID,
            "the two transaction ids of a one-time purchase differ",
        )
    };
    let shared = || {
        broken(
            transaction.is_family_shared && transaction.price != 0.0,
            documented::FAMILY_SHARE_PRICE,
            "what is shared in the family has a price",
        )
    };
    let dates =
        || transaction.subscription.as_ref().and_then(|period| of_period(transaction, period));
    ids()
        .or_else(shared)
        .or_else(dates)
        .or_else(|| of_offer(transaction))
        .or_else(|| of_refund(transaction))
}

fn of_period(transaction: &Transaction, period: &SubscriptionPeriod) -> Option<BrokenRule> {
    let purchased_at = transaction.purchased_at;
    let is_not_later = |date: Option<_>| date.is_some_and(|date| date <= purchased_at);
    let (issue, grace) = (period.billing_issue_detected_at, period.grace_period_expires_at);
    [
        (
            period.originally_purchased_at > purchased_at,
            documented::ORIGINALLY_PURCHASED_DATE,
            "the first purchase is later than this one",
        ),
        (
            is_not_later(Some(period.expires_at)),
            documented::EXPIRES_DATE,
            "the subscription ends no later than it was purchased",
        ),
        (
            is_not_later(period.renew_status_changed_at),
            documented::RENEW_STATUS_CHANGED_DATE,
            "the renewal changed no later than the purchase",
        ),
        (
            is_not_later(issue),
            documented::BILLING_ISSUE_DETECTED_DATE,
            "the billing issue is no later than the purchase",
        ),
        (
            grace.is_some() && issue.is_none(),
            documented::GRACE_PERIOD_BILLING,
            "there is a grace period and no billing issue",
        ),
        (
            grace.is_some_and(|end| end < period.expires_at),
            documented::GRACE_PERIOD_EXPIRES_DATE,
            "the grace period ends before the subscription",
        ),
    ]
    .into_iter()
    .find_map(|(is_broken, body, reason)| broken(is_broken, body, reason))
}

fn of_offer(transaction: &Transaction) -> Option<BrokenRule> {
    let offer = transaction.offer.as_ref()?;
    let is_trial = offer.r#type == "free_trial";
    if is_trial && transaction.subscription.is_none() {
        let reason = "a one-time purchase has a free trial";
        return broken(true, documented::ONE_TIME_PURCHASE_TRIAL, reason);
    }
    let trial_price = broken(
        is_trial && transaction.price != 0.0,
        documented::FREE_TRIAL_PRICE,
        "a free trial has a price; the OpenAPI file's own example of a subscription breaks this rule, too",
    );
    trial_price.or_else(|| {
        broken(
            offer.category != "introductory" && offer.id.is_none(),
            documented::MISSING_OFFER_ID,
            "an offer that is not introductory has no id",
        )
    })
}

fn of_refund(transaction: &Transaction) -> Option<BrokenRule> {
    let is_refund = transaction.cancellation_reason.as_deref() == Some(REFUND);
    let fields = broken(
        is_refund != transaction.refunded_at.is_some(),
        documented::REFUND_FIELDS,
        "refunded_at and the cancellation reason refund are not there together",
    );
    fields.or_else(|| {
        broken(
            transaction.refunded_at.is_some_and(|date| date <= transaction.purchased_at),
            documented::REFUND_DATE,
            "the refund is no later than the purchase",
        )
    })
}

fn broken(is_broken: bool, body: Bytes, reason: &'static str) -> Option<BrokenRule> {
    is_broken.then_some(BrokenRule { body, reason })
}
