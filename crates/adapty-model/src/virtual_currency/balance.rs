//! How much of a currency a customer has.

use serde::{Deserialize, Serialize};

use crate::json;
use crate::json::object::object;

/// How much of one currency a customer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a balance object")]
#[non_exhaustive]
pub struct VirtualCurrencyBalance {
    /// The currency's code. Wire: `code`, a string; required.
    pub code: String,

    /// The currency's name. Wire: `name`, a string. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,

    /// All there is. Wire: `balance`, an integer; required.
    #[serde(deserialize_with = "json::integer::deserialize")]
    pub balance: i64,

    /// What of it is held back; always 0 so far, and `None` is not stated.
    ///
    /// Wire: `held`, an integer. Always there in the documents.
    #[serde(
        default,
        deserialize_with = "json::integer::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub held: Option<i64>,

    /// What of it can be spent; `None` is not stated.
    ///
    /// Wire: `available`, an integer. Always there in the documents.
    #[serde(
        default,
        deserialize_with = "json::integer::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub available: Option<i64>,
}

object!(VirtualCurrencyBalance);

/// All balances of a customer: the answer of virtual currency balances.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with balances")]
#[non_exhaustive]
pub struct VirtualCurrencyBalances {
    /// When the answer was made, in Unix milliseconds by the server's clock.
    ///
    /// Wire: `response_created_at`, an integer. Always there in the documents.
    #[serde(
        default,
        deserialize_with = "json::integer::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub response_created_at: Option<i64>,

    /// A balance a currency; empty where there are none. Wire: `data`, an array; required.
    pub data: Vec<VirtualCurrencyBalance>,
}

object!(VirtualCurrencyBalances);
