//! Create virtual currency transaction: coins given or taken.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroI32;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::operation::Operation;
use super::spec::{Repeat, Spec};
use super::table;
use crate::identity::Identity;
use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};
use crate::validation::{ValidationError, Violations, is_within};
use crate::virtual_currency::{CreatedVirtualCurrencyTransaction, VirtualCurrencyChange};

/// Changes a customer's balances: in all the currencies it names, or in none.
///
/// With an [`idempotency_key`](Self::idempotency_key) it may be sent again, and is carried out once;
/// without one it is not sent again once the server may have seen it.
///
/// Refused with [`Meaning::InsufficientBalance`](super::Meaning::InsufficientBalance),
/// [`FeatureNotEnabled`](super::Meaning::FeatureNotEnabled),
/// [`IdempotencyInFlight`](super::Meaning::IdempotencyInFlight) or
/// [`DuplicateSourceTransaction`](super::Meaning::DuplicateSourceTransaction), as these say.
///
/// `POST /api/v2/server-side-api/vc/transactions/`, answered with a bare object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a transaction")]
#[non_exhaustive]
pub struct CreateVirtualCurrencyTransaction {
    /// Whose balances.
    pub identity: Identity,

    /// What becomes of them, 1 to 20 currencies, each once.
    ///
    /// Wire: `items`, an array.
    pub items: Vec<VirtualCurrencyChange>,

    /// What to note about it: at most 5 keys of 1 to 30 small letters, digits and `_`, with values of at
    /// most 200 characters.
    ///
    /// Wire: `metadata`, an object; left out if empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,

    /// What makes a second request the same one, for up to an hour and per profile; `None` is no key.
    ///
    /// Wire: the header `Idempotency-Key`, a UUID of version 4.
    #[serde(default, with = "json::uuid::option", skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<Uuid>,
}

impl CreateVirtualCurrencyTransaction {
    /// Gives this amount of one currency, or takes it where it is negative.
    pub fn new(
        identity: impl Into<Identity>,
        currency_code: impl Into<String>,
        amount: NonZeroI32,
    ) -> Self {
        Self {
            identity: identity.into(),
            items: vec![VirtualCurrencyChange::new(currency_code, amount)],
            metadata: BTreeMap::new(),
            idempotency_key: None,
        }
    }

    /// Gives or takes one more currency, in the same transaction.
    #[must_use]
    pub fn and(mut self, currency_code: impl Into<String>, amount: NonZeroI32) -> Self {
        self.items.push(VirtualCurrencyChange::new(currency_code, amount));
        self
    }

    /// Notes one more thing about it.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }

    /// Makes every request with this key the same one. The caller makes it, a random one for each
    /// transaction: this crate has no randomness.
    #[must_use]
    pub fn idempotency_key(mut self, key: Uuid) -> Self {
        self.idempotency_key = Some(key);
        self
    }

    fn check_items(&self, violations: &mut Violations) {
        let is_some = !self.items.is_empty();
        violations.require(is_some, "items", "at least one currency must be given");
        let is_few = self.items.len() <= 20;
        violations.require(is_few, "items", "at most 20 currencies can be given");
        let mut seen = HashSet::new();
        for (position, item) in self.items.iter().enumerate() {
            let path = format_args!("items[{position}].currency_code");
            let is_first = seen.insert(&item.currency_code);
            violations.require(is_first, path, "a currency can be given once only");
        }
    }

    fn check_metadata(&self, violations: &mut Violations) {
        let is_few = self.metadata.len() <= 5;
        violations.require(is_few, "metadata", "at most 5 keys can be given");
        for (position, (key, value)) in self.metadata.iter().enumerate() {
            let path = format_args!("metadata[{position}]");
            let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
            let is_key = (1..=30).contains(&key.len()) && key.bytes().all(is_plain);
            let rule = "a key has 1 to 30 small letters, digits and '_'";
            violations.require(is_key, path, rule);
            let rule = "a value has at most 200 characters";
            violations.require(is_within(value, 200), path, rule);
        }
    }
}

object!(CreateVirtualCurrencyTransaction);

#[derive(Serialize)]
struct Body<'a> {
    items: &'a [VirtualCurrencyChange],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'a BTreeMap<String, String>,
}

impl Operation for CreateVirtualCurrencyTransaction {
    type Answer = CreatedVirtualCurrencyTransaction;

    const SPEC: Spec = table::CREATE_VIRTUAL_CURRENCY_TRANSACTION;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        self.idempotency_key.map(|key| ("idempotency-key", key.to_string())).into_iter().collect()
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        json::write(&Body { items: &self.items, metadata: &self.metadata }).map(Some)
    }

    /// 1 to 20 currencies, each once; the limits of metadata; a key of version 4. An amount of 0 cannot
    /// be said.
    fn validate(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        self.check_items(&mut violations);
        self.check_metadata(&mut violations);
        let is_random = self.idempotency_key.is_none_or(|key| key.get_version_num() == 4);
        violations.require(is_random, "Idempotency-Key", "must be a UUID of version 4");
        violations.finish()
    }

    /// A key makes a second request the first one.
    fn repeat(&self) -> Repeat {
        match self.idempotency_key {
            Some(_) => Repeat::NotAfter500,
            None => Repeat::OnlyIfUnseen,
        }
    }

    fn read(&self, body: &[u8]) -> Result<CreatedVirtualCurrencyTransaction, ReadError> {
        json::read(body)
    }
}
