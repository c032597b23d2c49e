//! Virtual currencies.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use adapty_model::Identity;
use uuid::Uuid;

use crate::app::{
    App,
    currencies::{Currency, CurrencyRefusal},
    currency_transaction::{CurrencyTransaction, TransactionRefused},
    possible,
};

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
    /// - When a code is empty, longer than 256 bytes or there twice, or a name is longer than 256 bytes.
    /// - When there are more than 1000, or the server holds all the bytes it may.
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
        self.command(|state| {
            let now = state.now();
            state.currencies.limit(limited, now);
        });
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
