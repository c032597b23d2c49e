//! Access that begins or ends by a date alone is told of when the app's clock passes it; and however much
//! passes, other apps are answered meanwhile.

use std::time::Duration;

use adapty_mock::{
    App, DeliveryFault, DeliveryPlan, EventStream, MockServer, NewSubscription, Period,
};
use adapty_model::{
    Identity,
    time::{self, OffsetDateTime},
};
use serde_json::Value;
use tokio::time::timeout;

use crate::support::{admin, fixture, get, grant, revoke, transact};

const ME: &str = "me";

async fn in_2030() -> (MockServer, App) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    admin(&server, "PUT customers/me", "", "{}").await;
    (server, app)
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

/// Each event so far: its type, the day on which it happened, and whether the level is active by it.
fn told(events: &mut EventStream) -> Vec<(String, String, Option<bool>)> {
    let told = std::iter::from_fn(|| events.try_next());
    told.map(|event| {
        let body: Value = serde_json::from_slice(&event.body).expect("JSON");
        let properties = &body["event_properties"];
        let at = properties["event_datetime"].as_str().unwrap_or_default();
        let day = at.get(..10).unwrap_or_default().to_owned();
        (event.event_type.to_owned(), day, properties["is_active"].as_bool())
    })
    .collect()
}

fn level(day: &str, is_active: bool) -> (String, String, Option<bool>) {
    ("access_level_updated".to_owned(), day.to_owned(), Some(is_active))
}

fn purchase(event_type: &str, day: &str) -> (String, String, Option<bool>) {
    (event_type.to_owned(), day.to_owned(), None)
}

#[tokio::test]
async fn a_grant_is_told_of_when_it_begins_and_when_it_ends() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let body = r#"{"access_level_id": "premium", "starts_at": "2030-01-05T00:00:00Z", "expires_at": "2030-01-09T00:00:00Z"}"#;
    grant(&server, ME, body).await;
    assert_eq!(told(&mut events), [level("2030-01-01", false)]);
    app.advance(period("P4D"));
    assert_eq!(told(&mut events), [level("2030-01-05", true)]);
    app.advance(period("P1Y"));
    assert_eq!(told(&mut events), [level("2030-01-09", false)]);
    app.advance(period("P1Y"));
    assert_eq!(told(&mut events), []);
}

#[tokio::test]
async fn a_revocation_at_a_date_is_told_of_again_on_that_date() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    grant(&server, ME, r#"{"access_level_id": "premium"}"#).await;
    let body = r#"{"access_level_id": "premium", "revoke_at": "2030-01-05T00:00:00Z"}"#;
    revoke(&server, ME, body).await;
    app.advance(period("P10D"));
    let expected =
        [level("2030-01-01", true), level("2030-01-01", true), level("2030-01-05", false)];
    assert_eq!(told(&mut events), expected);
}

#[tokio::test]
async fn a_transaction_whose_end_passes_has_expired() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let documented = fixture!("set_transaction.request.openapi.subscription");
    let mut body: Value = serde_json::from_str(documented).expect("JSON");
    body["offer"] = Value::Null;
    body["expires_at"] = "2030-02-01T00:00:00Z".into();
    transact(&server, ME, &body.to_string()).await;
    app.advance(period("P3M"));
    let expected = [
        purchase("subscription_started", "2030-01-01"),
        level("2030-01-01", true),
        purchase("subscription_expired", "2030-02-01"),
        level("2030-02-01", false),
    ];
    let seen: Vec<_> = told(&mut events);
    // The first is of the transaction's own date.
    assert_eq!(
        seen.iter().map(|it| (&it.0, it.2)).collect::<Vec<_>>(),
        expected.each_ref().map(|it| (&it.0, it.2))
    );
    assert_eq!(seen[2..], expected[2..]);
}

#[tokio::test]
async fn the_end_of_a_transaction_that_is_refunded_is_told_of_once() {
    let (server, app) = in_2030().await;
    let documented = fixture!("set_transaction.request.openapi.subscription");
    let mut body: Value = serde_json::from_str(documented).expect("JSON");
    body["offer"] = Value::Null;
    body["expires_at"] = "2030-02-01T00:00:00Z".into();
    transact(&server, ME, &body.to_string()).await;
    body["refunded_at"] = "2030-01-01T00:00:00Z".into();
    body["cancellation_reason"] = "refund".into();
    let mut events = app.events();
    transact(&server, ME, &body.to_string()).await;
    app.advance(period("P3M"));
    let seen: Vec<_> = told(&mut events).into_iter().map(|it| it.0).collect();
    assert_eq!(seen, ["subscription_refunded", "access_level_updated"]);
}

