//! The four forms of an error body, mixed and partly missing.

use adapty_model::{ErrorItem, ErrorResponse, error_code};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{fixture, read_error};

fn item(source: Option<&str>, errors: &[&str]) -> ErrorItem {
    let errors = errors.iter().map(|text| (*text).to_owned()).collect();
    ErrorItem::new(source.map(str::to_owned), errors)
}

#[track_caller]
fn reads(name: &str, items: &[ErrorItem], code: Option<&str>, status: Option<i64>) {
    let response = ErrorResponse::from_json(&fixture(name)).unwrap();
    assert_eq!(response.errors, items, "{name}");
    assert_eq!((response.error_code.as_deref(), response.status_code), (code, status), "{name}");
}

#[test]
fn the_documented_forms_read() {
    reads(
        "get_profile.401.older-page.not_authenticated.json",
        &[item(Some("non_field_errors"), &["Authentication credentials were not provided."])],
        Some(error_code::NOT_AUTHENTICATED),
        Some(401),
    );
    reads(
        "get_profile.404.openapi.profile_does_not_exist.json",
        &[item(None, &["Profile not found"])],
        Some(error_code::PROFILE_DOES_NOT_EXIST),
        Some(404),
    );
    reads(
        "refund_saver.401.openapi.unauthorized.json",
        &[item(None, &["Invalid API key"])],
        Some(error_code::UNAUTHORIZED),
        Some(401),
    );
    reads(
        "web_api.400.fragment.base_error_as_object.json",
        &[item(Some("property1"), &["string"]), item(Some("property2"), &["string"])],
        Some(error_code::BASE_ERROR),
        Some(400),
    );
    reads(
        "validate_stripe.400.openapi.json_api.json",
        &[item(Some("/data/attributes/stripe_token"), &["none is not an allowed value"])],
        None,
        None,
    );
}

#[test]
fn forms_may_be_mixed() {
    let response = read_error(&json!({"errors": [
        "text",
        {"source": "a", "errors": ["b", "c"]},
        {"detail": "d", "source": {"pointer": "/e"}},
        {"errors": ["f"]},
        {"source": "g"},
        {"title": "h"},
        {},
        null,
    ]}));
    let expected = [
        item(None, &["text"]),
        item(Some("a"), &["b", "c"]),
        item(Some("/e"), &["d"]),
        item(None, &["f"]),
        item(Some("g"), &[]),
        item(None, &["{\"title\":\"h\"}"]),
        item(None, &[]),
    ];
    assert_eq!(response.errors, expected);
}

#[test]
fn what_is_no_message_is_kept_as_the_json_it_is() {
    let response = read_error(&json!({"errors": {"a": [1, {"b": true}], "c": "text", "d": null}}));
    let expected =
        [item(Some("a"), &["1", "{\"b\":true}"]), item(Some("c"), &["text"]), item(Some("d"), &[])];
    assert_eq!(response.errors, expected);
    assert_eq!(read_error(&json!({"errors": "text"})).errors, [item(None, &["text"])]);
    assert_eq!(read_error(&json!({"errors": 7})).errors, [item(None, &["7"])]);
    assert_eq!(
        read_error(&json!({"errors": [["nested"]]})).errors,
        [item(None, &["[\"nested\"]"])]
    );
}

#[test]
fn missing_and_odd_members_are_none() {
    for body in [
        json!({}),
        json!({"errors": null, "error_code": null, "status_code": null}),
        json!({"error_code": 7, "status_code": "404"}),
    ] {
        assert_eq!(read_error(&body), ErrorResponse::default(), "{body}");
    }
}

#[test]
fn a_body_that_other_readers_stumble_over_still_reads() {
    let body = r#"{"\ud800": 1, "status_code": 1e999, "errors": ["\udfff!", 1e999], "error_code": "x",
        "error_code": "unauthorized", "new": [[[{"a": "\ud800"}]]]}"#;
    let response = ErrorResponse::from_json(body.as_bytes()).unwrap();
    assert_eq!(
        response.errors,
        [item(None, &["\u{fffd}\u{fffd}\u{fffd}!"]), item(None, &["1e999"])]
    );
    assert_eq!(response.error_code.as_deref(), Some(error_code::UNAUTHORIZED));
    assert_eq!(response.status_code, None);
}

#[test]
fn a_detail_beside_no_errors_is_one() {
    let detail = [item(None, &["Not found."])];
    assert_eq!(read_error(&json!({"detail": "Not found."})).errors, detail);
    let both = json!({"detail": "Not found.", "errors": ["text"]});
    assert_eq!(read_error(&both).errors, [item(None, &["text"])]);
}

#[test]
fn a_code_with_half_a_surrogate_pair_is_kept_as_far_as_it_is_text() {
    let response = ErrorResponse::from_json(br#"{"error_code": "x\ud800"}"#).unwrap();
    assert!(response.error_code.unwrap().starts_with('x'));
}

#[test]
fn nesting_costs_nothing() {
    let body = format!("{{\"errors\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(ErrorResponse::from_json(body.as_bytes()).unwrap().errors.len(), 1);
}

#[test]
fn the_codes_are_the_documents_own() {
    let documented = [
        "not_authenticated",
        "unauthorized",
        "not_found",
        "profile_does_not_exist",
        "profile_not_found",
        "paid_access_level_does_not_exist",
        "profile_paid_access_level_does_not_exist",
        "revocation_date_more_than_expiration_date",
        "value_error",
        "billing_issue_detected_at_date_comparison_error",
        "expires_date_error",
        "family_share_price_error",
        "free_trial_price_error",
        "grace_period_billing_error",
        "grace_period_expires_date_error",
        "missing_offer_id",
        "one_time_purchase_trial_error",
        "originally_purchased_date_error",
        "refund_date_error",
        "refund_fields_error",
        "renew_status_changed_date_error",
        "store_transaction_id_error",
        "parse_error",
        "base_error",
        "datetime",
        "enum",
        "validation_error",
        "no_products_found",
        "paddle_api_key_not_found",
        "invalid_paddle_credentials_or_purchase_not_found",
        "paywall_does_not_exist",
        "insufficient_balance",
        "unknown_currency",
        "duplicate_currency",
        "amount_zero",
        "balance_overflow",
        "empty_items",
        "idempotency_key_invalid",
        "invalid_cursor",
        "feature_not_enabled",
        "idempotency_in_flight",
        "duplicate_source_transaction",
        "rate_limited",
    ];
    assert_eq!(error_code::ALL, documented);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let key = prop_oneof![
            any::<String>(),
            Just("errors".to_owned()),
            Just("source".to_owned()),
            Just("detail".to_owned()),
            Just("pointer".to_owned()),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_object_reads(errors in any_json(), code in any_json(), status in any_json(), other in any_json()) {
        let body = json!({"errors": errors, "error_code": code, "status_code": status, "new": other});
        let response = read_error(&body);
        prop_assert_eq!(response.error_code.as_deref(), code.as_str());
    }
}
