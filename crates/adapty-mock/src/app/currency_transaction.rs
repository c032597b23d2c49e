//! A transaction of virtual currencies, before and after it is carried out.

use std::{collections::BTreeMap, fmt};

use adapty_model::time::OffsetDateTime;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use uuid::Uuid;

use crate::{budget::OverBudget, dates};

/// A transaction of virtual currencies to carry out: all of it or nothing.
///
/// As JSON for `/__admin/currencies` only `items` are needed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CurrencyTransaction {
    /// What is added and, with a minus, taken: each currency once.
    pub items: Vec<CurrencyAmount>,
    /// What the history says it was, such as `store_purchase`; `dashboard_transaction` unless said.
    #[serde(default = "dashboard")]
    pub transaction_type: String,
    /// What the history shows beside it; `None` is absent there.
    #[serde(default)]
    pub metadata: Option<BTreeMap<String, String>>,
    /// Its id; `None` is one made for it, a UUID of version 7.
    #[serde(default)]
    pub transaction_id: Option<Uuid>,
    /// When it was; `None` is now, by the app's time. The order of the history is that of the calls.
    #[serde(default, deserialize_with = "date")]
    pub created_at: Option<OffsetDateTime>,
}

impl CurrencyTransaction {
    /// A transaction of these currencies and amounts.
    ///
    /// ```
    /// use adapty_mock::CurrencyTransaction;
    ///
    /// let bonus = CurrencyTransaction::new([("COINS", 500), ("GEMS", 3)]);
    /// assert_eq!(bonus.transaction_type, "dashboard_transaction");
    /// ```
    #[must_use]
    pub fn new<C: Into<String>>(items: impl IntoIterator<Item = (C, i32)>) -> Self {
        let amount = |(code, amount): (C, i32)| CurrencyAmount::new(code, amount);
        Self {
            items: items.into_iter().map(amount).collect(),
            transaction_type: dashboard(),
            metadata: None,
            transaction_id: None,
            created_at: None,
        }
    }

    /// The same transaction with another type.
    #[must_use]
    pub fn of_type(mut self, transaction_type: impl Into<String>) -> Self {
        self.transaction_type = transaction_type.into();
        self
    }
}

/// How much of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CurrencyAmount {
    /// The currency's code.
    pub currency_code: String,
    /// What is added, or with a minus taken; never 0.
    pub amount: i32,
}

impl CurrencyAmount {
    /// So much of a currency.
    #[must_use]
    pub fn new(currency_code: impl Into<String>, amount: i32) -> Self {
        Self { currency_code: currency_code.into(), amount }
    }
}

fn dashboard() -> String {
    "dashboard_transaction".to_owned()
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let date = |text: String| dates::read(&text).ok_or("is not a date with time and zone");
    text.map(date).transpose().map_err(D::Error::custom)
}

/// A transaction that was carried out.
#[derive(Debug)]
pub(crate) struct DoneTransaction {
    pub(crate) id: Uuid,
    pub(crate) transaction_type: String,
    pub(crate) items: Vec<DoneItem>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    pub(crate) created_at: OffsetDateTime,
}

/// What a transaction did to one currency.
#[derive(Debug, Serialize)]
pub(crate) struct DoneItem {
    pub(crate) currency_code: String,
    pub(crate) amount: i32,
    pub(crate) balance_after: i32,
}

impl DoneTransaction {
    /// What it takes of the server's budget.
    pub(super) fn size(&self) -> usize {
        let items = self.items.iter().map(|item| item.currency_code.len() + size_of::<DoneItem>());
        let metadata = self
            .metadata
            .iter()
            .flatten()
            .map(|(key, value)| key.len() + value.len() + 2 * size_of::<String>());
        items.chain(metadata).sum::<usize>() + self.transaction_type.len() + 256
    }

    /// When it was, as the history says it.
    pub(crate) fn created_at(&self) -> String {
        dates::write_seconds(self.created_at)
    }

    /// The cursor of what is older: as in the documented one, date and id in base64.
    pub(crate) fn cursor(&self) -> String {
        base64(format!("{}{}", self.created_at(), self.id).as_bytes())
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| three.get(at).map_or(0, |byte| u32::from(*byte));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 0x3f;
            let is_there = digit <= three.len();
            text.push(if is_there { char::from(DIGITS[value as usize]) } else { '=' });
        }
    }
    text
}

/// Why a transaction is not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TransactionRefused {
    Empty,
    AmountZero {
        at: usize,
    },
    UnknownCurrency {
        at: usize,
        code: String,
    },
    DuplicateCurrency {
        at: usize,
        code: String,
    },
    InsufficientBalance {
        code: String,
    },
    BalanceOverflow {
        code: String,
    },
    /// The id that was given is in the history already.
    DuplicateId,
    NoRoom(OverBudget),
}

impl fmt::Display for TransactionRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("items are empty"),
            Self::AmountZero { at } => write!(f, "items[{at}].amount is 0"),
            Self::UnknownCurrency { at, code } => {
                write!(f, "items[{at}].currency_code: the app has no currency {code}")
            }
            Self::DuplicateCurrency { at, code } => {
                write!(f, "items[{at}].currency_code: {code} is there twice")
            }
            Self::InsufficientBalance { code } => {
                write!(f, "Insufficient balance for currency {code}")
            }
            Self::BalanceOverflow { code } => {
                write!(f, "an amount or the balance of currency {code} is beyond 32 bits")
            }
            Self::DuplicateId => f.write_str("transaction_id: the history has it already"),
            Self::NoRoom(over) => over.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_the_examples_of_its_rfc() {
        let texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let encoded = ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"];
        assert_eq!(texts.map(|text| base64(text.as_bytes())), encoded);
    }
}
