//! What a transaction does to one currency.

use std::num::NonZeroI32;

use serde::{Deserialize, Serialize};

use crate::json::object::object;

/// What a transaction does to a customer's balance in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an object with a currency and an amount")]
#[non_exhaustive]
pub struct VirtualCurrencyChange {
    /// The currency, by the code it has in the Adapty Dashboard. Wire: `currency_code`; required.
    pub currency_code: String,

    /// What is given, or taken where it is negative.
    ///
    /// Wire: `amount`, an integer of 32 bits other than 0; required.
    pub amount: NonZeroI32,
}

impl VirtualCurrencyChange {
    /// A change from its two fields.
    pub fn new(currency_code: impl Into<String>, amount: NonZeroI32) -> Self {
        Self { currency_code: currency_code.into(), amount }
    }
}

object!(VirtualCurrencyChange);
