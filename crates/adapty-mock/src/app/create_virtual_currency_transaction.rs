//! What a transaction of virtual currencies changes, and what a test does with them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use adapty_model::Identity;
use bytes::Bytes;
use serde::Serialize;
use uuid::Uuid;

use super::{
    App,
    currencies::{Balance, Currency, CurrencyRefusal},
    currency_transaction::{CurrencyTransaction, DoneTransaction, TransactionRefused},
    possible,
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

/// Virtual currencies.
impl App {
    /// The app's virtual currencies; at first those of the documents' examples.
    #[must_use]
    pub fn currencies(&self) -> Vec<Currency> {
        self.command(|state| state.currencies.all.to_vec())
    }

    /// Sets the app's virtual currencies. Balances of others are kept, and not shown.
    ///
    /// # Panics
    ///
    /// When a code is empty, longer than 256 bytes or there twice; when there are more than 1000.
    #[track_caller]
    pub fn set_currencies(&self, currencies: impl IntoIterator<Item = Currency>) {
        let currencies = currencies.into_iter().collect();
        possible(self.command(|state| state.currencies.set(currencies)));
    }

    /// Switches virtual currencies on, as they are at first, or off: then every call of theirs is
    /// answered with the documented 403 `feature_not_enabled`.
    pub fn enable_currencies(&self, enabled: bool) {
        self.command(|state| state.currencies.are_enabled = enabled);
    }

    /// Limits transactions to the documented 600 a minute, or not, as at first. One too many gets a 429
    /// with `Retry-After`.
    pub fn limit_currency_transactions(&self, limited: bool) {
        self.command(|state| state.currencies.limit(limited));
    }

    /// Refuses the next transactions that are well-formed, one with each refusal, in the place of what
    /// was prepared before.
    ///
    /// # Panics
    ///
    /// When there are more than 1000.
    #[track_caller]
    pub fn refuse_currency_transactions(
        &self,
        refusals: impl IntoIterator<Item = CurrencyRefusal>,
    ) {
        let refusals: VecDeque<_> = refusals.into_iter().collect();
        possible(self.command(|state| state.currencies.refuse(refusals)));
    }

    /// Carries out a transaction beside the API, such as a purchase; gives its id.
    ///
    /// # Panics
    ///
    /// When there is no such profile, or the transaction is refused; the message says why, in the words
    /// of the API's own refusal.
    #[track_caller]
    pub fn add_currency_transaction(
        &self,
        identity: impl Into<Identity>,
        transaction: &CurrencyTransaction,
    ) -> Uuid {
        match self.try_currency_transaction(&identity.into(), transaction) {
            Some(Ok(id)) => id,
            Some(Err(refused)) => panic!("{refused}"),
            None => panic!("no profile of this app has this id"),
        }
    }

    /// What a customer has of each currency by its code; `None` where no such profile is.
    #[must_use]
    pub fn currency_balances(
        &self,
        identity: impl Into<Identity>,
    ) -> Option<BTreeMap<String, i32>> {
        self.command(|state| {
            let wallet = &state.profiles().get(&identity.into())?.private.wallet;
            let codes = state.currencies.all.iter().map(|currency| &currency.code);
            Some(codes.map(|code| (code.clone(), wallet.balance(code))).collect())
        })
    }

    pub(crate) fn try_currency_transaction(
        &self,
        identity: &Identity,
        transaction: &CurrencyTransaction,
    ) -> Option<Result<Uuid, TransactionRefused>> {
        self.command(|state| {
            let stored = Arc::clone(state.profiles().get(identity)?);
            let created = state.create_currency_transaction(&stored, transaction, None);
            Some(created.map(|(id, _)| id))
        })
    }
}
