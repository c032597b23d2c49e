//! A purchase that is no subscription.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::environment::Environment;
use super::store::Store;
use crate::json;
use crate::json::collection::{Row, read_one_or_more};
use crate::json::object::{ObjectOnly, written_object};

/// One row of a profile's other purchases: something used up, or owned for good.
///
/// What is read has one of its two ids at least.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a purchase object")]
#[non_exhaustive]
pub struct NonSubscription {
    /// Adapty's id of the purchase, by which a backend can tell whether it handled it already.
    ///
    /// Wire: `purchase_id`, a UUID. Always there in the documents; required of a row that has no
    /// [`store_product_id`](Self::store_product_id).
    #[serde(default, with = "json::uuid::option", skip_serializing_if = "Option::is_none")]
    pub purchase_id: Option<Uuid>,

    /// Where the purchase was made.
    ///
    /// Wire: `store`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Store>,

    /// The product's id in the store.
    ///
    /// Wire: `store_product_id`, a string; the key of a dictionary. Always there in the documents;
    /// required of a row that has no [`purchase_id`](Self::purchase_id).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_product_id: Option<String>,

    /// Google's base plan or Stripe's price.
    ///
    /// Wire: `store_base_plan_id`. "None" is `""` in the older pages and `null` in the newer
    /// documents; both are kept as they came.
    pub store_base_plan_id: Option<String>,

    /// The transaction: text, though it looks like a number.
    ///
    /// Wire: `store_transaction_id`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_transaction_id: Option<String>,

    /// The same transaction again, as a single purchase has no chain.
    ///
    /// Wire: `store_original_transaction_id`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_original_transaction_id: Option<String>,

    /// When the purchase was made.
    ///
    /// Wire: `purchased_at`, a date. Always there in the documents.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub purchased_at: Option<OffsetDateTime>,

    /// Real or test purchase; `None` is not stated.
    ///
    /// Wire: `environment`. Always there in the examples, not required by the tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,

    /// Whether the purchase was refunded; `None` is not stated, which is not "no".
    ///
    /// Wire: `is_refund`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_refund: Option<bool>,

    /// Whether the purchase can be used up and bought again; `None` is not stated.
    ///
    /// Wire: `is_consumable`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_consumable: Option<bool>,
}

impl NonSubscription {
    /// A purchase with nothing else stated.
    #[must_use]
    pub fn new(purchase_id: Uuid, store_product_id: impl Into<String>) -> Self {
        Self {
            purchase_id: Some(purchase_id),
            store: None,
            store_product_id: Some(store_product_id.into()),
            store_base_plan_id: None,
            store_transaction_id: None,
            store_original_transaction_id: None,
            purchased_at: None,
            environment: None,
            is_refund: None,
            is_consumable: None,
        }
    }
}

written_object!(NonSubscription);

impl<'de> Deserialize<'de> for NonSubscription {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let purchase = Self::deserialize(ObjectOnly(deserializer))?;
        match purchase {
            Self { purchase_id: None, store_product_id: None, .. } => {
                Err(D::Error::missing_field("purchase_id"))
            }
            _ => Ok(purchase),
        }
    }
}

/// A dictionary of purchases holds an array for each product, as a product can be bought twice.
impl Row for NonSubscription {
    const ID: &'static str = "store_product_id";

    fn read_entry<'de, D>(key: &str, rows: &mut Vec<Self>, value: D) -> Result<(), D::Error>
    where
        D: Deserializer<'de>,
    {
        read_one_or_more(key, rows, value, "a purchase object or an array of them")
    }
}
