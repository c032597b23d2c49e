//! What the same ids again change: billing issue, grace period, renewal, refund.

use adapty_mock::{Identity, MockServer};
use serde_json::{Value, json};

use super::{jane_after, one_time, pick, price, subscription, with, with_fields};
use crate::support::*;

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
