//! An app's virtual currencies: which there are, whether they are on, and the transactions.
//!
//! The codes are those of the documents' examples; the names of `GOLD` and `SILVER` are ours, and so is
//! that every customer has a balance of every currency, at first 0. Of the two documented limits the one
//! an app, 600 a minute, can be switched on; that of 6 000 a minute for all apps together is not there.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    hash::{BuildHasher, RandomState},
    ops::Deref,
    sync::{Arc, LazyLock},
};

use adapty_model::time::OffsetDateTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::rate_limit::{RateLimit, RateLimiter, TooManyRequests};
use crate::{
    budget::{Budget, NotKept, Reservation},
    rng::Rng,
};

/// How many transactions a minute an app may make where the limit is on.
const A_MINUTE: u32 = 600;
/// How many currencies one app may have, and how many refusals may be prepared.
pub(crate) const LIMIT: usize = 1_000;
/// What a currency takes of the budget beside its code and its name.
const OVERHEAD: usize = 128;

/// How long a currency's code may be, in bytes.
pub(crate) const LONGEST_CODE: usize = 256;
/// How long its name may be, in bytes.
const LONGEST_NAME: usize = 256;

/// A virtual currency of an app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Currency {
    /// Its code, such as `COINS`, as transactions name it; 1 to 256 bytes.
    pub code: String,
    /// Its name, as balances show it; at most 256 bytes.
    pub name: String,
}

impl Currency {
    /// A currency with this code and this name.
    #[must_use]
    pub fn new(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { code: code.into(), name: name.into() }
    }
}

/// A refusal of a transaction that comes of what else goes on in Adapty, and so has to be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CurrencyRefusal {
    /// A request with the same key is under way: the documented 409, with `Retry-After: 1`.
    IdempotencyInFlight,
    /// Another transaction came of the same source: 409 with the documented code (the words are ours).
    DuplicateSourceTransaction,
}

/// Currencies, and their room as long as anybody has them; the examples take none.
#[derive(Debug)]
pub(crate) struct CurrencyList {
    currencies: Vec<Currency>,
    _room: Option<Reservation>,
}

impl Deref for CurrencyList {
    type Target = [Currency];

    fn deref(&self) -> &[Currency] {
        &self.currencies
    }
}

static EXAMPLES: LazyLock<Arc<CurrencyList>> = LazyLock::new(|| {
    let examples = [
        ("COINS", "Gold Coins"),
        ("GEMS", "Gems"),
        ("ENERGY", "Energy"),
        ("GOLD", "Gold"),
        ("SILVER", "Silver"),
    ];
    let currencies = examples.map(|(code, name)| Currency::new(code, name)).to_vec();
    Arc::new(CurrencyList { currencies, _room: None })
});

/// The virtual currencies of an app.
pub(crate) struct Currencies {
    pub(crate) all: Arc<CurrencyList>,
    budget: Arc<Budget>,
    pub(crate) are_enabled: bool,
    /// What the next transactions are refused with.
    pub(crate) refusals: VecDeque<CurrencyRefusal>,
    limiter: Option<RateLimiter>,
    ids: TransactionIds,
}

impl Currencies {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            all: Arc::clone(&EXAMPLES),
            budget: Arc::clone(budget),
            are_enabled: true,
            refusals: VecDeque::new(),
            limiter: None,
            ids: TransactionIds::new(),
        }
    }

    pub(super) fn get(&self, code: &str) -> Option<&Currency> {
        self.all.iter().find(|currency| currency.code == code)
    }

    /// The id of the next transaction.
    pub(super) fn next_id(&mut self, now: OffsetDateTime) -> Uuid {
        self.ids.next(now)
    }

    /// Whether transactions are limited.
    pub(crate) fn are_limited(&self) -> bool {
        self.limiter.is_some()
    }

    pub(crate) fn limit(&mut self, limited: bool, now: OffsetDateTime) {
        self.limiter = limited.then(|| RateLimiter::new(RateLimit::a_minute(A_MINUTE), now));
    }

    /// Counts a transaction; an error is one too many.
    pub(crate) fn count(&mut self, now: OffsetDateTime) -> Result<(), TooManyRequests> {
        self.limiter.as_mut().map_or(Ok(()), |limiter| limiter.count(now))
    }

    /// Sets the currencies, all or none.
    pub(crate) fn set(&mut self, all: Vec<Currency>) -> Result<(), NotKept> {
        if all.len() > LIMIT {
            return Err(format!("currencies: an app has at most {LIMIT}").into());
        }
        let mut codes = HashSet::new();
        for (at, Currency { code, name }) in all.iter().enumerate() {
            if code.is_empty() || code.len() > LONGEST_CODE {
                let what = format!("currencies[{at}].code: has not 1 to {LONGEST_CODE} bytes");
                return Err(what.into());
            }
            if name.len() > LONGEST_NAME {
                let what = format!("currencies[{at}].name: is longer than {LONGEST_NAME} bytes");
                return Err(what.into());
            }
            if !codes.insert(code) {
                return Err(format!("currencies[{at}].code: {code} is there twice").into());
            }
        }
        let texts = all.iter().map(|currency| currency.code.len() + currency.name.len());
        let room = self.budget.reserve(texts.map(|length| length + OVERHEAD).sum())?;
        self.all = Arc::new(CurrencyList { currencies: all, _room: Some(room) });
        Ok(())
    }

    /// Sets what the next transactions are refused with.
    pub(crate) fn refuse(&mut self, refusals: VecDeque<CurrencyRefusal>) -> Result<(), String> {
        if refusals.len() > LIMIT {
            return Err(format!("refuse: an app holds at most {LIMIT}"));
        }
        self.refusals = refusals;
        Ok(())
    }
}

/// What a customer has of one currency, as answers state it.
#[derive(Serialize)]
pub(crate) struct Balance {
    code: String,
    name: String,
    balance: i32,
    /// The documents say that it is always 0 for now.
    held: i32,
    available: i32,
}

impl Balance {
    pub(super) fn new(Currency { code, name }: &Currency, balance: i32) -> Self {
        let (code, name) = (code.clone(), name.clone());
        Self { code, name, balance, held: 0, available: balance }
    }
}

/// Makes ids shaped like UUIDs of version 7, each greater than the one before.
struct TransactionIds {
    /// Milliseconds, and 12 bits that count within one.
    last: u64,
    rng: Rng,
}

impl TransactionIds {
    fn new() -> Self {
        Self { last: 0, rng: Rng::new(RandomState::new().hash_one("transactions")) }
    }

    fn next(&mut self, now: OffsetDateTime) -> Uuid {
        let now = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
        self.last = (now << 12).max(self.last + 1);
        let (milliseconds, counter) = (u128::from(self.last >> 12), u128::from(self.last & 0xfff));
        let random = u128::from(self.rng.number() >> 2);
        Uuid::from_u128(milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random)
    }
}

impl fmt::Debug for Currencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Currencies").field("all", &self.all).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_stands_or_goes_back() {
        let mut ids = TransactionIds::new();
        let start = OffsetDateTime::UNIX_EPOCH + adapty_model::time::Duration::days(20_000);
        let mut last = ids.next(start);
        for n in 0..10_000 {
            let next = ids.next(start - adapty_model::time::Duration::seconds(n % 3));
            assert!(next > last, "{next} {last}");
            assert_eq!((next.get_version_num(), next.get_variant()), (7, uuid::Variant::RFC4122));
            last = next;
        }
    }
}
