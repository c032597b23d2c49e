//! The body of set transaction.

use serde_json::Value;

use super::{fields::Fields, profile_fields::is_country};
use crate::{
    app::{
        currency_code::CurrencyCode,
        private_data::TransactionId,
        purchases::Offer,
        transaction::{SubscriptionPeriod, Transaction},
    },
    reply::Reply,
};

const TRANSACTION_ID_LENGTH: usize = 50;
const CANCELLATION_REASONS: [&str; 10] = [
    "voluntarily_cancelled",
    "billing_error",
    "price_increase",
    "product_was_not_available",
    "refund",
    "upgraded",
    "cancelled_by_developer",
    "new_subscription_replace",
    "adapty_revoked",
    "unknown",
];
const OFFER_CATEGORIES: [&str; 4] = ["introductory", "promotional", "offer_code", "win_back"];
const OFFER_TYPES: [&str; 4] = ["free_trial", "pay_as_you_go", "pay_up_front", "unknown"];

/// Reads a transaction, field by field in the documents' order.
pub(super) fn read(fields: &Fields) -> Result<Transaction, Reply> {
    let kind = fields.word("purchase_type", &["one_time_purchase", "subscription"])?;
    let store = fields.id("store")?;
    let environment = fields.optional_word("environment", &["Production", "Sandbox"])?;
    if fields.value("environment").is_some_and(Value::is_null) {
        return Err(fields.wrong("environment", "is null"));
    }
    let product = fields.id("store_product_id")?;
    let id = fields.id("store_transaction_id")?;
    if id.chars().count() > TRANSACTION_ID_LENGTH {
        return Err(fields.wrong("store_transaction_id", "is longer than 50 characters"));
    }
    let original = fields.id("store_original_transaction_id")?;
    let is_family_shared = match fields.value("is_family_shared") {
        None => false,
        Some(_) => fields.boolean("is_family_shared")?,
    };
    let (price, currency) = price(&fields.object("price")?)?;
    let purchased_at = fields.date("purchased_at")?;
    fields.optional_text("variation_id")?;
    let offer = fields.optional_object("offer")?.map(|fields| offer(&fields)).transpose()?;
    let refunded_at = fields.optional_date("refunded_at")?;
    let cancellation_reason = fields.optional_word("cancellation_reason", &CANCELLATION_REASONS)?;
    let subscription = match kind.as_str() {
        "subscription" => Some(period(fields)?),
        _ => None,
    };
    Ok(Transaction {
        id: TransactionId { store, original, id },
        environment: environment.unwrap_or_else(|| "Production".to_owned()),
        product,
        is_family_shared,
        price,
        currency,
        purchased_at,
        offer,
        refunded_at,
        cancellation_reason,
        subscription,
    })
}

fn price(fields: &Fields) -> Result<(f64, CurrencyCode), Reply> {
    /// Far above any price, and far below where a sum of them loses its cents.
    const HIGHEST: f64 = 1e9;
    fields.text("country")?;
    if !fields.value("country").is_some_and(is_country) {
        return Err(fields.wrong("country", "is not a country's two letters"));
    }
    let currency = CurrencyCode::read(&fields.text("currency")?)
        .ok_or_else(|| fields.wrong("currency", "is not a currency's three letters"))?;
    match fields.number("value")? {
        value if value < 0.0 => Err(fields.wrong("value", "is below 0")),
        value if value > HIGHEST => Err(fields.wrong("value", "is above 1000000000")),
        value => Ok((value, currency)),
    }
}

fn offer(fields: &Fields) -> Result<Offer, Reply> {
    Ok(Offer {
        category: fields.word("category", &OFFER_CATEGORIES)?,
        r#type: fields.word("type", &OFFER_TYPES)?,
        id: fields.optional_text("id")?,
    })
}

fn period(fields: &Fields) -> Result<SubscriptionPeriod, Reply> {
    let originally_purchased_at = fields.date("originally_purchased_at")?;
    if fields.value("expires_at").is_some_and(Value::is_null) {
        return Err(fields.wrong("expires_at", "is null; a subscription has an end"));
    }
    Ok(SubscriptionPeriod {
        originally_purchased_at,
        expires_at: fields.date("expires_at")?,
        renew_status: fields.boolean("renew_status")?,
        renew_status_changed_at: fields.optional_date("renew_status_changed_at")?,
        billing_issue_detected_at: fields.optional_date("billing_issue_detected_at")?,
        grace_period_expires_at: fields.optional_date("grace_period_expires_at")?,
    })
}
