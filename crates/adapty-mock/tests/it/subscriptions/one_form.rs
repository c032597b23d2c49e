//! What is begun over HTTP is that of Rust.

use adapty_mock::NewPurchase;
use serde_json::json;

use super::*;

/// Jane's profile and the subscription's state as its first payment of money has come and the next one has failed.
fn after_a_failed_payment(app: &App, id: &str) -> (Profile, String) {
    app.advance(period("P7D"));
    app.subscription(id).fail_payment();
    app.advance(period("P1M"));
    (without_ids(app), app.subscription(id).state())
}

/// Jane's profile, but for what is each app's own.
fn without_ids(app: &App) -> Profile {
    let mut profile = profile(app);
    profile.timestamp = None;
    for level in &mut profile.access_levels {
        (level.store_transaction_id, level.store_original_transaction_id) = (None, None);
    }
    for row in &mut profile.subscriptions {
        (row.store_transaction_id, row.store_original_transaction_id) = (None, None);
    }
    for row in &mut profile.non_subscriptions {
        row.purchase_id = None;
        (row.store_transaction_id, row.store_original_transaction_id) = (None, None);
    }
    profile
}

#[tokio::test]
async fn a_subscription_begun_over_http_is_that_of_rust_with_every_field_and_with_none() {
    let mut every = NewSubscription::new("p", period("P1M"))
        .trial(period("P7D"))
        .grace_period(period("P2M"))
        .price(5.5)
        .store("play_store")
        .access_level("vip");
    every.environment = "Sandbox".to_owned();
    for (json, new) in [
        (json!({}), NewSubscription::new("p", period("P1M"))),
        (
            json!({
                "trial": "P7D", "grace_period": "P2M", "price": 5.5, "store": "play_store",
                "environment": "Sandbox", "access_level_id": "vip",
            }),
            every,
        ),
    ] {
        let (_server, in_rust) = app().await;
        let expected = after_a_failed_payment(&in_rust, jane(&in_rust, new).id());
        let (server, over_http) = app().await;
        let mut body = json;
        for (name, value) in [("customer_user_id", JANE), ("product", "p"), ("period", "P1M")] {
            body[name] = value.into();
        }
        let (_, begun) = admin(&server, "POST subscriptions", "", &body.to_string()).await;
        let begun: Value = serde_json::from_str(&begun).expect("JSON");
        let id = begun["store_original_transaction_id"].as_str().expect("it has begun");
        assert_eq!(after_a_failed_payment(&over_http, id), expected, "{body}");
    }
}

#[tokio::test]
async fn a_purchase_made_over_http_is_that_of_rust_with_every_field_and_with_none() {
    let set = |consumable, access_level_id: Option<&str>| {
        let mut new = NewPurchase::new("p").price(5.5);
        (new.store, new.environment) = ("stripe".to_owned(), "Sandbox".to_owned());
        new.consumable = consumable;
        new.access_level_id = access_level_id.map(str::to_owned);
        new
    };
    let every = json!({
        "customer_user_id": JANE, "product": "p", "price": 5.5, "store": "stripe",
        "environment": "Sandbox", "consumable": false, "access_level_id": "vip",
    });
    let mut used_up = every.clone();
    (used_up["consumable"], used_up["access_level_id"]) = (true.into(), Value::Null);
    let none = json!({"customer_user_id": JANE, "product": "p"});
    for (body, new) in [
        (none, NewPurchase::new("p")),
        (every, set(false, Some("vip"))),
        (used_up, set(true, None)),
    ] {
        let (_server, in_rust) = app().await;
        in_rust.make_purchase(Identity::customer(JANE), new);
        let (server, over_http) = app().await;
        assert_eq!(admin(&server, "POST purchases", "", &body.to_string()).await.0, 200, "{body}");
        assert_eq!(without_ids(&over_http), without_ids(&in_rust), "{body}");
    }
}
