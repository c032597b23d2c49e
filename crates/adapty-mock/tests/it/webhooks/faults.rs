//! Faults of delivery.

use adapty_mock::{DeliveryFault, DeliveryPlan};
use serde_json::{Value, json};

use super::{AUTHORIZATION, Received, UPDATED, delivering, period};
use crate::admin::{admin, mistake};
use crate::support::*;

/// What a receiver got of three grants of 1, 2 and 3 days, delivered under a plan.
async fn under(plan: DeliveryPlan) -> (Vec<String>, Vec<Received>, Value) {
    let (server, app, receiver) = delivering().await;
    app.put_delivery_faults(plan);
    for day in 1..=3 {
        let body = format!(
            r#"{{"access_level_id": "premium", "expires_at": "2030-02-0{day}T00:00:00Z"}}"#
        );
        grant(&server, JANE, &body).await;
    }
    app.flush_webhooks().await;
    let received = receiver.received()[1..].to_vec();
    let day = |event: &Received| {
        let event: Value = serde_json::from_str(&event.body).unwrap_or_default();
        event["event_properties"]["expires_at"]
            .as_str()
            .map_or("broken".to_owned(), |at| at[9..10].to_owned())
    };
    let (_, told) = admin(&server, "GET webhook/deliveries", "", "").await;
    (received.iter().map(day).collect(), received, told)
}

#[tokio::test]
async fn a_delivery_may_be_doubled_changed_in_order_dropped_or_broken() {
    let plan = |fault| DeliveryPlan::new().then(fault);
    assert_eq!(under(DeliveryPlan::new()).await.0, ["1", "2", "3"]);
    assert_eq!(under(plan(DeliveryFault::Duplicate)).await.0, ["1", "1", "2", "3"]);
    assert_eq!(under(plan(DeliveryFault::Reorder)).await.0, ["2", "1", "3"]);
    assert_eq!(under(plan(DeliveryFault::Reorder).forever()).await.0, ["2", "1", "3"]);
    assert_eq!(under(plan(DeliveryFault::BrokenBody)).await.0, ["broken", "2", "3"]);
    assert_eq!(under(plan(DeliveryFault::SlowBody { delay_ms: 0 })).await.0, ["1", "2", "3"]);
    for fault in [
        DeliveryFault::Duplicate,
        DeliveryFault::Reorder,
        DeliveryFault::BrokenBody,
        DeliveryFault::SlowBody { delay_ms: 0 },
    ] {
        let (_, _, told) = under(plan(fault.clone())).await;
        let deliveries = told["deliveries"].as_array().expect("deliveries");
        let named = deliveries.iter().filter(|it| it["fault"] == fault.name()).count();
        let twice = matches!(fault, DeliveryFault::Duplicate);
        assert_eq!(named, if twice { 2 } else { 1 }, "{told}");
        assert_eq!(deliveries.last().expect("one")["fault"], "none", "{told}");
    }
    let (days, _, told) = under(plan(DeliveryFault::Drop)).await;
    assert_eq!(
        (days, &told["deliveries"][0]["fault"]),
        (vec!["2".to_owned(), "3".to_owned()], &json!("drop"))
    );
}

#[tokio::test]
async fn a_delivery_with_a_wrong_authorization_stays_wrong() {
    let (_, received, _) = under(DeliveryPlan::new().then(DeliveryFault::WrongAuthorization)).await;
    assert!(
        received[0].head.contains("\r\nauthorization: not-the-configured-text"),
        "{}",
        received[0].head
    );
    assert!(received[1].head.contains(AUTHORIZATION));
}

#[tokio::test]
async fn a_connection_reset_is_a_failed_attempt_and_retried() {
    let (server, app, receiver) = delivering().await;
    app.put_delivery_faults(DeliveryPlan::new().then(DeliveryFault::ConnectionReset));
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    assert!(receiver.events().is_empty());
    let (_, told) = admin(&server, "GET webhook/deliveries", "", "").await;
    let attempt = &told["deliveries"][0]["attempts"][0];
    assert_eq!(attempt["status"], Value::Null);
    assert_eq!(
        attempt["error"],
        "the connection was reset half-way through the body, by its fault"
    );
    assert_eq!(told["deliveries"][0]["next_attempt"], "2030-01-01T00:01:00+00:00");
    app.advance(period("PT1M"));
    app.flush_webhooks().await;
    assert_eq!(receiver.events(), [UPDATED]);
}

