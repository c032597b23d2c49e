//! Reading a purchase of either kind.
//!
//! serde's own way with a tag that stands among the fields copies the whole object first, and its
//! errors no longer know their places. So all fields are read at once, and what the kind requires is
//! asked for afterwards.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Unexpected, Visitor};
use time::OffsetDateTime;

use super::{OneTimePurchase, Price, SubscriptionPurchase, Transaction};
use crate::json;
use crate::json::object::ObjectOnly;
use crate::profile::{CancellationReason, Environment, Offer, Store};

#[derive(Deserialize)]
#[serde(expecting = "a transaction object")]
struct AnyPurchase {
    purchase_type: PurchaseType,
    store: Store,
    environment: Option<Environment>,
    store_product_id: String,
    store_transaction_id: String,
    store_original_transaction_id: String,
    is_family_shared: Option<bool>,
    price: Price,
    #[serde(with = "json::date")]
    purchased_at: OffsetDateTime,
    #[serde(default, with = "json::date::option")]
    originally_purchased_at: Option<OffsetDateTime>,
    #[serde(default, with = "json::date::option")]
    expires_at: Option<OffsetDateTime>,
    renew_status: Option<bool>,
    #[serde(default, with = "json::date::option")]
    renew_status_changed_at: Option<OffsetDateTime>,
    #[serde(default, with = "json::date::option")]
    billing_issue_detected_at: Option<OffsetDateTime>,
    #[serde(default, with = "json::date::option")]
    grace_period_expires_at: Option<OffsetDateTime>,
    variation_id: Option<String>,
    offer: Option<Offer>,
    #[serde(default, with = "json::date::option")]
    refunded_at: Option<OffsetDateTime>,
    cancellation_reason: Option<CancellationReason>,
}

impl<'de> Deserialize<'de> for Transaction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let any = AnyPurchase::deserialize(ObjectOnly(deserializer))?;
        match any.purchase_type {
            PurchaseType::OneTimePurchase => Ok(any.into_one_time_purchase().into()),
            PurchaseType::Subscription => any.into_subscription().map(Self::from),
        }
    }
}

impl AnyPurchase {
    fn into_one_time_purchase(self) -> OneTimePurchase {
        OneTimePurchase {
            store: self.store,
            environment: self.environment,
            store_product_id: self.store_product_id,
            store_transaction_id: self.store_transaction_id,
            store_original_transaction_id: self.store_original_transaction_id,
            is_family_shared: self.is_family_shared.unwrap_or(false),
            price: self.price,
            purchased_at: self.purchased_at,
            variation_id: self.variation_id,
            offer: self.offer,
            refunded_at: self.refunded_at,
            cancellation_reason: self.cancellation_reason,
        }
    }

    fn into_subscription<E: de::Error>(self) -> Result<SubscriptionPurchase, E> {
        let missing = E::missing_field;
        Ok(SubscriptionPurchase {
            store: self.store,
            environment: self.environment,
            store_product_id: self.store_product_id,
            store_transaction_id: self.store_transaction_id,
            store_original_transaction_id: self.store_original_transaction_id,
            is_family_shared: self.is_family_shared.unwrap_or(false),
            price: self.price,
            purchased_at: self.purchased_at,
            originally_purchased_at: self
                .originally_purchased_at
                .ok_or_else(|| missing("originally_purchased_at"))?,
            expires_at: self.expires_at.ok_or_else(|| missing("expires_at"))?,
            renew_status: self.renew_status.ok_or_else(|| missing("renew_status"))?,
            renew_status_changed_at: self.renew_status_changed_at,
            billing_issue_detected_at: self.billing_issue_detected_at,
            grace_period_expires_at: self.grace_period_expires_at,
            variation_id: self.variation_id,
            offer: self.offer,
            refunded_at: self.refunded_at,
            cancellation_reason: self.cancellation_reason,
        })
    }
}

enum PurchaseType {
    OneTimePurchase,
    Subscription,
}

impl<'de> Deserialize<'de> for PurchaseType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = PurchaseType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one_time_purchase or subscription")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PurchaseType, E> {
                match text {
                    "one_time_purchase" => Ok(PurchaseType::OneTimePurchase),
                    "subscription" => Ok(PurchaseType::Subscription),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_str(Text)
    }
}
