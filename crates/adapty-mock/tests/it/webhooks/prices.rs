//! What an event says of money.

use adapty_mock::{EventStream, Identity, ProductChange};
use serde_json::{Value, json};

use super::{UPDATED, all_properties, in_2030, jane, monthly, period};
use crate::support::*;

/// The price, and how many charges there were in a row, that each event of a purchase tells.
fn prices(events: &mut EventStream) -> Vec<(String, Value, Value)> {
    let told = all_properties(events);
    let told = told.into_iter().filter(|(event_type, _)| event_type != UPDATED);
    let price = |(event_type, properties): (String, Value)| {
        assert_eq!(properties["price_usd"], properties["price_local"], "{event_type}");
        assert_eq!(properties["currency"], "USD", "{event_type}");
        (event_type, properties["price_usd"].clone(), properties["consecutive_payments"].clone())
    };
    told.map(price).collect()
}

/// As `prices` tells them.
fn priced(expected: &[(&str, Option<f64>, u32)]) -> Vec<(String, Value, Value)> {
    let told = expected.iter();
    told.map(|(event, price, count)| ((*event).to_owned(), json!(price), json!(count))).collect()
}

#[tokio::test]
async fn an_event_tells_the_price_of_its_transaction_though_nothing_is_charged() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    let subscription = jane(&app, monthly().store("play_store"));
    app.advance(period("P1M"));
    subscription.pause();
    subscription.resume();
    subscription.cancel_renewal();
    subscription.reactivate();
    subscription.fail_payment();
    app.advance(period("P2M"));
    let expected = [
        ("subscription_started", Some(10.0), 1),
        ("subscription_renewed", Some(10.0), 2),
        ("subscription_paused", Some(10.0), 2),
        ("subscription_renewal_cancelled", Some(10.0), 2),
        ("subscription_renewal_reactivated", Some(10.0), 2),
        ("billing_issue_detected", Some(10.0), 2),
        ("entered_grace_period", Some(10.0), 2),
        ("subscription_expired", Some(10.0), 2),
    ];
    assert_eq!(prices(&mut events), priced(&expected));
    subscription.renew();
    assert_eq!(prices(&mut events), priced(&[("subscription_renewed", Some(10.0), 1)]));
}

#[tokio::test]
async fn a_free_trial_has_no_price_and_a_charge_of_nothing_has() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    let subscription = jane(&app, monthly().trial(period("P1M")).price(0.0));
    subscription.cancel_renewal();
    subscription.reactivate();
    app.advance(period("P1M"));
    let expected = [
        ("trial_started", None, 0),
        ("trial_renewal_cancelled", None, 0),
        ("trial_renewal_reactivated", None, 0),
        ("trial_converted", Some(0.0), 1),
    ];
    assert_eq!(prices(&mut events), priced(&expected));
}

#[tokio::test]
async fn an_upgrade_pays_back_the_price_of_what_it_replaces() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    let subscription = jane(&app, monthly());
    subscription.change_product(ProductChange::now("pro").price(25.0));
    let expected = [
        ("subscription_started", Some(10.0), 1),
        ("subscription_refunded", Some(10.0), 1),
        ("subscription_started", Some(25.0), 2),
    ];
    assert_eq!(prices(&mut events), priced(&expected));
    let body = app.body(Identity::customer(JANE)).expect("a profile");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["data"]["total_revenue_usd"], 25.0);
    subscription.change_product(ProductChange::at_period_end("basic").price(5.0));
    app.advance(period("P1M"));
    let expected =
        [("subscription_expired", Some(25.0), 2), ("subscription_started", Some(5.0), 3)];
    assert_eq!(prices(&mut events), priced(&expected));
    subscription.refund();
    assert_eq!(prices(&mut events), priced(&[("subscription_refunded", Some(5.0), 3)]));
}

#[tokio::test]
async fn a_trial_that_is_left_for_another_product_expires_and_nothing_is_paid_back() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    let subscription = jane(&app, monthly().trial(period("P7D")));
    subscription.change_product(ProductChange::now("pro"));
    let expected = [
        ("trial_started", None, 0),
        ("trial_expired", None, 0),
        ("subscription_started", Some(10.0), 1),
    ];
    assert_eq!(prices(&mut events), priced(&expected));
}

#[tokio::test]
async fn a_transaction_tells_the_currency_it_states_and_no_money_that_it_does_not() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let yen = json!({"country": "JP", "currency": "JPY", "value": 1200});
    let mut body: Value =
        serde_json::from_str(fixture!("set_transaction.request.openapi.subscription")).unwrap();
    (body["offer"], body["price"]) = (Value::Null, yen);
    assert_eq!(transact(&server, JANE, &body.to_string()).await.status(), 200);
    // What was paid is paid back, whatever the refund says of the price.
    body["price"] = json!({"country": "US", "currency": "USD", "value": 7});
    body["refunded_at"] = "2024-01-20T00:00:00Z".into();
    body["cancellation_reason"] = "refund".into();
    assert_eq!(transact(&server, JANE, &body.to_string()).await.status(), 200);
    let told = all_properties(&mut events);
    let told: Vec<_> = told.iter().filter(|(event_type, _)| event_type != UPDATED).collect();
    assert_eq!(told.len(), 2);
    for (event_type, properties) in told {
        assert_eq!(properties["currency"], "JPY", "{event_type}");
        assert_eq!(properties["price_local"], 1200.0, "{event_type}");
        for unknown in ["price_usd", "consecutive_payments", "rate_after_first_year"] {
            assert_eq!(properties.get(unknown), None, "{event_type}: {unknown}");
        }
    }
}

#[tokio::test]
async fn a_transaction_in_dollars_tells_them_and_one_of_a_trial_none() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let mut body: Value =
        serde_json::from_str(fixture!("set_transaction.request.openapi.subscription")).unwrap();
    body["price"]["value"] = json!(0);
    transact(&server, JANE, &body.to_string()).await;
    let one_time = fixture!("set_transaction.request.openapi.one_time_purchase");
    transact(&server, JANE, one_time).await;
    let told = all_properties(&mut events);
    assert_eq!((told[0].0.as_str(), &told[0].1["price_usd"]), ("trial_started", &Value::Null));
    assert_eq!((&told[2].1["price_usd"], &told[2].1["price_local"]), (&json!(9.99), &json!(9.99)));
    assert_eq!(told[2].1["consecutive_payments"], 1);
}

#[tokio::test]
async fn a_trial_that_was_paused_converts_when_it_resumes() {
    let (_server, app) = in_2030().await;
    let subscription = jane(&app, monthly().trial(period("P7D")).store("play_store"));
    let mut events = app.events();
    subscription.pause();
    app.advance(period("P1M"));
    subscription.resume();
    let expected = [("subscription_paused", None, 0), ("trial_converted", Some(10.0), 1)];
    assert_eq!(prices(&mut events), priced(&expected));
}
