//! One-word helpers.

use adapty_model::time::{Date, Month, OffsetDateTime, Time};
use adapty_model::uuid::Uuid;
use adapty_model::{AccessLevel, ErrorResponse, Profile, ProfileResponse, ReadError};
use serde_json::{Value, json};

/// Every body of a successful answer.
pub const PROFILES: [&str; 7] = [
    "get_profile.200.older-page.expired_premium.json",
    "get_profile.200.older-objects-page.expired_premium.json",
    "get_profile.200.newer-page.lifetime_premium.json",
    "get_profile.200.openapi.lifetime_premium.json",
    "get_profile.200.ours.dictionaries.json",
    "create_profile.200.openapi.empty_lists.json",
    "set_transaction.200.openapi.subscription_row_looks_like_a_purchase.json",
];

/// The body of a successful answer whose collections are all `null`.
pub const NULLS: &str = "get_profile.200.ours.nulls.json";

/// Every body of an unsuccessful answer.
pub const ERRORS: [&str; 11] = [
    "get_profile.401.older-page.not_authenticated.json",
    "get_profile.404.older-page.not_found.json",
    "get_profile.404.openapi.profile_does_not_exist.json",
    "grant_access_level.400.fragment.paid_access_level_does_not_exist.json",
    "grant_access_level.400.fragment.parse_error.json",
    "grant_access_level.400.fragment.profile_does_not_exist.json",
    "integration_identifiers.404.openapi.profile_not_found.json",
    "refund_saver.400.openapi.profile_does_not_exist.json",
    "refund_saver.401.openapi.unauthorized.json",
    "validate_stripe.400.openapi.json_api.json",
    "web_api.400.fragment.base_error_as_object.json",
];

/// Every body of a request.
pub const REQUESTS: [&str; 3] = [
    "grant_access_level.request.openapi.immediate.json",
    "grant_access_level.request.openapi.lifetime.json",
    "grant_access_level.request.openapi.scheduled.json",
];

/// Every event of a webhook.
pub const EVENTS: [&str; 2] = [
    "webhook.event.webhook-page.subscription_started.json",
    "webhook.event.webhook-page.non_subscription_purchase.json",
];

#[track_caller]
pub fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A fixture as JSON, to be changed.
#[track_caller]
pub fn json_of(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).expect("a fixture is JSON")
}

#[track_caller]
pub fn read(body: &Value) -> Profile {
    ProfileResponse::from_json(body.to_string().as_bytes()).expect("the body reads").data
}

#[track_caller]
pub fn refusal(body: &Value) -> ReadError {
    refusal_of(body.to_string().as_bytes())
}

/// What reading says of a body; a plain `serde_json::from_slice` has to refuse it as well.
#[track_caller]
pub fn refusal_of(body: &[u8]) -> ReadError {
    serde_json::from_slice::<ProfileResponse>(body).expect_err("serde_json refuses it too");
    ProfileResponse::from_json(body).expect_err("the body is refused")
}

#[track_caller]
pub fn read_error(body: &Value) -> ErrorResponse {
    ErrorResponse::from_json(body.to_string().as_bytes()).expect("the body reads")
}

/// A body with the least a profile needs.
pub fn bare() -> Value {
    json!({"data": {
        "profile_id": "d8533a10-bcce-4e33-8c9d-88b05ac56559",
        "custom_attributes": [],
        "access_levels": [],
        "subscriptions": [],
        "non_subscriptions": [],
    }})
}

/// [`bare`] with one collection filled.
pub fn with(collection: &str, rows: Value) -> Value {
    let mut body = bare();
    body["data"][collection] = rows;
    body
}

/// The one access level of a body that has one.
#[track_caller]
pub fn level(row: Value) -> AccessLevel {
    let mut levels = read(&with("access_levels", json!([row]))).access_levels;
    assert_eq!(levels.len(), 1);
    levels.remove(0)
}

pub fn profile() -> Profile {
    Profile::new(Uuid::from_u128(7))
}

/// 24 December 2024, 10:50:23 UTC.
pub fn christmas_eve() -> OffsetDateTime {
    let date = Date::from_calendar_date(2024, Month::December, 24).expect("a day of the calendar");
    date.with_time(Time::from_hms(10, 50, 23).expect("a time of day")).assume_utc()
}
