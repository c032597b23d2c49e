//! What is checked, rule by rule, and in which order.

use adapty_mock::MockServer;
use serde_json::{Value, json};

use super::{ONE_TIME, SUBSCRIPTION, one_time, price, subscription};
use crate::support::*;

#[tokio::test]
async fn each_rule_is_answered_with_its_documented_body() {
    let refund = json!({"category": "promotional", "type": "pay_up_front"});
    let trial = json!({"category": "introductory", "type": "free_trial"});
    let server = MockServer::start().await;
    for (body, documented) in [
        (
            one_time(json!({"store_original_transaction_id": "1"})),
            fixture!("set_transaction.400.fragment.store_transaction_id_error"),
        ),
        (
            one_time(json!({"is_family_shared": true})),
            fixture!("set_transaction.400.fragment.family_share_price_error"),
        ),
        (
            subscription(json!({"originally_purchased_at": "2024-01-15T10:30:01Z"})),
            fixture!("set_transaction.400.fragment.originally_purchased_date_error"),
        ),
        (
            subscription(json!({"expires_at": "2024-01-15T10:30:00Z"})),
            fixture!("set_transaction.400.fragment.expires_date_error"),
        ),
        (
            subscription(json!({"renew_status_changed_at": "2024-01-15T10:30:00Z"})),
            fixture!("set_transaction.400.fragment.renew_status_changed_date_error"),
        ),
        (
            subscription(json!({"billing_issue_detected_at": "2024-01-15T10:30:00Z"})),
            fixture!(
                "set_transaction.400.fragment.billing_issue_detected_at_date_comparison_error"
            ),
        ),
        (
            subscription(json!({"grace_period_expires_at": "2041-01-01T00:00:00Z"})),
            fixture!("set_transaction.400.fragment.grace_period_billing_error"),
        ),
        (
            subscription(json!({
                "billing_issue_detected_at": "2024-01-16T00:00:00Z",
                "grace_period_expires_at": "2040-02-15T10:29:59Z",
            })),
            fixture!("set_transaction.400.fragment.grace_period_expires_date_error"),
        ),
        (
            one_time(json!({"offer": trial, "price": price(0.0)})),
            fixture!("set_transaction.400.fragment.one_time_purchase_trial_error"),
        ),
        (
            subscription(json!({"offer": trial})),
            fixture!("set_transaction.400.fragment.free_trial_price_error"),
        ),
        (
            subscription(json!({"offer": refund})),
            fixture!("set_transaction.400.fragment.missing_offer_id"),
        ),
        (
            one_time(json!({"refunded_at": "2025-01-01T00:00:00Z"})),
            fixture!("set_transaction.400.fragment.refund_fields_error"),
        ),
        (
            subscription(json!({"cancellation_reason": "refund"})),
            fixture!("set_transaction.400.fragment.refund_fields_error"),
        ),
        (
            one_time(
                json!({"refunded_at": "2024-01-15T10:30:00Z", "cancellation_reason": "refund"}),
            ),
            fixture!("set_transaction.400.fragment.refund_date_error"),
        ),
    ] {
        let seen = transact(&server, JANE, &body).await;
        assert_eq!((seen.status(), seen.body().as_str()), (400, documented), "{body}");
        assert!(!server.app("k").requests().last().unwrap().changed);
    }
}

#[tokio::test]
async fn dates_are_compared_as_the_microseconds_that_answers_show() {
    let server = MockServer::start().await;
    let (seven, nine) = ("2024-01-15T10:30:00.1234561Z", "2024-01-15T10:30:00.123456789Z");
    let at_once = subscription(json!({
        "purchased_at": seven, "originally_purchased_at": nine, "expires_at": nine,
    }));
    let seen = transact(&server, JANE, &at_once).await;
    let documented = fixture!("set_transaction.400.fragment.expires_date_error");
    assert_eq!((seen.status(), seen.body().as_str()), (400, documented));
    let refund = json!({
        "purchased_at": seven, "refunded_at": nine, "cancellation_reason": "refund",
    });
    let seen = transact(&server, JANE, &one_time(refund)).await;
    let documented = fixture!("set_transaction.400.fragment.refund_date_error");
    assert_eq!((seen.status(), seen.body().as_str()), (400, documented));
}

