//! What an event says of the purchase and of access; of money, `prices`.

use adapty_mock::{EventStream, Identity, MockServer, NewPurchase};
use serde_json::{Value, json};

use super::{UPDATED, all_properties, delivering, in_2030, jane, monthly, period};
use crate::support::*;

#[tokio::test]
async fn an_event_of_a_purchase_says_what_the_documents_list_and_makes_nothing_up() {
    let (_server, app, receiver) = delivering().await;
    let subscription = jane(&app, monthly().trial(period("P7D")));
    app.advance(period("P7D"));
    app.flush_webhooks().await;
    let started = receiver.received()[1].json();
    let properties = &started["event_properties"];
    assert_eq!(started["event_datetime"], "2030-01-01T00:00:00.000000+0000");
    assert_eq!(
        (&started["customer_user_id"], &started["event_api_version"]),
        (&json!(JANE), &json!(1))
    );
    assert_eq!(properties["vendor_product_id"], "premium_monthly");
    assert_eq!(properties["original_transaction_id"], subscription.id());
    assert_eq!(properties["subscription_expires_at"], "2030-01-08T00:00:00.000000+0000");
    assert_eq!(
        (&properties["price_usd"], &properties["trial_duration"]),
        (&Value::Null, &json!("7 days"))
    );
    assert_eq!(properties["store_offer_discount_type"], "free_trial");
    assert_eq!(properties["profile_has_access_level"], true);
    for unknown in
        ["proceeds_usd", "net_revenue_usd", "tax_amount_usd", "store_country", "paywall_name"]
    {
        assert_eq!(properties.get(unknown), None, "{unknown}");
    }
    let converted = receiver.received()[3].json();
    assert_eq!(converted["event_properties"]["price_usd"], 10.0);
    assert_eq!(converted["event_properties"]["profile_total_revenue_usd"], 10.0);
    let ids: std::collections::HashSet<_> = receiver.received()[1..]
        .iter()
        .map(|event| event.json()["event_properties"]["profile_event_id"].to_string())
        .collect();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn the_event_of_an_access_level_says_what_access_is_afterwards() {
    let (_server, app, receiver) = delivering().await;
    let subscription = jane(&app, monthly());
    subscription.fail_payment();
    app.advance(period("P1M"));
    app.flush_webhooks().await;
    let properties = receiver.received().last().unwrap().json()["event_properties"].clone();
    assert_eq!(
        (&properties["is_active"], &properties["is_in_grace_period"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(properties["expires_at"], "2030-02-17T00:00:00.000000+0000");
    assert_eq!(
        (&properties["will_renew"], &properties["is_lifetime"]),
        (&json!(true), &json!(false))
    );
    app.advance(period("P2M"));
    app.flush_webhooks().await;
    let properties = receiver.received().last().unwrap().json()["event_properties"].clone();
    assert_eq!(
        (&properties["is_active"], &properties["will_renew"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(properties["cancellation_reason"], "billing_error");
}

/// The properties of each event of a type so far.
fn properties(events: &mut EventStream, event_type: &str) -> Vec<Value> {
    let told = all_properties(events).into_iter();
    told.filter(|(known, _)| known == event_type).map(|(_, properties)| properties).collect()
}

#[tokio::test]
async fn the_event_of_an_access_level_is_of_the_row_that_gives_it() {
    let (_server, app) = in_2030().await;
    let jane_id = || Identity::customer(JANE);
    app.make_purchase(jane_id(), NewPurchase::new("lifetime"));
    let subscription = jane(&app, monthly());
    let mut events = app.events();
    subscription.cancel_renewal();
    subscription.expire();
    subscription.renew();
    subscription.refund();
    let told: Vec<_> = properties(&mut events, UPDATED);
    assert_eq!(told.len(), 4);
    for properties in told {
        assert_eq!(properties["is_active"], true);
        assert_eq!(properties["is_lifetime"], true);
        assert_eq!(properties["vendor_product_id"], "lifetime");
        assert_eq!(properties["is_refund"], false);
    }
}

#[tokio::test]
async fn a_row_that_gives_access_now_comes_before_one_that_will_for_longer() {
    let (server, app) = in_2030().await;
    grant(&server, JANE, r#"{"access_level_id": "premium", "starts_at": "2040-01-01T00:00:00Z"}"#)
        .await;
    let mut events = app.events();
    let subscription = jane(&app, monthly());
    let told = properties(&mut events, UPDATED);
    assert_eq!(
        (&told[0]["is_active"], &told[0]["vendor_product_id"]),
        (&json!(true), &json!("premium_monthly"))
    );
    subscription.expire();
    let told = properties(&mut events, UPDATED);
    assert_eq!(
        (&told[0]["is_active"], &told[0]["starts_at"]),
        (&json!(false), &json!("2040-01-01T00:00:00.000000+0000"))
    );
}

#[tokio::test]
async fn the_length_of_a_trial_is_that_of_its_own_days() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    jane(&app, monthly().trial(period("P1M")));
    app.advance(period("P1M"));
    let told = all_properties(&mut events);
    let lengths: Vec<_> =
        told.iter().filter_map(|(_, properties)| properties.get("trial_duration")).collect();
    // Of the start, of the level in its trial, and of the conversion.
    assert_eq!(lengths, ["31 days", "31 days", "31 days"]);
}

#[tokio::test]
async fn the_grace_period_is_told_of_with_the_payment_that_fails() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    jane(&app, monthly()).fail_payment();
    let told = all_properties(&mut events);
    assert_eq!(told[2].0, "billing_issue_detected");
    assert_eq!(told[2].1["subscription_expires_at"], "2030-02-17T00:00:00.000000+0000");
    assert_eq!(told[3].0, "entered_grace_period");
    assert_eq!(told[4].1["is_in_grace_period"], true);
}

#[tokio::test]
async fn no_two_events_or_profiles_of_any_app_server_or_reset_share_an_id() {
    let mut ids = std::collections::HashSet::new();
    let mut made = 0;
    for _ in 0..2 {
        let server = MockServer::start().await;
        for key in ["one", "other", "one"] {
            let app = server.app(key);
            app.reset();
            let mut events = app.events();
            for customer in ["a", "b"] {
                app.start_subscription(Identity::customer(customer), monthly());
            }
            let told = all_properties(&mut events);
            let event_ids = told.iter().map(|(_, it)| it["profile_event_id"].to_string());
            let profile_ids = told.iter().filter(|(event_type, _)| event_type != UPDATED);
            let profile_ids = profile_ids.map(|(_, it)| it["profile_id"].to_string());
            made += 6;
            ids.extend(event_ids.chain(profile_ids));
        }
    }
    assert_eq!(ids.len(), made);
}

#[tokio::test]
async fn a_level_whose_beginning_cannot_be_read_is_not_told_to_be_active() {
    let (server, app) = in_2030().await;
    let body = r#"{"data":{"access_levels":[{"access_level_id":"vip","starts_at":"soon","expires_at":null}]}}"#;
    app.put_body(Identity::customer("given"), body);
    let mut events = app.events();
    grant(
        &server,
        "given",
        r#"{"access_level_id": "premium", "expires_at": "2029-01-01T00:00:00Z"}"#,
    )
    .await;
    let told = properties(&mut events, UPDATED);
    assert_eq!(told[0]["profile_has_access_level"], false);
}
