//! What a purchase cost.

use serde::{Deserialize, Serialize};

use crate::json;
use crate::json::object::object;

/// What a purchase cost, where and in what. A first purchase for 0 is a free trial, a renewal for 0 a
/// free renewal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a price object")]
#[non_exhaustive]
pub struct Price {
    /// The country of the purchase. Wire: `country`, two letters (ISO 3166-1 alpha-2); required.
    pub country: String,

    /// The currency. Wire: `currency`, three letters (ISO 4217); required.
    pub currency: String,

    /// The amount in the currency's main unit, such as dollars.
    ///
    /// Wire: `value`, a number; required. NaN and infinities cannot be written.
    #[serde(with = "json::float")]
    pub value: f64,
}

impl Price {
    /// A price from its three fields.
    pub fn new(country: impl Into<String>, currency: impl Into<String>, value: f64) -> Self {
        Self { country: country.into(), currency: currency.into(), value }
    }
}

object!(Price);
