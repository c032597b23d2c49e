//! A transaction as its request states it, and what is kept of it.

use adapty_model::time::OffsetDateTime;

use super::{
    currency_code::CurrencyCode,
    private_data::{PrivateData, RecordedTransaction, TransactionId},
    purchases::{Offer, is_of_chain},
};
use crate::raw_json::Object;

/// A transaction as its request states it, all rules kept.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) id: TransactionId,
    pub(crate) environment: String,
    pub(crate) product: String,
    pub(crate) is_family_shared: bool,
    pub(crate) price: f64,
    pub(crate) currency: CurrencyCode,
    pub(crate) purchased_at: OffsetDateTime,
    pub(crate) offer: Option<Offer>,
    pub(crate) refunded_at: Option<OffsetDateTime>,
    pub(crate) cancellation_reason: Option<String>,
    /// `None` is a one-time purchase.
    pub(crate) subscription: Option<SubscriptionPeriod>,
}

/// What only a subscription's transaction states.
#[derive(Debug)]
pub(crate) struct SubscriptionPeriod {
    pub(crate) originally_purchased_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) renew_status: bool,
    pub(crate) renew_status_changed_at: Option<OffsetDateTime>,
    pub(crate) billing_issue_detected_at: Option<OffsetDateTime>,
    pub(crate) grace_period_expires_at: Option<OffsetDateTime>,
}

impl Transaction {
    /// When that happened of which its events tell: the purchase or the refund, or else the change that it
    /// states of the renewal; `None` where it states none.
    pub(super) fn happened_at(&self, is_purchase: bool) -> Option<OffsetDateTime> {
        let bought = is_purchase.then_some(self.purchased_at);
        let renewal = self.subscription.as_ref();
        let changed =
            renewal.and_then(|it| it.billing_issue_detected_at.max(it.renew_status_changed_at));
        self.refunded_at.or(bought).or(changed)
    }

    /// Whether a row states this very transaction.
    pub(super) fn is_stated_by(&self, row: &Object<'_>) -> bool {
        let TransactionId { store, original, id } = &self.id;
        is_of_chain(row, store, original)
            && row.read::<String>("store_transaction_id").as_ref() == Some(id)
    }

    pub(super) fn is_trial(&self) -> bool {
        self.offer.as_ref().is_some_and(|it| it.r#type == "free_trial")
    }
}

impl PrivateData {
    /// What was kept of a transaction when it was set before.
    pub(super) fn recorded(&self, transaction: &Transaction) -> Option<RecordedTransaction> {
        let ids = (transaction.subscription.is_some(), transaction.id.clone());
        self.transactions.get(&ids).copied()
    }

    /// Keeps what is to be kept of a transaction. That it was refunded is for good.
    pub(super) fn record(
        &mut self,
        transaction: &Transaction,
        period_ends_at: Option<OffsetDateTime>,
    ) {
        let before = self.recorded(transaction);
        if before.is_some_and(|before| before.is_refunded) {
            return;
        }
        let period = transaction.subscription.as_ref();
        let recorded = RecordedTransaction {
            price: before.map_or(transaction.price, |before| before.price),
            currency: before.map_or(transaction.currency, |before| before.currency),
            is_refunded: transaction.refunded_at.is_some(),
            period_ends_at,
            grace_period_ends_at: period.and_then(|period| period.grace_period_expires_at),
        };
        let ids = (period.is_some(), transaction.id.clone());
        self.transactions.insert(ids, recorded);
    }
}
