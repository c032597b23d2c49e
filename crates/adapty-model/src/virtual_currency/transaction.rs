//! What happened to a customer's balances.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::balance::VirtualCurrencyBalance;
use super::transaction_type::VirtualCurrencyTransactionType;
use crate::json;
use crate::json::object::object;
use crate::profile::AttributeValue;

/// What a transaction came to: the answer of create virtual currency transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a transaction and balances")]
#[non_exhaustive]
pub struct CreatedVirtualCurrencyTransaction {
    /// Adapty's id of the transaction. Wire: `transaction_id`, a string; required.
    pub transaction_id: String,

    /// The balances of the currencies it changed, as they are now. Wire: `balances`, an array; required.
    pub balances: Vec<VirtualCurrencyBalance>,
}

object!(CreatedVirtualCurrencyTransaction);

/// A page of a customer's transactions, the newest first: the answer of list virtual currency
/// transactions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a page of transactions")]
#[non_exhaustive]
pub struct VirtualCurrencyTransactionPage {
    /// The page's transactions. Wire: `data`, an array; required.
    pub data: Vec<VirtualCurrencyTransaction>,

    /// What leads to the next page. Wire: `pagination`, an object; required.
    pub pagination: CursorPagination,
}

object!(VirtualCurrencyTransactionPage);

/// What leads to the next page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a pagination object")]
#[non_exhaustive]
pub struct CursorPagination {
    /// What to ask the next page with; `None` where this is the last one.
    ///
    /// Wire: `next_cursor`, opaque text, or `null`.
    pub next_cursor: Option<String>,
}

object!(CursorPagination);

/// One transaction of a customer's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a transaction object")]
#[non_exhaustive]
pub struct VirtualCurrencyTransaction {
    /// Adapty's id of the transaction. Wire: `transaction_id`, a string; required.
    pub transaction_id: String,

    /// What it came from. Wire: `transaction_type`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction_type: Option<VirtualCurrencyTransactionType>,

    /// What it did, currency by currency. Wire: `items`, an array; required.
    pub items: Vec<VirtualCurrencyTransactionItem>,

    /// What was noted about it; `None` where nothing was.
    ///
    /// Wire: `metadata`, an object; absent in some of the examples. The documents write texts; numbers
    /// and flags read as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, AttributeValue>>,

    /// When it was made. Wire: `created_at`, a date. Always there in the documents.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<OffsetDateTime>,
}

object!(VirtualCurrencyTransaction);

/// What a transaction did to one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a currency and an amount")]
#[non_exhaustive]
pub struct VirtualCurrencyTransactionItem {
    /// The currency's code. Wire: `currency_code`, a string; required.
    pub currency_code: String,

    /// What was given, or taken where it is negative. Wire: `amount`, an integer; required.
    #[serde(deserialize_with = "json::integer::deserialize")]
    pub amount: i64,

    /// The balance that was left; `None` is not stated.
    ///
    /// Wire: `balance_after`, an integer. Always there in the documents.
    #[serde(
        default,
        deserialize_with = "json::integer::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub balance_after: Option<i64>,
}

object!(VirtualCurrencyTransactionItem);
