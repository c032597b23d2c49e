//! Set transaction: what is checked, rule by rule, and what purchases make of a profile.

use std::collections::BTreeMap;

use adapty_mock::{Edition, Identity, MockServer, adapty_model::ProfileResponse};
use serde_json::{Map, Value, json};

use crate::support::*;

const SUBSCRIPTION: &str = fixture!("set_transaction.request.openapi.subscription");
const ONE_TIME: &str = fixture!("set_transaction.request.openapi.one_time_purchase");

/// A documented request with other fields; `null` stays, `"absent"` takes a field away.
fn with(documented: &str, fields: Value) -> String {
    let mut body: Map<String, Value> = serde_json::from_str(documented).expect("JSON");
    let Value::Object(fields) = fields else { panic!("no fields: {fields}") };
    for (name, value) in fields {
        if value == "absent" {
            body.remove(&name);
        } else {
            body.insert(name, value);
        }
    }
    Value::from(body).to_string()
}

/// The documented subscription without the trial that breaks a rule, in a month yet to come.
fn subscription(fields: Value) -> String {
    let plain = json!({"offer": null, "expires_at": "2040-02-15T10:30:00Z"});
    with(&with(SUBSCRIPTION, plain), fields)
}

fn one_time(fields: Value) -> String {
    with(ONE_TIME, fields)
}

fn price(value: f64) -> Value {
    json!({"country": "US", "currency": "USD", "value": value})
}

async fn jane_after(requests: &[String]) -> Value {
    let server = MockServer::start().await;
    let mut last = Value::Null;
    for request in requests {
        last = data(&transact(&server, JANE, request).await);
    }
    last
}

/// Fields, some of them others.
fn with_fields(fields: &Value, others: Value) -> Value {
    serde_json::from_str(&with(&fields.to_string(), others)).expect("JSON")
}

/// Some fields of a row.
fn pick(row: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| row[name].clone()).collect::<Vec<_>>().into()
}

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
async fn the_documented_one_time_purchase_is_a_row_a_level_without_end_and_revenue() {
    let server = MockServer::start().await;
    let seen = transact(&server, JANE, ONE_TIME).await;
    assert_eq!(get(&server, "k", JANE).await.body(), seen.body());
    let mut after = data(&seen);
    let id = after["non_subscriptions"][0]["purchase_id"].take();
    assert_eq!(id.as_str().map(str::len), Some(36));
    assert_eq!(
        after["non_subscriptions"],
        json!([{
            "purchase_id": null, "store": "app_store", "store_product_id": "premium_lifetime",
            "store_base_plan_id": null, "store_transaction_id": "1000000123456789",
            "store_original_transaction_id": "1000000123456789",
            "purchased_at": "2024-01-15T10:30:00+00:00", "environment": "Production",
            "is_refund": false, "is_consumable": false,
        }])
    );
    assert_eq!(
        after["access_levels"],
        json!([{
            "access_level_id": "premium", "store": "app_store",
            "store_product_id": "premium_lifetime", "store_base_plan_id": null,
            "store_transaction_id": "1000000123456789",
            "store_original_transaction_id": "1000000123456789", "offer": null, "starts_at": null,
            "purchased_at": "2024-01-15T10:30:00+00:00",
            "originally_purchased_at": "2024-01-15T10:30:00+00:00", "expires_at": null,
            "renewal_cancelled_at": null, "billing_issue_detected_at": null,
            "is_in_grace_period": false, "cancellation_reason": null,
        }])
    );
    assert_eq!((&after["total_revenue_usd"], &after["subscriptions"]), (&json!(9.99), &json!([])));
}