#[tokio::test]
async fn what_a_subscription_that_lives_tells_of_is_not_told_twice() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let subscription =
        app.start_subscription(Identity::customer(ME), NewSubscription::new("p", period("P1M")));
    subscription.cancel_renewal();
    // The other level ends at the same instant, by its date alone.
    let body = r#"{"access_level_id": "vip", "expires_at": "2030-02-01T00:00:00Z"}"#;
    let mut settings = app.settings();
    settings.access_levels = Some(["premium", "vip"].map(str::to_owned).into());
    app.set_settings(settings);
    grant(&server, ME, body).await;
    told(&mut events);
    app.advance(period("P1Y"));
    let expected = [
        purchase("subscription_expired", "2030-02-01"),
        level("2030-02-01", false),
        level("2030-02-01", false),
    ];
    assert_eq!(told(&mut events), expected);
}

#[tokio::test]
async fn access_that_goes_on_by_another_row_is_told_of_when_that_ends() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let subscription =
        app.start_subscription(Identity::customer(ME), NewSubscription::new("p", period("P1M")));
    subscription.cancel_renewal();
    grant(&server, ME, r#"{"access_level_id": "premium", "expires_at": "2030-03-01T00:00:00Z"}"#)
        .await;
    told(&mut events);
    app.advance(period("P1Y"));
    let expected = [
        purchase("subscription_expired", "2030-02-01"),
        level("2030-02-01", true),
        level("2030-03-01", false),
    ];
    assert_eq!(told(&mut events), expected);
}

#[tokio::test]
async fn a_stated_period_ends_with_an_event_of_its_level_though_another_row_gives_it_still() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    let documented = fixture!("set_transaction.request.openapi.subscription");
    let mut body: Value = serde_json::from_str(documented).expect("JSON");
    body["offer"] = Value::Null;
    body["expires_at"] = "2030-02-01T00:00:00Z".into();
    assert_eq!(transact(&server, ME, &body.to_string()).await.status(), 200);
    grant(&server, ME, r#"{"access_level_id": "premium", "expires_at": "2030-03-01T00:00:00Z"}"#)
        .await;
    told(&mut events);
    app.advance(period("P1Y"));
    let expected = [
        purchase("subscription_expired", "2030-02-01"),
        level("2030-02-01", true),
        level("2030-03-01", false),
    ];
    assert_eq!(told(&mut events), expected);
}

