//! What a customer has of each virtual currency, and how it came to that.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use adapty_model::time::{Duration, OffsetDateTime};
use bytes::Bytes;
use uuid::Uuid;

use super::currency_transaction::{
    CurrencyAmount, CurrencyTransaction, DoneItem, DoneTransaction, TransactionRefused,
};

/// How long an `Idempotency-Key` is remembered, by the app's time.
const REMEMBERED: Duration = Duration::HOUR;

/// Balances, history and idempotency keys of one customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wallet {
    balances: BTreeMap<String, i32>,
    /// Oldest first.
    history: Vec<Arc<DoneTransaction>>,
    keys: BTreeMap<Uuid, Arc<Remembered>>,
    /// What history and keys take.
    bytes: usize,
}

/// A request that was carried out under a key, and its answer.
#[derive(Debug)]
struct Remembered {
    items: Vec<CurrencyAmount>,
    metadata: Option<BTreeMap<String, String>>,
    answer: Bytes,
    at: OffsetDateTime,
}

impl Remembered {
    fn size(&self) -> usize {
        let items = self.items.iter().map(|item| item.currency_code.len() + 32);
        let metadata = self
            .metadata
            .iter()
            .flatten()
            .map(|(key, value)| key.len() + value.len() + 2 * size_of::<String>());
        items.chain(metadata).sum::<usize>() + self.answer.len() + 128
    }
}

/// What is known of a key.
pub(crate) enum KnownKey {
    /// The same request came before; this was its answer.
    Same(Bytes),
    /// Another request came with it.
    Other,
}

impl Wallet {
    pub(crate) fn balance(&self, code: &str) -> i32 {
        self.balances.get(code).copied().unwrap_or_default()
    }

    /// The transactions, newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Arc<DoneTransaction>> {
        self.history.iter().rev()
    }

    /// What is known of a key at this time.
    pub(crate) fn known_key(
        &self,
        key: Uuid,
        transaction: &CurrencyTransaction,
        now: OffsetDateTime,
    ) -> Option<KnownKey> {
        let known = self.keys.get(&key).filter(|known| now - known.at < REMEMBERED)?;
        // No pairs are no pairs, whether there is an object for them or not.
        let is_same = known.items == transaction.items
            && known.metadata.iter().flatten().eq(transaction.metadata.iter().flatten());
        Some(if is_same { KnownKey::Same(known.answer.clone()) } else { KnownKey::Other })
    }

    /// What it takes of the server's budget.
    pub(super) fn size(&self) -> usize {
        self.balances.keys().map(|code| code.len() + 64).sum::<usize>() + self.bytes
    }

    /// The transaction as it would be carried out; `is_known` tells the app's currencies.
    pub(super) fn check(
        &self,
        transaction: &CurrencyTransaction,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<Vec<DoneItem>, TransactionRefused> {
        if transaction.items.is_empty() {
            return Err(TransactionRefused::Empty);
        }
        let mut codes = BTreeSet::new();
        for (at, item) in transaction.items.iter().enumerate() {
            let code = || item.currency_code.clone();
            if item.amount == 0 {
                return Err(TransactionRefused::AmountZero { at });
            }
            if !is_known(&item.currency_code) {
                return Err(TransactionRefused::UnknownCurrency { at, code: code() });
            }
            if !codes.insert(&item.currency_code) {
                return Err(TransactionRefused::DuplicateCurrency { at, code: code() });
            }
        }
        transaction.items.iter().map(|item| self.check_item(item)).collect()
    }

    fn check_item(&self, item: &CurrencyAmount) -> Result<DoneItem, TransactionRefused> {
        let CurrencyAmount { currency_code, amount } = item.clone();
        match self.balance(&currency_code).checked_add(amount) {
            None => Err(TransactionRefused::BalanceOverflow { code: currency_code }),
            Some(..0) => Err(TransactionRefused::InsufficientBalance { code: currency_code }),
            Some(balance_after) => Ok(DoneItem { currency_code, amount, balance_after }),
        }
    }

    /// Whether a transaction has this id.
    pub(super) fn has(&self, id: Uuid) -> bool {
        self.history.iter().any(|done| done.id == id)
    }

    /// Carries a checked transaction out.
    pub(super) fn add(&mut self, done: Arc<DoneTransaction>) {
        for item in &done.items {
            self.balances.insert(item.currency_code.clone(), item.balance_after);
        }
        self.bytes += done.size();
        self.history.push(done);
    }

    /// Remembers a key and its answer, and forgets those whose hour is over.
    pub(super) fn remember(
        &mut self,
        key: Uuid,
        transaction: &CurrencyTransaction,
        answer: Bytes,
        now: OffsetDateTime,
    ) {
        let bytes = &mut self.bytes;
        self.keys.retain(|_, known| {
            let is_over = now - known.at >= REMEMBERED;
            *bytes -= if is_over { known.size() } else { 0 };
            !is_over
        });
        let CurrencyTransaction { items, metadata, .. } = transaction.clone();
        let remembered = Remembered { items, metadata, answer, at: now };
        self.bytes += remembered.size();
        if let Some(before) = self.keys.insert(key, Arc::new(remembered)) {
            self.bytes -= before.size();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_forgotten_when_its_hour_is_over_and_its_room_is_given_back() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let one = CurrencyTransaction::new([("COINS", 1)]);
        let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut wallet = Wallet::default();
        wallet.remember(first, &one, Bytes::from_static(b"{}"), start);
        let (alone, end) = (wallet.size(), start + Duration::HOUR);
        let last = end - Duration::NANOSECOND;
        assert!(matches!(wallet.known_key(first, &one, last), Some(KnownKey::Same(_))));
        assert!(wallet.known_key(first, &one, end).is_none());
        wallet.remember(second, &one, Bytes::from_static(b"{}"), last);
        assert_eq!((wallet.keys.len(), wallet.size()), (2, 2 * alone));
        wallet.remember(second, &one, Bytes::from_static(b"{}"), end);
        assert_eq!((wallet.keys.len(), wallet.size()), (1, alone));
    }
}