#[tokio::test]
async fn a_subscription_is_a_row_and_a_level_until_its_end() {
    let trial = json!({"category": "introductory", "type": "free_trial", "id": "t"});
    let after = jane_after(&[subscription(json!({"offer": trial, "price": price(0.0)}))]).await;
    let row = json!({
        "store": "app_store", "store_product_id": "premium_monthly", "store_base_plan_id": null,
        "store_transaction_id": "1000000123456789",
        "store_original_transaction_id": "1000000123456789", "offer": trial,
        "environment": "Production", "purchased_at": "2024-01-15T10:30:00+00:00",
        "originally_purchased_at": "2024-01-15T10:30:00+00:00",
        "expires_at": "2040-02-15T10:30:00+00:00", "renewal_cancelled_at": null,
        "billing_issue_detected_at": null, "is_in_grace_period": false,
        "cancellation_reason": null,
    });
    assert_eq!(after["subscriptions"], json!([row]));
    let mut level = row;
    let level = level.as_object_mut().unwrap();
    level.remove("environment");
    level.insert("access_level_id".to_owned(), "premium".into());
    level.insert("starts_at".to_owned(), Value::Null);
    assert_eq!(after["access_levels"], json!([level]));
    assert_eq!(after["total_revenue_usd"], 0.0);
}

#[tokio::test]
async fn a_renewal_moves_the_rows_and_adds_its_price() {
    let renewal = subscription(json!({
        "store_transaction_id": "2", "purchased_at": "2040-02-15T10:30:00Z",
        "expires_at": "2040-03-15T10:30:00Z", "price": price(5.5),
    }));
    let first = subscription(json!({}));
    // The first transaction sent again after the renewal is known, and changes nothing.
    let after = jane_after(&[first.clone(), renewal.clone(), first, renewal]).await;
    assert_eq!(after["total_revenue_usd"], 4.99 + 5.5);
    for list in ["subscriptions", "access_levels"] {
        assert_eq!(after[list].as_array().map(Vec::len), Some(1), "{list}");
        assert_eq!(
            pick(
                &after[list][0],
                &["store_transaction_id", "purchased_at", "originally_purchased_at", "expires_at"]
            ),
            json!([
                "2",
                "2040-02-15T10:30:00+00:00",
                "2024-01-15T10:30:00+00:00",
                "2040-03-15T10:30:00+00:00"
            ]),
            "{list}"
        );
    }
}

/// The first period of the documented subscription, and the two after it.
fn three_periods() -> [String; 3] {
    let period = |id: &str, (from, to): (&str, &str)| {
        subscription(json!({
            "store_transaction_id": id, "purchased_at": from, "expires_at": to, "price": price(1.0),
        }))
    };
    [
        period("1", ("2024-01-15T10:30:00Z", "2024-02-15T10:30:00Z")),
        period("2", ("2024-02-15T10:30:00Z", "2040-03-15T10:30:00Z")),
        period("3", ("2040-03-15T10:30:00Z", "2040-04-15T10:30:00Z")),
    ]
}

#[tokio::test]
async fn a_transaction_of_an_earlier_period_that_comes_late_changes_the_revenue_alone() {
    let [first, second, third] = three_periods();
    let in_order = jane_after(&[first.clone(), second.clone(), third.clone()]).await;
    assert_eq!(in_order["total_revenue_usd"], 3.0);
    for requests in [
        [&first, &third, &second, &first],
        [&second, &first, &third, &second],
        [&second, &third, &first, &second],
        [&third, &first, &second, &third],
        [&third, &second, &first, &first],
    ] {
        let after = jane_after(&requests.map(Clone::clone)).await;
        for name in ["subscriptions", "access_levels", "total_revenue_usd"] {
            assert_eq!(after[name], in_order[name], "{requests:?}");
        }
    }
}

#[tokio::test]
async fn of_two_transactions_purchased_at_once_the_one_that_ends_earlier_is_the_earlier() {
    let first = subscription(json!({"expires_at": "2039-01-01T00:00:00Z"}));
    let second = subscription(json!({"store_transaction_id": "2"}));
    let grace = json!({
        "billing_issue_detected_at": "2039-01-01T00:00:00Z",
        "grace_period_expires_at": "2041-01-01T00:00:00Z",
    });
    for requests in [
        vec![first.clone(), second.clone()],
        vec![second.clone(), first.clone()],
        // What a grace period adds is no part of the period.
        vec![first.clone(), with(&first, grace), second],
    ] {
        let after = jane_after(&requests).await;
        for list in ["subscriptions", "access_levels"] {
            let row = pick(&after[list][0], &["store_transaction_id", "expires_at"]);
            assert_eq!(row, json!(["2", "2040-02-15T10:30:00+00:00"]), "{list} {requests:?}");
        }
    }
}

