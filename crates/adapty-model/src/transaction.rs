//! A purchase to be recorded: what set transaction is told.

mod one_time_purchase;
mod subscription_purchase;
mod price;
mod rules;
mod any_purchase;

use serde::Serialize;

pub use self::one_time_purchase::OneTimePurchase;
pub use self::price::Price;
pub use self::subscription_purchase::SubscriptionPurchase;
use crate::json::{ReadError, read};
use crate::validation::{ValidationError, Violations};

/// A purchase of either kind: the body of set transaction.
///
/// Wire: `purchase_type`, `one_time_purchase` or `subscription`, beside the fields of the purchase.
/// What the documents let be `null` is written as `null` where it is `None`, as in their examples;
/// read, absent is `None` too.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "purchase_type")]
pub enum Transaction {
    /// Something bought once.
    #[serde(rename = "one_time_purchase")]
    OneTimePurchase(OneTimePurchase),
    /// A period of a subscription.
    #[serde(rename = "subscription")]
    Subscription(SubscriptionPurchase),
}

impl Transaction {
    /// Reads the body of set transaction, and names the field at fault where it cannot.
    ///
    /// # Errors
    ///
    /// - The body is not UTF-8, not JSON, or no object.
    /// - `purchase_type` is neither of the two, or a field that its kind requires is missing or `null`.
    /// - A field is there twice, has a type that no document shows for it, or is no date where it should
    ///   be one.
    pub fn from_json(body: &[u8]) -> Result<Self, ReadError> {
        read(body)
    }

    /// Holds the purchase against the documents' rules, in the order and the words of their table of
    /// errors; besides: `store_transaction_id` has at most 50 characters, an offer has a category and a
    /// type, a country has two letters and a currency three.
    ///
    /// # Errors
    ///
    /// Every rule that is broken, and where.
    pub fn validate(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        match self {
            Self::OneTimePurchase(purchase) => purchase.check(&mut violations),
            Self::Subscription(purchase) => purchase.check(&mut violations),
        }
        violations.finish()
    }
}

impl From<OneTimePurchase> for Transaction {
    fn from(purchase: OneTimePurchase) -> Self {
        Self::OneTimePurchase(purchase)
    }
}

impl From<SubscriptionPurchase> for Transaction {
    fn from(purchase: SubscriptionPurchase) -> Self {
        Self::Subscription(purchase)
    }
}