#[tokio::test]
async fn rules_are_checked_in_the_order_stated() {
    let mut fields = json!({
        "is_family_shared": true,
        "originally_purchased_at": "2025-01-01T00:00:00Z",
        "expires_at": "2023-01-01T00:00:00Z",
        "renew_status_changed_at": "2023-01-01T00:00:00Z",
        "billing_issue_detected_at": "2023-01-01T00:00:00Z",
        "grace_period_expires_at": "2022-01-01T00:00:00Z",
        "offer": {"category": "promotional", "type": "free_trial"},
        "refunded_at": "2023-01-01T00:00:00Z",
    });
    let server = MockServer::start().await;
    for (code, name, mended) in [
        ("family_share_price_error", "is_family_shared", json!(false)),
        (
            "originally_purchased_date_error",
            "originally_purchased_at",
            json!("2024-01-15T10:30:00Z"),
        ),
        ("expires_date_error", "expires_at", json!("2024-02-15T10:30:00Z")),
        ("renew_status_changed_date_error", "renew_status_changed_at", json!(null)),
        (
            "billing_issue_detected_at_date_comparison_error",
            "billing_issue_detected_at",
            json!(null),
        ),
        ("grace_period_billing_error", "billing_issue_detected_at", json!("2024-01-16T00:00:00Z")),
        (
            "grace_period_expires_date_error",
            "grace_period_expires_at",
            json!("2024-02-15T10:30:00Z"),
        ),
        ("free_trial_price_error", "price", price(0.0)),
        (
            "missing_offer_id",
            "offer",
            json!({"category": "promotional", "type": "free_trial", "id": ""}),
        ),
        ("refund_fields_error", "cancellation_reason", json!("refund")),
        ("refund_date_error", "refunded_at", json!("2024-01-16T00:00:00Z")),
    ] {
        let seen = transact(&server, JANE, &subscription(fields.clone())).await;
        assert!(seen.body().contains(&format!("\"{code}\"")), "{code}: {}", seen.body());
        fields[name] = mended;
    }
    assert_eq!(transact(&server, JANE, &subscription(fields)).await.status(), 200);
}

#[tokio::test]
async fn the_documents_own_subscription_breaks_their_rule_and_the_reason_says_so() {
    let server = MockServer::start().await;
    let seen = transact(&server, JANE, SUBSCRIPTION).await;
    let documented = fixture!("set_transaction.400.fragment.free_trial_price_error");
    assert_eq!((seen.status(), seen.body().as_str()), (400, documented));
    assert_eq!(
        seen.reason(),
        "a free trial has a price; the OpenAPI file's own example of a subscription breaks this rule, too"
    );
}