#[tokio::test]
async fn a_transaction_that_comes_late_gives_no_revoked_level_again_and_can_be_refunded() {
    let [first, second, _] = three_periods();
    let server = MockServer::start().await;
    transact(&server, JANE, &second).await;
    let revoked = r#"{"access_level_id": "premium", "revoke_at": "2039-08-29T09:33:42Z"}"#;
    revoke(&server, JANE, revoked).await;
    let refund = json!({"refunded_at": "2024-02-01T00:00:00Z", "cancellation_reason": "refund"});
    for (request, revenue) in
        [(first.clone(), 2.0), (with(&first, refund.clone()), 1.0), (with(&first, refund), 1.0)]
    {
        let after = data(&transact(&server, JANE, &request).await);
        let level = pick(&after["access_levels"][0], &["expires_at", "cancellation_reason"]);
        assert_eq!(level, json!(["2039-08-29T09:33:42+00:00", "adapty_revoked"]));
        assert_eq!(after["subscriptions"][0]["expires_at"], "2040-03-15T10:30:00+00:00");
        assert_eq!(after["total_revenue_usd"], revenue);
    }
}

#[tokio::test]
async fn a_product_that_was_left_has_its_row_and_leaves_the_level() {
    let yearly = subscription(json!({
        "store_transaction_id": "2", "store_product_id": "premium_yearly",
        "purchased_at": "2024-02-01T00:00:00Z", "expires_at": "2041-02-15T10:30:00Z",
    }));
    let monthly = subscription(json!({}));
    let issue = with(&monthly, json!({"billing_issue_detected_at": "2024-03-01T00:00:00Z"}));
    let after = jane_after(&[yearly, monthly, issue]).await;
    let ends = |list: &str| -> Vec<Value> {
        let rows = after[list].as_array().expect("rows").iter();
        rows.map(|row| pick(row, &["store_product_id", "billing_issue_detected_at"])).collect()
    };
    let monthly = json!(["premium_monthly", "2024-03-01T00:00:00+00:00"]);
    let yearly = json!(["premium_yearly", null]);
    assert_eq!(ends("subscriptions"), [yearly.clone(), monthly]);
    assert_eq!(ends("access_levels"), [yearly]);
}

#[tokio::test]
async fn another_product_of_the_chain_has_a_row_of_its_own_and_moves_the_level() {
    let yearly = json!({
        "store_transaction_id": "2", "store_product_id": "premium_yearly",
        "expires_at": "2041-02-15T10:30:00Z",
    });
    let after = jane_after(&[subscription(json!({})), subscription(yearly)]).await;
    let rows = after["subscriptions"].as_array().expect("rows");
    let ends: Vec<_> =
        rows.iter().map(|row| pick(row, &["store_product_id", "expires_at"])).collect();
    assert_eq!(
        ends,
        [
            json!(["premium_monthly", "2040-02-15T10:30:00+00:00"]),
            json!(["premium_yearly", "2041-02-15T10:30:00+00:00"]),
        ]
    );
    assert_eq!(after["access_levels"].as_array().map(Vec::len), Some(1));
    let level = pick(&after["access_levels"][0], &["store_product_id", "expires_at"]);
    assert_eq!(level, ends[1]);
}

