//! What an app keeps of a customer and no answer about the profile shows.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use adapty_model::time::OffsetDateTime;
use serde_json::Value;

use super::{
    currency_code::CurrencyCode, integration_identifiers::IntegrationIdentifiers,
    refund_saver::RefundSaver, wallet::Wallet,
};

/// What it takes of the budget to keep one thing beside its letters.
const OVERHEAD: usize = 64;

/// What an app keeps of a customer and no answer about the profile shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct PrivateData {
    /// Names, e-mail and the like by their wire keys, as create and update profile set them.
    pub(crate) personal: BTreeMap<String, Value>,
    /// Every transaction that was set, by whether it is a subscription's and by its ids: a row tells
    /// only the last of a chain.
    pub(crate) transactions: BTreeMap<(bool, TransactionId), RecordedTransaction>,
    pub(crate) refund_saver: RefundSaver,
    pub(crate) identifiers: Arc<IntegrationIdentifiers>,
    pub(crate) wallet: Arc<Wallet>,
}

/// The ids that name a transaction of a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TransactionId {
    pub(crate) store: String,
    /// The first transaction of the chain of renewals.
    pub(crate) original: String,
    pub(crate) id: String,
}

/// What is kept of a transaction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedTransaction {
    /// What it added to the revenue.
    pub(crate) price: f64,
    pub(crate) currency: CurrencyCode,
    pub(crate) is_refunded: bool,
    /// When the period of a subscription ends, its grace period left aside; `None` never ends, nor does a
    /// one-time purchase.
    pub(crate) period_ends_at: Option<OffsetDateTime>,
    /// When its grace period ends: its row states this in the place of the period's end.
    pub(crate) grace_period_ends_at: Option<OffsetDateTime>,
}

impl PrivateData {
    /// Of whom nothing is kept yet: the same for all of them.
    pub(super) fn none() -> Arc<Self> {
        static NONE: LazyLock<Arc<PrivateData>> = LazyLock::new(Arc::default);
        Arc::clone(&NONE)
    }

    /// What it takes of the server's budget.
    pub(super) fn size(&self) -> usize {
        let personal = self.personal.iter();
        let personal =
            personal.map(|(name, value)| name.len() + value.to_string().len() + OVERHEAD);
        let transactions = self
            .transactions
            .keys()
            .map(|(_, ids)| ids.store.len() + ids.original.len() + ids.id.len() + 3 * OVERHEAD);
        personal.chain(transactions).sum::<usize>() + self.identifiers.size() + self.wallet.size()
    }
}
