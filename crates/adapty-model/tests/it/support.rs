//! One-word helpers.

use adapty_model::time::{Date, Month, OffsetDateTime, Time};
use adapty_model::uuid::Uuid;
use adapty_model::{
    AccessLevel, ErrorResponse, Identity, Operation, Profile, ProfileResponse, ReadError,
    ValidationError,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Every body of a successful answer with a profile.
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
pub const ERRORS: [&str; 44] = [
    "create_virtual_currency_transaction.400.openapi.insufficient_balance.json",
    "create_virtual_currency_transaction.403.openapi.feature_not_enabled.json",
    "create_virtual_currency_transaction.409.openapi.idempotency_in_flight.json",
    "get_paywall.404.openapi.paywall_does_not_exist.json",
    "get_profile.401.older-page.not_authenticated.json",
    "get_profile.404.older-page.not_found.json",
    "get_profile.404.openapi.profile_does_not_exist.json",
    "grant_access_level.400.fragment.paid_access_level_does_not_exist.json",
    "grant_access_level.400.fragment.parse_error.json",
    "grant_access_level.400.fragment.profile_does_not_exist.json",
    "integration_identifiers.404.openapi.profile_not_found.json",
    "list_paywalls.400.openapi.validation_error.json",
    "refund_saver.400.openapi.profile_does_not_exist.json",
    "refund_saver.401.openapi.unauthorized.json",
    "revoke_access_level.400.fragment.profile_paid_access_level_does_not_exist.json",
    "revoke_access_level.400.fragment.revocation_date_more_than_expiration_date.json",
    "revoke_access_level.400.fragment.value_error.json",
    "set_integration_identifiers.400.openapi.validation_error.json",
    "set_refund_saver_settings.400.openapi.validation_error.json",
    "set_transaction.400.fragment.billing_issue_detected_at_date_comparison_error.json",
    "set_transaction.400.fragment.expires_date_error.json",
    "set_transaction.400.fragment.family_share_price_error.json",
    "set_transaction.400.fragment.free_trial_price_error.json",
    "set_transaction.400.fragment.grace_period_billing_error.json",
    "set_transaction.400.fragment.grace_period_expires_date_error.json",
    "set_transaction.400.fragment.missing_offer_id.json",
    "set_transaction.400.fragment.one_time_purchase_trial_error.json",
    "set_transaction.400.fragment.originally_purchased_date_error.json",
    "set_transaction.400.fragment.refund_date_error.json",
    "set_transaction.400.fragment.refund_fields_error.json",
    "set_transaction.400.fragment.renew_status_changed_date_error.json",
    "set_transaction.400.fragment.store_transaction_id_error.json",
    "update_paywall.400.openapi.validation_error.json",
    "update_profile.400.fragment.template_values.json",
    "validate_paddle_purchase.400.fragment.invalid_credentials_or_purchase_not_found.json",
    "validate_paddle_purchase.400.fragment.no_products_found.json",
    "validate_paddle_purchase.400.fragment.paddle_api_key_not_found.json",
    "validate_paddle_purchase.400.openapi.invalid_credentials_or_purchase_not_found.json",
    "validate_paddle_purchase.400.openapi.no_products_found.json",
    "validate_paddle_purchase.400.openapi.paddle_api_key_not_found.json",
    "validate_stripe.400.openapi.json_api.json",
    "web_api.400.fragment.base_error_as_object.json",
    "web_api.400.fragment.datetime_repeated_message.json",
    "web_api.400.fragment.enum.json",
];

/// Every body of a request.
pub const REQUESTS: [&str; 17] = [
    "create_profile.request.openapi.all_fields.json",
    "create_virtual_currency_transaction.request.openapi.conversion.json",
    "create_virtual_currency_transaction.request.openapi.credit.json",
    "create_virtual_currency_transaction.request.openapi.debit.json",
    "create_virtual_currency_transaction.request.openapi.multi_currency.json",
    "grant_access_level.request.openapi.immediate.json",
    "grant_access_level.request.openapi.lifetime.json",
    "grant_access_level.request.openapi.scheduled.json",
    "revoke_access_level.request.openapi.immediate.json",
    "revoke_access_level.request.openapi.scheduled.json",
    "set_integration_identifiers.request.openapi.all_sixteen.json",
    "set_refund_saver_settings.request.openapi.grant.json",
    "set_transaction.request.openapi.one_time_purchase.json",
    "set_transaction.request.openapi.subscription.json",
    "update_paywall.request.openapi.one_locale.json",
    "validate_paddle_purchase.request.openapi.live_token.json",
    "validate_stripe_purchase.request.openapi.placeholders.json",
];

/// Every body of a successful answer that is no profile.
pub const OTHER_ANSWERS: [&str; 9] = [
    "create_virtual_currency_transaction.200.openapi.credit.json",
    "get_paywall.200.openapi.live.json",
    "integration_identifiers.200.openapi.some_set.json",
    "list_paywalls.200.openapi.first_page.json",
    "list_virtual_currency_transactions.200.openapi.three_transactions.json",
    "refund_saver_settings.200.openapi.no_preference.json",
    "set_refund_saver_settings.200.openapi.grant.json",
    "validate_stripe_purchase.200.openapi.null_data.json",
    "virtual_currency_balances.200.openapi.three_currencies.json",
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

pub const CUSTOMER: &str = "jane.doe@example.com";

pub fn jane() -> Identity {
    Identity::customer(CUSTOMER)
}

/// Midnight, UTC, of a day.
#[track_caller]
pub fn day(year: i32, month: u8, day: u8) -> OffsetDateTime {
    let month = Month::try_from(month).expect("a month");
    Date::from_calendar_date(year, month, day).expect("a day").midnight().assume_utc()
}

/// The body of a request, as JSON.
#[track_caller]
pub fn sent(operation: &impl Operation) -> Value {
    let body = operation.body().expect("the body can be written").expect("there is a body");
    serde_json::from_slice(&body).expect("a body is JSON")
}

/// A value that was written down and read again.
#[track_caller]
pub fn stored<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("the value can be written");
    serde_json::from_str(&text).expect("what was written reads")
}

/// What validation says, to the letter; empty where it says nothing.
pub fn told(result: Result<(), ValidationError>) -> String {
    result.map_or_else(|error| error.to_string(), |()| String::new())
}

/// The first message of a documented error, without its full stop.
#[track_caller]
pub fn words(error: &Value) -> String {
    let words = ErrorResponse::from_json(error.to_string().as_bytes()).expect("it reads");
    words.errors[0].errors[0].trim_end_matches('.').to_owned()
}