#[tokio::test]
async fn the_same_ids_again_change_billing_issue_and_renewal_only() {
    let again = |fields: Value| {
        let other = json!({
            "price": price(7.0), "purchased_at": "2024-01-14T10:30:00Z",
            "originally_purchased_at": "2024-01-14T10:30:00Z", "expires_at": "2041-01-01T00:00:00Z",
        });
        with(&subscription(other), fields)
    };
    const CHANGES: [&str; 6] = [
        "purchased_at",
        "expires_at",
        "billing_issue_detected_at",
        "is_in_grace_period",
        "renewal_cancelled_at",
        "cancellation_reason",
    ];
    let (bought, ends) = ("2024-01-15T10:30:00+00:00", "2040-02-15T10:30:00+00:00");
    let (issue, grace) = ("2040-02-15T10:30:00+00:00", "2041-03-01T00:00:00+00:00");
    let in_grace = json!({"billing_issue_detected_at": issue, "grace_period_expires_at": grace});
    let off = json!({"renew_status": false, "renew_status_changed_at": "2024-01-20T00:00:00Z"});
    let server = MockServer::start().await;
    transact(&server, JANE, &subscription(json!({}))).await;
    for (request, expected) in [
        (again(json!({})), json!([bought, ends, null, false, null, null])),
        (
            again(json!({"billing_issue_detected_at": issue})),
            json!([bought, ends, issue, false, null, null]),
        ),
        (again(in_grace.clone()), json!([bought, grace, issue, true, null, null])),
        (
            again(json!({"billing_issue_detected_at": issue})),
            json!([bought, ends, issue, false, null, null]),
        ),
        (again(in_grace.clone()), json!([bought, grace, issue, true, null, null])),
        (
            again(with_fields(
                &in_grace,
                json!({"grace_period_expires_at": "2042-01-01T00:00:00Z"}),
            )),
            json!([bought, "2042-01-01T00:00:00+00:00", issue, true, null, null]),
        ),
        (again(json!({})), json!([bought, ends, null, false, null, null])),
        (again(json!({"expires_at": ends})), json!([bought, ends, null, false, null, null])),
        (
            again(off),
            json!([
                bought,
                ends,
                null,
                false,
                "2024-01-20T00:00:00+00:00",
                "voluntarily_cancelled"
            ]),
        ),
        (
            again(json!({"renew_status": false, "cancellation_reason": "price_increase"})),
            json!([bought, ends, null, false, "2024-01-20T00:00:00+00:00", "price_increase"]),
        ),
        (again(json!({})), json!([bought, ends, null, false, null, null])),
    ] {
        let after = data(&transact(&server, JANE, &request).await);
        for list in ["subscriptions", "access_levels"] {
            assert_eq!(pick(&after[list][0], &CHANGES), expected, "{list} {request}");
        }
        assert_eq!(after["total_revenue_usd"], 4.99);
    }
}

#[tokio::test]
async fn a_grace_period_that_is_over_is_no_longer_one() {
    let past = json!({
        "expires_at": "2024-02-15T10:30:00Z", "billing_issue_detected_at": "2024-02-15T10:30:00Z",
        "grace_period_expires_at": "2024-03-01T00:00:00Z",
    });
    let after = jane_after(&[subscription(past.clone())]).await;
    let level = pick(&after["access_levels"][0], &["expires_at", "is_in_grace_period"]);
    assert_eq!(level, json!(["2024-03-01T00:00:00+00:00", false]));
    let without = json!({"expires_at": "2040-02-15T10:30:00Z"});
    let after = jane_after(&[subscription(past), subscription(without)]).await;
    assert_eq!(after["access_levels"][0]["expires_at"], "2024-02-15T10:30:00+00:00");
}

