//! What a new transaction makes of a profile: a first one, a renewal, one that comes late.

use std::collections::BTreeMap;

use adapty_mock::{Edition, Identity, MockServer, adapty_model::ProfileResponse};
use serde_json::{Value, json};

use super::{ONE_TIME, jane_after, one_time, pick, price, subscription, with};
use crate::support::*;

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
async fn a_revenue_that_is_no_number_stays_as_it_was_given() {
    let server = MockServer::start().await;
    let body = r#"{"data":{"total_revenue_usd":"much","access_levels":null}}"#;
    server.app("k").put_body(Identity::customer("given"), body);
    let after = data(&transact(&server, "given", &one_time(json!({}))).await);
    assert_eq!(after["total_revenue_usd"], "much");
    assert_eq!(after["access_levels"][0]["access_level_id"], "premium");
}