#[tokio::test]
async fn a_profile_that_was_there_before_anyone_listened_is_told_of_too() {
    let (server, app) = in_2030().await;
    admin(&server, "PUT customers/me", "", r#"{"premium": "+P1D"}"#).await;
    let mut events = app.events();
    app.advance(period("P2D"));
    // A subscription of the profile, which nobody set by a transaction, has no event of its own.
    assert_eq!(told(&mut events), [level("2030-01-02", false)]);
}

#[tokio::test]
async fn a_clock_that_goes_back_lets_dates_pass_again() {
    let (server, app) = in_2030().await;
    let mut events = app.events();
    grant(&server, ME, r#"{"access_level_id": "premium", "expires_at": "2030-01-05T00:00:00Z"}"#)
        .await;
    app.advance(period("P10D"));
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    app.advance(period("P10D"));
    let expected =
        [level("2030-01-01", true), level("2030-01-05", false), level("2030-01-05", false)];
    assert_eq!(told(&mut events), expected);
}

#[tokio::test]
async fn a_long_way_of_one_clock_keeps_no_other_app_waiting() {
    let (server, app) = in_2030().await;
    app.start_subscription(Identity::customer(ME), NewSubscription::new("p", period("PT1M")));
    let other = server.app("other");
    other.put_json(r#"{"data": {"customer_user_id": "jane"}}"#);
    let far = admin(&server, "POST clock/advance", "", r#"{"by": "P100Y"}"#);
    let near = async {
        // A watchdog: an advance of which nobody sees the end would never let this in.
        let seen = timeout(Duration::from_secs(60), get(&server, "other", "jane"));
        assert_eq!(seen.await.expect("others are answered").status(), 200);
    };
    tokio::select! {
        biased;
        (status, _) = far => panic!("it ended at once, with {status}"),
        () = near => {}
    }
}

#[tokio::test]
async fn a_clock_that_is_real_again_and_so_goes_back_lets_dates_pass_again() {
    let (server, app) = in_2030().await;
    app.set_clock(OffsetDateTime::from_unix_timestamp(4_102_444_800).expect("a date"));
    let mut events = app.events();
    grant(&server, ME, r#"{"access_level_id": "premium", "expires_at": "2100-01-05T00:00:00Z"}"#)
        .await;
    let then = app.now() + time::Duration::days(10);
    app.advance_to(then);
    app.reset_clock();
    app.advance_to(then);
    let expected =
        [level("2100-01-01", true), level("2100-01-05", false), level("2100-01-05", false)];
    assert_eq!(told(&mut events), expected);
}

#[tokio::test]
async fn nothing_is_told_of_a_profile_by_the_dates_of_one_whose_place_it_took() {
    let (_server, app) = in_2030().await;
    let mut events = app.events();
    let premium = |ids: &str, end: &str| {
        let level = format!(r#"{{"access_level_id":"premium","expires_at":"{end}"}}"#);
        app.put_json(format!(r#"{{"data":{{{ids},"access_levels":[{level}]}}}}"#));
    };
    let (mine, another) = (r#""customer_user_id":"mine""#, "7f9d1a43-1d0a-4a67-9d3b-2a3a9c1f0001");
    premium(mine, "2030-01-05T00:00:00Z");
    premium(&format!(r#"{mine},"profile_id":"{another}""#), "2029-01-01T00:00:00Z");
    app.advance(period("P10D"));
    assert_eq!(told(&mut events), []);
}

#[tokio::test]
async fn dates_that_count_from_the_clock_are_told_of_as_they_now_are() {
    let counted = r#"{"data":{"customer_user_id":"me","access_levels":[{"access_level_id":"premium","expires_at":"+P1D"}]}}"#;
    let builder = MockServer::builder().profile_json(counted).expect("a profile");
    let server = builder.start().await.expect("a free port");
    let app = server.app("k");
    let mut events = app.events();
    for (now, end) in [
        ("2040-01-01T00:00:00Z", "2040-01-02"),
        ("2041-01-01T00:00:00Z", "2041-01-02"),
        ("2039-01-01T00:00:00Z", "2039-01-02"),
    ] {
        let (status, _) = admin(&server, "PUT clock", "", &format!(r#"{{"now":"{now}"}}"#)).await;
        assert_eq!((status, told(&mut events)), (200, vec![]), "{now}");
        app.advance(period("P2D"));
        assert_eq!(told(&mut events), [level(end, false)]);
    }
    app.reset();
    app.advance(period("P2D"));
    assert_eq!(told(&mut events).len(), 1);
}

#[tokio::test]
async fn dates_that_count_from_the_clock_are_told_of_at_the_address_of_the_whole_server_too() {
    let counted = r#"{"data":{"customer_user_id":"me","access_levels":[{"access_level_id":"premium","expires_at":"+P1D"}]}}"#;
    let builder = MockServer::builder().profile_json(counted).expect("a profile");
    let builder = builder.webhook("http://127.0.0.1:9/", None).expect("an address");
    let server = builder.start().await.expect("a free port");
    let app = server.app("k");
    for _ in 0..2 {
        app.put_delivery_faults(DeliveryPlan::new().then(DeliveryFault::Drop));
        app.advance(period("P2D"));
        assert_eq!(app.undelivered().len(), 1);
        app.reset();
    }
}

/// The documented transaction of a subscription without an offer, in this store and until this date.
fn transaction(store: &str, original: &str, expires_at: &str) -> String {
    let documented = fixture!("set_transaction.request.openapi.subscription");
    let mut body: Value = serde_json::from_str(documented).expect("JSON");
    body["offer"] = Value::Null;
    for (name, value) in [
        ("store", store),
        ("store_original_transaction_id", original),
        ("store_transaction_id", original),
        ("expires_at", expires_at),
    ] {
        body[name] = value.into();
    }
    body.to_string()
}

/// Of each event so far that a period is over, the day and the store.
fn ends(events: &mut EventStream) -> Vec<(String, String)> {
    let told = std::iter::from_fn(|| events.try_next());
    let ends = told.filter(|event| event.event_type == "subscription_expired");
    ends.map(|event| {
        let body: Value = serde_json::from_slice(&event.body).expect("JSON");
        let text = |name| body["event_properties"][name].as_str().expect("a text").to_owned();
        (text("event_datetime")[..10].to_owned(), text("store"))
    })
    .collect()
}

#[tokio::test]
async fn one_id_in_two_stores_is_two_transactions_each_with_its_end() {
    let (server, app) = in_2030().await;
    transact(&server, ME, &transaction("app_store", "1", "2030-02-01T00:00:00Z")).await;
    transact(&server, ME, &transaction("play_store", "1", "2030-03-01T00:00:00Z")).await;
    let mut events = app.events();
    app.advance(period("P1Y"));
    let expected = [("2030-02-01", "app_store"), ("2030-03-01", "play_store")];
    assert_eq!(ends(&mut events), expected.map(|(day, store)| (day.to_owned(), store.to_owned())));
}

#[tokio::test]
async fn a_transaction_with_the_id_of_a_subscription_that_lives_in_another_store_has_its_own_end() {
    let (server, app) = in_2030().await;
    let lives =
        app.start_subscription(Identity::customer(ME), NewSubscription::new("p", period("P1M")));
    lives.cancel_renewal();
    let body = transaction("play_store", lives.id(), "2030-03-01T00:00:00Z");
    transact(&server, ME, &body).await;
    let mut events = app.events();
    app.advance(period("P1Y"));
    let expected = [("2030-02-01", "app_store"), ("2030-03-01", "play_store")];
    assert_eq!(ends(&mut events), expected.map(|(day, store)| (day.to_owned(), store.to_owned())));
}