#[tokio::test]
async fn the_end_of_a_grace_period_that_was_given_gives_way_to_the_requests() {
    let row = r#"{"store":"app_store","store_transaction_id":"1000000123456789","store_original_transaction_id":"1000000123456789","expires_at":"2041-01-01T00:00:00Z","is_in_grace_period":true}"#;
    let server = MockServer::start().await;
    let body = format!(r#"{{"data":{{"subscriptions":{{"premium_monthly":{row}}}}}}}"#);
    server.app("k").put_body(Identity::customer("given"), body);
    for end in ["2040-02-15T10:30:00Z", "2042-01-01T00:00:00Z"] {
        let request = subscription(json!({"expires_at": end}));
        let after = data(&transact(&server, "given", &request).await);
        let row = &after["subscriptions"]["premium_monthly"];
        assert_eq!(row["expires_at"], "2040-02-15T10:30:00+00:00", "{end}");
    }
}

#[tokio::test]
async fn a_refund_ends_the_access_and_takes_the_price_back_once() {
    let refund = json!({"refunded_at": "2024-02-01T00:00:00Z", "cancellation_reason": "refund"});
    for documented in [subscription(json!({})), one_time(json!({}))] {
        let refunded = with(&with(&documented, refund.clone()), json!({"price": price(1.0)}));
        for requests in [
            vec![documented.clone(), refunded.clone()],
            vec![documented.clone(), refunded.clone(), refunded.clone(), documented.clone()],
            vec![refunded.clone()],
            vec![refunded.clone(), documented.clone()],
        ] {
            let after = jane_after(&requests).await;
            let level = pick(&after["access_levels"][0], &["expires_at", "cancellation_reason"]);
            assert_eq!(level, json!(["2024-02-01T00:00:00+00:00", "refund"]), "{requests:?}");
            assert_eq!(after["total_revenue_usd"], 0.0, "{requests:?}");
            let row = match &after["subscriptions"][0] {
                Value::Null => after["non_subscriptions"][0]["is_refund"] == true,
                row => row["cancellation_reason"] == "refund",
            };
            assert!(row, "{requests:?}: {after}");
        }
    }
}

#[tokio::test]
async fn a_refund_never_makes_access_longer() {
    let late = json!({
        "expires_at": "2024-02-15T10:30:00Z", "refunded_at": "2045-01-01T00:00:00Z",
        "cancellation_reason": "refund",
    });
    let after = jane_after(&[subscription(late)]).await;
    assert_eq!(after["access_levels"][0]["expires_at"], "2024-02-15T10:30:00+00:00");
}

#[tokio::test]
async fn a_refund_of_an_earlier_period_takes_its_price_back_and_leaves_the_access() {
    let first = subscription(json!({}));
    let renewal = subscription(json!({
        "store_transaction_id": "2", "expires_at": "2041-01-01T00:00:00Z", "price": price(5.0),
    }));
    let refund = with(
        &first,
        json!({"refunded_at": "2024-02-01T00:00:00Z", "cancellation_reason": "refund"}),
    );
    let after = jane_after(&[first, renewal, refund]).await;
    assert_eq!(after["access_levels"][0]["expires_at"], "2041-01-01T00:00:00+00:00");
    assert!((after["total_revenue_usd"].as_f64().unwrap() - 5.0).abs() < 1e-9, "{after}");
}

#[tokio::test]
async fn a_revoked_level_is_given_again_by_a_renewal_and_not_by_the_same_ids() {
    let server = MockServer::start().await;
    let first = subscription(json!({}));
    transact(&server, JANE, &first).await;
    let at = r#"{"access_level_id": "premium", "revoke_at": "2039-08-29T09:33:42Z"}"#;
    revoke(&server, JANE, at).await;
    let after = data(&transact(&server, JANE, &first).await);
    assert_eq!(after["access_levels"][0]["expires_at"], "2039-08-29T09:33:42+00:00");
    let renewal = subscription(json!({"store_transaction_id": "2"}));
    let after = data(&transact(&server, JANE, &renewal).await);
    let level = pick(&after["access_levels"][0], &["expires_at", "cancellation_reason"]);
    assert_eq!(level, json!(["2040-02-15T10:30:00+00:00", null]));
}

#[tokio::test]
async fn a_product_gives_the_level_of_the_settings_and_a_consumable_none() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let mut settings = app.settings();
    settings.access_levels = Some(["vip".to_owned()].into());
    settings.product_access_levels = BTreeMap::from([
        ("premium_monthly".to_owned(), Some("vip".to_owned())),
        ("coins".to_owned(), None),
    ]);
    app.set_settings(settings);
    let after = data(&transact(&server, JANE, &subscription(json!({}))).await);
    assert_eq!(after["access_levels"][0]["access_level_id"], "vip");
    let coins = one_time(json!({"store_product_id": "coins"}));
    let after = data(&transact(&server, JANE, &coins).await);
    assert_eq!(after["access_levels"].as_array().map(Vec::len), Some(1));
    assert_eq!(after["non_subscriptions"][0]["is_consumable"], true);
    let seen = transact(&server, JANE, ONE_TIME).await;
    let documented = fixture!("grant_access_level.400.fragment.paid_access_level_does_not_exist");
    assert_eq!((seen.status(), seen.body().as_str()), (400, documented));
}

