//! Which events a thing that happens brings about, and in which order.

use adapty_mock::{
    App, Identity, MockServer, NewPurchase, NewSubscription, ProductChange, SubscriptionHandle,
    adapty_model::time::OffsetDateTime,
};
use serde_json::{Value, json};

use super::{UPDATED, all_properties, drained, in_2030, jane, monthly, period};
use crate::admin::admin;
use crate::support::*;

/// The events of an app whose customer's subscription goes through a flow.
async fn flow(new: NewSubscription, steps: impl FnOnce(&App, &SubscriptionHandle)) -> Vec<String> {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let mut events = app.events();
    let subscription = jane(&app, new);
    steps(&app, &subscription);
    drained(&mut events)
}

#[tokio::test]
async fn a_paid_start_a_renewal_and_an_end_after_cancellation() {
    let events = flow(monthly(), |app, subscription| {
        app.advance(period("P1M"));
        subscription.cancel_renewal();
        app.advance(period("P1M"));
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_renewed",
        UPDATED,
        "subscription_renewal_cancelled",
        UPDATED,
        "subscription_expired",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_trial_that_is_cancelled_reactivated_and_converts() {
    let events = flow(monthly().trial(period("P7D")), |app, subscription| {
        subscription.cancel_renewal();
        subscription.reactivate();
        app.advance(period("P7D"));
    });
    let drawn = [
        "trial_started",
        UPDATED,
        "trial_renewal_cancelled",
        UPDATED,
        "trial_renewal_reactivated",
        UPDATED,
        "trial_converted",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_trial_that_ends_unpaid() {
    let events = flow(monthly().trial(period("P7D")), |app, subscription| {
        subscription.cancel_renewal();
        app.advance(period("P7D"));
    });
    let drawn =
        ["trial_started", UPDATED, "trial_renewal_cancelled", UPDATED, "trial_expired", UPDATED];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_failed_charge_with_grace_that_recovers_and_one_that_never_does() {
    let events = flow(monthly(), |app, subscription| {
        subscription.fail_payment();
        app.advance(period("P1M"));
        subscription.recover();
        subscription.fail_payment();
        app.advance(period("P3M"));
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "billing_issue_detected",
        "entered_grace_period",
        UPDATED,
        "subscription_renewed",
        UPDATED,
        "billing_issue_detected",
        "entered_grace_period",
        UPDATED,
        "subscription_expired",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_refund_a_repurchase_after_a_gap_and_a_reactivation() {
    let events = flow(monthly(), |app, subscription| {
        subscription.refund();
        app.advance(period("P1D"));
        subscription.renew();
        subscription.cancel_renewal();
        subscription.reactivate();
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_refunded",
        UPDATED,
        "subscription_renewed",
        UPDATED,
        "subscription_renewal_cancelled",
        UPDATED,
        "subscription_renewal_reactivated",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_pause_tells_of_itself_of_the_end_of_access_and_of_the_renewal() {
    let events = flow(monthly().store("play_store"), |app, subscription| {
        subscription.pause();
        app.advance(period("P2M"));
        subscription.resume();
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_paused",
        UPDATED,
        "subscription_renewed",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_pause_that_is_taken_back_before_it_begins_changes_no_access() {
    let events = flow(monthly().store("play_store"), |app, subscription| {
        subscription.pause();
        subscription.resume();
        app.advance(period("P1M"));
    });
    let drawn =
        ["subscription_started", UPDATED, "subscription_paused", "subscription_renewed", UPDATED];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn an_upgrade_refunds_the_old_product_and_a_downgrade_ends_it() {
    let events = flow(monthly(), |app, subscription| {
        subscription.change_product(ProductChange::now("pro"));
        subscription.change_product(ProductChange::at_period_end("basic"));
        app.advance(period("P1M"));
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_refunded",
        "subscription_started",
        UPDATED,
        UPDATED,
        UPDATED,
        "subscription_expired",
        "subscription_started",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_renewal_that_is_put_off_tells_of_itself_and_of_the_access_level() {
    let events = flow(monthly().store("play_store"), |_, subscription| {
        subscription.defer(period("P7D"));
    });
    assert_eq!(events.await, ["subscription_started", UPDATED, "subscription_deferred", UPDATED]);
}

#[tokio::test]
async fn a_profile_given_by_the_test_sends_nothing_and_writes_verbs_and_the_clock_each_do() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let mut events = app.events();
    let lifetime = fixture!("get_profile.200.newer-page.lifetime_premium");
    let whom = format!("adapty-customer-user-id: {LIFETIME}\r\n");
    for (what, headers, body) in [
        ("PUT profiles", "", lifetime),
        ("PATCH profiles", &whom, r#"{"data": {"access_levels": []}}"#),
        ("PUT customers/new", "", r#"{"premium": "+P1D"}"#),
        ("DELETE profiles", &whom, ""),
    ] {
        let (status, told) = admin(&server, what, headers, body).await;
        assert_eq!((status, drained(&mut events)), (200, vec![]), "{what}: {told}");
    }
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    assert_eq!(drained(&mut events), [UPDATED]);
    let subscription = jane(&app, monthly());
    assert_eq!(drained(&mut events), ["subscription_started", UPDATED]);
    subscription.cancel_renewal();
    assert_eq!(drained(&mut events), ["subscription_renewal_cancelled", UPDATED]);
    app.advance(period("P1M"));
    // First the access of the customer who was put for a day is over.
    assert_eq!(drained(&mut events), [UPDATED, "subscription_expired", UPDATED]);
}

#[tokio::test]
async fn one_time_purchases_their_refunds_and_grants() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let mut events = app.events();
    let jane = || Identity::customer(JANE);
    app.make_purchase(jane(), NewPurchase::new("coins").consumable());
    app.make_purchase(jane(), NewPurchase::new("lifetime")).refund();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    let drawn = [
        "non_subscription_purchase",
        "non_subscription_purchase",
        UPDATED,
        "non_subscription_purchase_refunded",
        UPDATED,
        UPDATED,
    ];
    assert_eq!(drained(&mut events), drawn);
}

/// The events of transactions of one chain, each with other fields of the documented request.
async fn transactions(documented: &str, fields: &[Value]) -> Vec<String> {
    let server = MockServer::start().await;
    let mut events = server.app("k").events();
    for fields in fields {
        let mut body: Value = serde_json::from_str(documented).expect("JSON");
        for (name, value) in fields.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let seen = transact(&server, JANE, &body.to_string()).await;
        assert_eq!(seen.status(), 200, "{}", seen.body());
    }
    drained(&mut events)
}

#[tokio::test]
async fn a_chain_whose_product_changed_goes_on_from_its_last_product() {
    let of = |id: &str, month: u8| {
        json!({"offer": null, "store_product_id": "other", "store_transaction_id": id,
            "purchased_at": format!("2024-0{month}-15T10:30:00Z"),
            "expires_at": format!("2024-0{}-15T10:30:00Z", month + 1)})
    };
    let trial = json!({"price": {"country": "US", "currency": "USD", "value": 0}});
    let drawn =
        ["trial_started", UPDATED, "trial_converted", UPDATED, "subscription_renewed", UPDATED];
    let documented = fixture!("set_transaction.request.openapi.subscription");
    assert_eq!(transactions(documented, &[trial, of("2", 3), of("3", 4)]).await, drawn);
}

#[tokio::test]
async fn a_transaction_over_the_api_sends_what_the_stores_own_would() {
    let subscription = fixture!("set_transaction.request.openapi.subscription");
    let trial = json!({"price": {"country": "US", "currency": "USD", "value": 0}});
    let renewal = json!({"offer": null, "store_transaction_id": "2"});
    let again = json!({"offer": null, "store_transaction_id": "2", "renew_status": false});
    let refund = json!({"offer": null, "store_transaction_id": "2",
        "refunded_at": "2024-01-20T00:00:00Z", "cancellation_reason": "refund"});
    let converted = [trial, renewal.clone(), again, refund];
    let drawn = [
        "trial_started",
        UPDATED,
        "trial_converted",
        UPDATED,
        UPDATED,
        "subscription_refunded",
        UPDATED,
    ];
    assert_eq!(transactions(subscription, &converted).await, drawn);
    let renewed = [json!({"offer": null}), renewal];
    let drawn = ["subscription_started", UPDATED, "subscription_renewed", UPDATED];
    assert_eq!(transactions(subscription, &renewed).await, drawn);
    let one_time = fixture!("set_transaction.request.openapi.one_time_purchase");
    let refund = json!({"refunded_at": "2024-01-20T00:00:00Z", "cancellation_reason": "refund"});
    let drawn =
        ["non_subscription_purchase", UPDATED, "non_subscription_purchase_refunded", UPDATED];
    assert_eq!(
        transactions(one_time, &[json!({}), json!({}), refund.clone(), refund]).await,
        drawn
    );
}

#[tokio::test]
async fn a_revocation_tells_of_the_access_level_alone() {
    let server = MockServer::start().await;
    let mut events = server.app("k").events();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    revoke(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    let told: Vec<Value> = std::iter::from_fn(|| events.try_next())
        .map(|event| serde_json::from_slice(&event.body).expect("JSON"))
        .collect();
    let is_active = |event: &Value| event["event_properties"]["is_active"].clone();
    assert_eq!(told.iter().map(is_active).collect::<Vec<_>>(), [true, false]);
    assert_eq!(told[1]["event_properties"]["cancellation_reason"], "adapty_revoked");
}

#[tokio::test]
async fn the_same_ids_again_tell_of_the_access_level_where_they_change_it() {
    let (server, app) = in_2030().await;
    let mut body: Value =
        serde_json::from_str(fixture!("set_transaction.request.openapi.subscription")).unwrap();
    body["offer"] = Value::Null;
    body["expires_at"] = "2030-02-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let mut events = app.events();
    transact(&server, JANE, &body.to_string()).await;
    assert_eq!(drained(&mut events), [""; 0]);
    body["billing_issue_detected_at"] = "2030-01-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let told = all_properties(&mut events);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, UPDATED);
    assert_eq!(told[0].1["billing_issue_detected_at"], "2030-01-01T00:00:00.000000+0000");
    body["grace_period_expires_at"] = "2030-02-17T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let told = all_properties(&mut events);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, UPDATED);
    assert_eq!(told[0].1["is_in_grace_period"], true);
    assert_eq!(told[0].1["expires_at"], "2030-02-17T00:00:00.000000+0000");
    transact(&server, JANE, &body.to_string()).await;
    assert_eq!(drained(&mut events), [""; 0]);
}

#[tokio::test]
async fn a_transaction_of_an_earlier_period_tells_of_itself_and_of_no_access_level() {
    let (server, app) = in_2030().await;
    let mut body: Value =
        serde_json::from_str(fixture!("set_transaction.request.openapi.subscription")).unwrap();
    (body["offer"], body["store_transaction_id"]) = (Value::Null, "2".into());
    body["expires_at"] = "2030-02-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let mut events = app.events();
    body["store_transaction_id"] = "1".into();
    body["expires_at"] = "2029-02-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    body["refunded_at"] = "2028-01-01T00:00:00Z".into();
    body["cancellation_reason"] = "refund".into();
    transact(&server, JANE, &body.to_string()).await;
    let told = all_properties(&mut events);
    let told: Vec<_> = told
        .iter()
        .map(|(event_type, it)| {
            let end = it["subscription_expires_at"].as_str().expect("a date");
            (event_type.as_str(), it["transaction_id"].as_str().expect("an id"), &end[..4])
        })
        .collect();
    assert_eq!(
        told,
        [("subscription_renewed", "1", "2029"), ("subscription_refunded", "1", "2028")]
    );
}