#[tokio::test]
async fn a_field_that_is_not_what_it_should_be_is_named() {
    let server = MockServer::start().await;
    let offer = |fields: Value| json!({ "offer": fields });
    for (fields, source, message) in [
        (json!({"purchase_type": "absent"}), "purchase_type", "is missing"),
        (
            json!({"purchase_type": "gift"}),
            "purchase_type",
            "is none of one_time_purchase, subscription",
        ),
        (json!({"store": null}), "store", "is not a string"),
        (json!({"store": ""}), "store", "is empty"),
        (json!({"environment": "production"}), "environment", "is none of Production, Sandbox"),
        (json!({"environment": null}), "environment", "is null"),
        (json!({"store_product_id": "absent"}), "store_product_id", "is missing"),
        (json!({"store_transaction_id": 7}), "store_transaction_id", "is not a string"),
        (
            json!({"store_transaction_id": "é".repeat(51)}),
            "store_transaction_id",
            "is longer than 50 characters",
        ),
        (
            json!({"store_original_transaction_id": "absent"}),
            "store_original_transaction_id",
            "is missing",
        ),
        (json!({"is_family_shared": "no"}), "is_family_shared", "is not a boolean"),
        (json!({"price": "absent"}), "price", "is missing"),
        (json!({"price": 7}), "price", "is not an object"),
        (json!({"price": {"currency": "USD", "value": 1}}), "price.country", "is missing"),
        (
            json!({"price": {"country": "USA", "currency": "USD", "value": 1}}),
            "price.country",
            "is not a country's two letters",
        ),
        (
            json!({"price": {"country": "US", "currency": "$", "value": 1}}),
            "price.currency",
            "is not a currency's three letters",
        ),
        (
            json!({"price": {"country": "US", "currency": "USD", "value": "1"}}),
            "price.value",
            "is not a number",
        ),
        (json!({"price": price(-1.0)}), "price.value", "is below 0"),
        (json!({"price": price(1e300)}), "price.value", "is above 1000000000"),
        (json!({"purchased_at": "2024-01-15"}), "purchased_at", "is not a date with time and zone"),
        (json!({"variation_id": 7}), "variation_id", "is neither a string nor null"),
        (json!({"offer": []}), "offer", "is neither an object nor null"),
        (offer(json!({"type": "free_trial"})), "offer.category", "is missing"),
        (
            offer(json!({"category": "introductory", "type": "gift"})),
            "offer.type",
            "is none of free_trial, pay_as_you_go, pay_up_front, unknown",
        ),
        (json!({"refunded_at": 7}), "refunded_at", "is neither a string nor null"),
        (json!({"originally_purchased_at": "absent"}), "originally_purchased_at", "is missing"),
        (json!({"expires_at": "absent"}), "expires_at", "is missing"),
        (json!({"expires_at": null}), "expires_at", "is null; a subscription has an end"),
        (json!({"renew_status": "absent"}), "renew_status", "is missing"),
        (json!({"renew_status": 1}), "renew_status", "is not a boolean"),
        (
            json!({"grace_period_expires_at": "soon"}),
            "grace_period_expires_at",
            "is not a date with time and zone",
        ),
    ] {
        let seen = transact(&server, JANE, &subscription(fields.clone())).await;
        assert_eq!(invalid(&seen), (source.to_owned(), format!("{source} {message}")), "{fields}");
    }
    let reason = json!({"cancellation_reason": "bored"});
    let (source, message) = invalid(&transact(&server, JANE, &one_time(reason)).await);
    assert_eq!(source, "cancellation_reason");
    assert!(
        message.starts_with("cancellation_reason is none of voluntarily_cancelled, "),
        "{message}"
    );
    let longest = one_time(json!({
        "store_transaction_id": "é".repeat(50), "store_original_transaction_id": "é".repeat(50),
        "environment": "absent", "unknown": {"x": 1},
    }));
    let after = data(&transact(&server, JANE, &longest).await);
    assert_eq!(after["non_subscriptions"][0]["environment"], "Production");
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let server = MockServer::start().await;
    let without_key = operation("POST", TRANSACTION_PATH, "", "x").replace("Api-Key k", "Bearer k");
    assert_eq!(send(&server, &without_key).await.status(), 401);
    assert_eq!(transact(&server, "", "x").await.reason(), "an identity header is empty");
    let reason = transact(&server, "nobody", "x").await.reason();
    assert!(reason.starts_with("JSON parse error - "), "{reason}");
    let wrong = subscription(json!({"renew_status": 1, "expires_at": "2023-01-01T00:00:00Z"}));
    assert_eq!(transact(&server, "nobody", &wrong).await.reason(), "renew_status is not a boolean");
    let app = server.app("k");
    let mut settings = app.settings();
    settings.access_levels = Some(["vip".to_owned()].into());
    app.set_settings(settings.clone());
    let broken = subscription(json!({"expires_at": "2023-01-01T00:00:00Z"}));
    let reason = transact(&server, "nobody", &broken).await.reason();
    assert_eq!(reason, "the subscription ends no later than it was purchased");
    let reason = transact(&server, "nobody", ONE_TIME).await.reason();
    assert_eq!(reason, "the app has no such access level");
    settings.access_levels = None;
    app.set_settings(settings);
    let seen = transact(&server, "nobody", ONE_TIME).await;
    assert_eq!(seen.body(), fixture!("get_profile.404.openapi.profile_does_not_exist"));
}