#[tokio::test]
async fn an_event_that_was_dropped_can_be_delivered_all_the_same() {
    let (server, app, receiver) = delivering().await;
    app.put_delivery_faults(DeliveryPlan::new().then(DeliveryFault::Drop));
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    let why = app.undelivered()[0].last_failure.clone();
    assert_eq!(why.as_deref(), Some("dropped by its fault"));
    receiver.answers([500]);
    admin(&server, "POST webhook/deliveries/1/redeliver", "", "").await;
    assert_eq!(app.undelivered()[0].last_failure.as_deref(), Some("status 500"));
    admin(&server, "POST webhook/deliveries/1/redeliver", "", "").await;
    assert_eq!((receiver.events().len(), app.undelivered_events()), (2, 0));
}

#[tokio::test]
async fn an_event_held_for_the_next_is_listed_and_goes_out_within_a_minute() {
    let (server, app, receiver) = delivering().await;
    app.put_delivery_faults(DeliveryPlan::new().then(DeliveryFault::Reorder));
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    assert_eq!(app.undelivered()[0].attempts, 0);
    let (_, told) = admin(&server, "GET webhook/deliveries", "", "").await;
    let held = &told["deliveries"][0];
    assert_eq!((&held["fault"], &held["attempts"]), (&json!("reorder"), &json!([])));
    assert_eq!(held["next_attempt"], "2030-01-01T00:01:00+00:00");
    assert!(receiver.events().is_empty());
    admin(&server, "POST clock/advance", "", r#"{"by": "PT1M"}"#).await;
    assert_eq!((receiver.events().len(), app.undelivered_events()), (1, 0));
}

#[tokio::test]
async fn an_event_held_for_the_next_goes_out_as_the_faults_are_taken_away_or_replaced() {
    for what in ["DELETE webhook/faults", "PUT webhook/faults"] {
        let (server, app, receiver) = delivering().await;
        app.put_delivery_faults(DeliveryPlan::new().then(DeliveryFault::Reorder));
        grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
        let body = if what.starts_with("PUT") { r#"{"steps": []}"# } else { "" };
        admin(&server, what, "", body).await;
        assert_eq!((receiver.events().len(), app.undelivered_events()), (1, 0), "{what}");
    }
}

#[tokio::test]
async fn a_delayed_delivery_waits_for_the_apps_time() {
    let (server, app, receiver) = delivering().await;
    let faults = r#"{"steps": [{"fault": {"delay": {"by": "PT1H"}}}]}"#;
    assert_eq!(admin(&server, "PUT webhook/faults", "", faults).await.1, json!({"steps": 1}));
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    assert!(receiver.events().is_empty());
    admin(&server, "POST clock/advance", "", r#"{"by": "PT1H"}"#).await;
    assert_eq!(receiver.events(), [UPDATED]);
}

#[tokio::test]
async fn a_plan_of_deliveries_is_checked_as_one_of_answers_is() {
    let (server, app, receiver) = delivering().await;
    let zero = r#"{"steps": [{"fault": "drop"}, {"fault": "drop", "count": 0}]}"#;
    for what in ["PUT webhook/faults", "PUT faults"] {
        let body = zero.replace("drop", "none");
        let told = "body: steps[1].count: is 0, and a step is done once at least";
        assert_eq!(mistake(&server, what, "", &body).await, (400, told.to_owned()), "{what}");
    }
    let put = r#"{"steps": [{"fault": "drop", "count": 2}, {"fault": "reorder"}]}"#;
    admin(&server, "PUT webhook/faults", "", put).await;
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    assert!(receiver.events().is_empty());
    let left = json!({"steps": [{"fault": "drop", "count": 1}, {"fault": "reorder", "count": 1}]});
    assert_eq!(admin(&server, "GET webhook/faults", "", "").await, (200, left));
    admin(&server, "DELETE webhook/faults", "", "").await;
    assert_eq!(admin(&server, "GET webhook/faults", "", "").await, (200, json!({"steps": []})));
}