#[tokio::test]
async fn other_currencies_count_as_the_number_they_are() {
    let yen = json!({"price": {"country": "JP", "currency": "JPY", "value": 1200}});
    assert_eq!(jane_after(&[one_time(yen)]).await["total_revenue_usd"], 1200.0);
}

#[tokio::test]
async fn a_row_that_was_given_is_known_by_its_ids_and_keeps_what_else_it_says() {
    let row = r#"{"store":"app_store","store_transaction_id":"1000000123456789","store_original_transaction_id":"1000000123456789","expires_at":"2040-01-01T00:00:00.5Z","more":1.50}"#;
    let body = format!(
        r#"{{"data":{{"x":1e2,"total_revenue_usd":4.99,"subscriptions":{{"premium_monthly":{row}}},"access_levels":null}}}}"#
    );
    let server = MockServer::start().await;
    server.app("k").put_body(Identity::customer("given"), body);
    let request = subscription(json!({"billing_issue_detected_at": "2040-01-01T00:00:00Z"}));
    let seen = transact(&server, "given", &request).await;
    let after = data(&seen);
    let row = &after["subscriptions"]["premium_monthly"];
    assert_eq!(
        pick(row, &["expires_at", "billing_issue_detected_at", "more"]),
        json!(["2040-01-01T00:00:00.500000+00:00", "2040-01-01T00:00:00+00:00", 1.5])
    );
    assert!(seen.body().contains(r#"{"x":1e2,"total_revenue_usd":4.99,"#), "{}", seen.body());
    assert!(seen.body().contains(r#""more":1.50"#), "{}", seen.body());
    assert_eq!(after["access_levels"], Value::Null);
}

#[tokio::test]
async fn every_edition_shows_the_purchase() {
    for edition in [
        Edition::OlderPage,
        Edition::OlderObjectsPage,
        Edition::NewerPage,
        Edition::OpenApi,
        Edition::Rotate,
    ] {
        let server = MockServer::builder().edition(edition).start().await.unwrap();
        transact(&server, JANE, &subscription(json!({}))).await;
        for _ in 0..4 {
            let body = get(&server, "k", JANE).await.body();
            let profile = ProfileResponse::from_json(body.as_bytes());
            let profile = profile.expect("a profile").data;
            assert_eq!(profile.subscriptions.len(), 1, "{edition}");
            let end = profile.access_levels[0].expires_at.map(|end| end.year());
            assert_eq!(end, Some(2040), "{edition}");
            assert_eq!(profile.total_revenue_usd, Some(4.99), "{edition}");
        }
    }
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

#[tokio::test]
async fn a_revenue_that_is_no_number_stays_as_it_was_given() {
    let server = MockServer::start().await;
    let body = r#"{"data":{"total_revenue_usd":"much","access_levels":null}}"#;
    server.app("k").put_body(Identity::customer("given"), body);
    let after = data(&transact(&server, "given", &one_time(json!({}))).await);
    assert_eq!(after["total_revenue_usd"], "much");
    assert_eq!(after["access_levels"][0]["access_level_id"], "premium");
}
