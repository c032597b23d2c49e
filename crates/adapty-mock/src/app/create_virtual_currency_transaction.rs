//! What a transaction of virtual currencies changes.

use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use uuid::Uuid;

use super::{
    currencies::Balance,
    currency_transaction::{CurrencyTransaction, DoneTransaction, TransactionRefused},
    profile::StoredProfile,
    state::State,
};
use crate::reply::laid_out;

impl State {
    /// What a customer has of each of the app's currencies, in their order.
    pub(crate) fn balances(&self, stored: &StoredProfile) -> Vec<Balance> {
        let wallet = &stored.private.wallet;
        let all = self.currencies.all.iter();
        all.map(|currency| Balance::new(currency, wallet.balance(&currency.code))).collect()
    }

    /// Carries out a transaction, whole or not at all, and remembers it under its key if it has one.
    /// Gives its id and the answer.
    pub(crate) fn create_currency_transaction(
        &mut self,
        stored: &StoredProfile,
        transaction: &CurrencyTransaction,
        key: Option<Uuid>,
    ) -> Result<(Uuid, Bytes), TransactionRefused> {
        #[derive(Serialize)]
        struct Answer {
            transaction_id: Uuid,
            balances: Vec<Balance>,
        }

        let wallet = &stored.private.wallet;
        let items = wallet.check(transaction, |code| self.currencies.get(code).is_some())?;
        if transaction.transaction_id.is_some_and(|id| wallet.has(id)) {
            return Err(TransactionRefused::DuplicateId);
        }
        let now = self.now();
        let id = transaction.transaction_id.unwrap_or_else(|| self.currencies.next_id(now));
        let balances = items.iter().filter_map(|item| {
            let currency = self.currencies.get(&item.currency_code)?;
            Some(Balance::new(currency, item.balance_after))
        });
        let answer = laid_out(&Answer { transaction_id: id, balances: balances.collect() });
        let done = Arc::new(DoneTransaction {
            id,
            transaction_type: transaction.transaction_type.clone(),
            items,
            metadata: transaction.metadata.clone(),
            created_at: transaction.created_at.unwrap_or(now),
        });
        let changed = self.change_private(stored, |private| {
            let wallet = Arc::make_mut(&mut private.wallet);
            wallet.add(done);
            if let Some(key) = key {
                wallet.remember(key, transaction, answer.clone(), now);
            }
        });
        changed.map_err(TransactionRefused::NoRoom)?;
        Ok((id, answer))
    }
}
