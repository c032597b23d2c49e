//! The structs that reading is measured against: every member a `String`, a number or a flag, as a
//! first client would write them. They hold what the types hold and read nothing into it.

use serde::{Deserialize, Serialize};

#[derive(Deserialize, Serialize)]
pub(crate) struct Response {
    data: Profile,
}

#[derive(Deserialize, Serialize)]
struct Profile {
    app_id: String,
    profile_id: String,
    customer_user_id: Option<String>,
    total_revenue_usd: f64,
    segment_hash: String,
    timestamp: i64,
    custom_attributes: Vec<CustomAttribute>,
    access_levels: Vec<AccessLevel>,
    subscriptions: Vec<Subscription>,
    non_subscriptions: Vec<NonSubscription>,
}

#[derive(Deserialize, Serialize)]
struct CustomAttribute {
    key: String,
    value: String,
}

#[derive(Deserialize, Serialize)]
struct Offer {
    #[serde(alias = "offer_category")]
    category: String,
    #[serde(alias = "offer_type")]
    r#type: String,
    #[serde(alias = "offer_id")]
    id: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct AccessLevel {
    access_level_id: String,
    store: String,
    store_product_id: String,
    store_base_plan_id: Option<String>,
    store_transaction_id: String,
    store_original_transaction_id: String,
    offer: Option<Offer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<String>,
    starts_at: Option<String>,
    purchased_at: String,
    originally_purchased_at: String,
    expires_at: Option<String>,
    renewal_cancelled_at: Option<String>,
    billing_issue_detected_at: Option<String>,
    is_in_grace_period: bool,
    cancellation_reason: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Subscription {
    store: String,
    store_product_id: String,
    store_base_plan_id: Option<String>,
    store_transaction_id: String,
    store_original_transaction_id: String,
    offer: Option<Offer>,
    environment: String,
    purchased_at: String,
    originally_purchased_at: String,
    expires_at: Option<String>,
    renewal_cancelled_at: Option<String>,
    billing_issue_detected_at: Option<String>,
    is_in_grace_period: bool,
    cancellation_reason: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct NonSubscription {
    purchase_id: String,
    store: String,
    store_product_id: String,
    store_base_plan_id: Option<String>,
    store_transaction_id: String,
    store_original_transaction_id: String,
    purchased_at: String,
    environment: String,
    is_refund: bool,
    is_consumable: bool,
}
