//! The app's clock: set, moved on, real again. What happens as time passes is tested where it belongs.

use adapty_mock::adapty_model::{
    ProfileResponse,
    time::{Duration, OffsetDateTime},
};
use adapty_mock::{
    Answer, App, DeliveryFault, DeliveryPlan, Identity, MockServer, NewSubscription, Period, Plan,
};
use serde_json::json;
use tokio::time::timeout;

use crate::admin::{admin, mistake};
use crate::support::*;

const NEW_YEAR: &str = r#"{"now": "2030-01-01T00:00:00Z"}"#;

async fn set() -> MockServer {
    let server = MockServer::start().await;
    let told = (200, json!({"now": "2030-01-01T00:00:00+00:00", "set": true}));
    assert_eq!(admin(&server, "PUT clock", "", NEW_YEAR).await, told);
    assert_eq!(admin(&server, "GET clock", "", "").await, told);
    server
}

#[tokio::test]
async fn the_clock_is_the_machines_until_it_is_set_and_again_afterwards() {
    let server = MockServer::start().await;
    let is_real = |app: &App| (app.now() - OffsetDateTime::now_utc()).abs() < Duration::minutes(10);
    assert!(is_real(&server.app("k")));
    assert_eq!(admin(&server, "GET clock", "", "").await.1["set"], false);
    server.app("k").set_clock(OffsetDateTime::UNIX_EPOCH);
    assert_eq!(server.app("k").now(), OffsetDateTime::UNIX_EPOCH);
    assert!(is_real(&server.app("other")));
    assert_eq!(admin(&server, "DELETE clock", "", "").await.1["set"], false);
    assert!(is_real(&server.app("k")));
}

#[tokio::test]
async fn it_moves_on_by_a_period_of_the_calendar_or_to_an_instant() {
    let server = set().await;
    for (body, now) in [
        (r#"{"by": "P1M"}"#, "2030-02-01T00:00:00+00:00"),
        (r#"{"by": "PT1H"}"#, "2030-02-01T01:00:00+00:00"),
        (r#"{"to": "2030-02-01T01:00:00.5Z"}"#, "2030-02-01T01:00:00.500000+00:00"),
        (r#"{"by": "PT0S"}"#, "2030-02-01T01:00:00.500000+00:00"),
    ] {
        let advanced = admin(&server, "POST clock/advance", "", body).await;
        assert_eq!(advanced, (200, json!({"now": now, "set": true})), "{body}");
    }
}

#[tokio::test]
async fn a_clock_that_was_not_set_moves_on_from_the_machines_time_and_stands_still() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.advance(Period::days(1));
    let now = app.now();
    assert!(now > OffsetDateTime::now_utc() + Duration::hours(23));
    assert_eq!(app.now(), now);
}

#[tokio::test]
async fn it_never_goes_back_but_by_being_set() {
    let server = set().await;
    let told =
        mistake(&server, "POST clock/advance", "", r#"{"to": "2029-12-31T00:00:00Z"}"#).await;
    let why =
        "body: to: the app's time is 2030-01-01T00:00:00+00:00 already, and to advance is to go on";
    assert_eq!(told, (400, why.to_owned()));
    server.app("k").set_clock(OffsetDateTime::UNIX_EPOCH);
    assert_eq!(server.app("k").now(), OffsetDateTime::UNIX_EPOCH);
}

#[tokio::test]
async fn what_is_no_time_is_told_so_and_changes_nothing() {
    let server = set().await;
    for (what, body, told) in [
        (
            "PUT clock",
            r#"{"now": "soon"}"#,
            "now: `soon` is no date with time and zone at line 1 column 9",
        ),
        ("PUT clock", "", "is empty: expected an object, found nothing"),
        (
            "POST clock/advance",
            "{\n \"to\": \"soon\"}",
            "to: `soon` is no date with time and zone at line 2 column 8",
        ),
        ("PUT clock", "{}", "missing field `now`"),
        (
            "POST clock/advance",
            r#"{"by": "a month"}"#,
            "by: `a month` is no ISO 8601 duration of whole numbers, such as P1M, P7D or PT12H at line 1 column 8",
        ),
        ("POST clock/advance", r#"{"by": "P8000Y"}"#, "by: that is beyond the year 9999"),
        ("POST clock/advance", "{}", "expected either `by`, a duration, or `to`, a date"),
        (
            "POST clock/advance",
            r#"{"by": "P1D", "to": "2031-01-01T00:00:00Z"}"#,
            "expected either `by`, a duration, or `to`, a date",
        ),
    ] {
        let (status, message) = mistake(&server, what, "", body).await;
        assert_eq!(status, 400, "{body}");
        assert!(message.starts_with(&format!("body: {told}")), "{message}");
    }
    assert_eq!(server.app("k").now().year(), 2030);
}

#[tokio::test]
#[should_panic(expected = "the app's time is 2030-01-01T00:00:00+00:00 already")]
async fn advancing_backwards_fails_the_test() {
    set().await.app("k").advance_to(OffsetDateTime::UNIX_EPOCH);
}

#[tokio::test]
async fn a_change_has_the_apps_time_for_its_timestamp_and_its_dates() {
    let server = set().await;
    for milliseconds in [1_893_456_000_000, 1_893_456_000_001] {
        let seen = grant(&server, LIFETIME, r#"{"access_level_id": "premium"}"#).await;
        let profile = ProfileResponse::from_json(seen.body().as_bytes()).unwrap().data;
        assert_eq!(profile.timestamp, Some(milliseconds));
        assert_eq!(profile.access_levels[1].purchased_at, Some(server.app("k").now()));
    }
}

#[tokio::test]
async fn a_timestamp_stays_until_the_profile_changes() {
    let server = set().await;
    let granted = grant(&server, LIFETIME, r#"{"access_level_id": "premium"}"#).await.body();
    server.app("k").advance(Period::days(7));
    assert_eq!(get(&server, "k", LIFETIME).await.body(), granted);
}

#[tokio::test]
async fn a_reset_makes_the_clock_real() {
    let server = set().await;
    server.app("k").reset();
    assert_eq!(admin(&server, "GET clock", "", "").await.1["set"], false);
}

/// An app whose clock stands days before the machine's, with a subscription that renews so often.
fn days_ago(server: &MockServer, days: u32, period: &str) -> App {
    let app = server.app("k");
    app.set_clock(OffsetDateTime::now_utc() - Duration::days(days.into()));
    let period = period.parse().expect("a period");
    app.start_subscription(Identity::customer("me"), NewSubscription::new("p", period));
    app
}

#[tokio::test]
async fn a_clock_that_is_real_again_has_passed_all_that_came_due() {
    let server = MockServer::start().await;
    let app = days_ago(&server, 10, "P3D");
    let mut events = app.events();
    assert_eq!(admin(&server, "DELETE clock", "", "").await.1["set"], false);
    let told = std::iter::from_fn(|| events.try_next()).map(|event| event.event_type);
    let told: Vec<_> = told.filter(|event_type| *event_type != "access_level_updated").collect();
    assert_eq!(told, ["subscription_renewed"; 3]);
}

#[tokio::test]
async fn a_long_way_to_the_machines_time_keeps_no_other_app_waiting() {
    let server = MockServer::start().await;
    days_ago(&server, 5, "PT1M");
    let other = server.app("other");
    other.put_json(r#"{"data": {"customer_user_id": "jane"}}"#);
    let far = admin(&server, "DELETE clock", "", "");
    let near = async {
        // A watchdog: a way of which nobody sees the end would never let this in.
        let seen = timeout(std::time::Duration::from_secs(60), get(&server, "other", "jane"));
        assert_eq!(seen.await.expect("others are answered").status(), 200);
    };
    tokio::select! {
        biased;
        (status, _) = far => panic!("it ended at once, with {status}"),
        () = near => {}
    }
}

/// A server that keeps so many KiB beside its journals.
fn keeping(kib: usize) -> adapty_mock::Builder {
    MockServer::builder().memory_limit(kib * 1024 / 3 * 4)
}

#[tokio::test]
async fn a_clock_on_whose_way_there_is_no_room_is_not_real_again() {
    let server = keeping(64).start().await.expect("a free port");
    let app = days_ago(&server, 10, "P3D");
    let first = app.now() + Duration::days(3);
    // Without room for a thousand bytes, no profile is changed.
    let fill = |n: u32| {
        let plan = Plan::new().then(Answer::new(503).body("x".repeat(600)));
        let put = || app.put_faults_for(Identity::customer(n.to_string()), plan);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(put)).is_ok()
    };
    assert!((0..100).any(|n| !fill(n)));
    let (status, told) = mistake(&server, "DELETE clock", "", "").await;
    assert!(status == 507 && told.starts_with("the server keeps at most 65535 bytes"), "{told}");
    assert_eq!(app.now(), first);
    app.clear_faults();
    assert_eq!(admin(&server, "DELETE clock", "", "").await.1["set"], false);
}

#[tokio::test]
async fn room_for_the_dates_that_count_from_a_clock_is_taken_before_it_moves() {
    let counted = json!({"data": {
        "customer_user_id": "counted", "x": "x".repeat(20 * 1024),
        "access_levels": [{"access_level_id": "premium", "expires_at": "+P1D"}]
    }});
    // For the text of the file and two bodies made of it, and not for much more.
    let builder = keeping(100).profile_json(counted.to_string()).expect("a profile");
    let builder = builder.webhook("http://127.0.0.1:9/", None).expect("an address");
    let server = builder.start().await.expect("a free port");
    let app = server.app("k");
    app.put_delivery_faults(DeliveryPlan::new().then(DeliveryFault::Drop).forever());
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    // So much is told on the way that what is left of the memory goes to it.
    app.start_subscription(
        Identity::customer("me"),
        NewSubscription::new("p", "P1D".parse().expect("a period")),
    );
    let there = json!({"now": "2030-04-01T00:00:00+00:00", "set": true});
    assert_eq!(
        admin(&server, "PUT clock", "", r#"{"now": "2030-04-01T00:00:00Z"}"#).await,
        (200, there)
    );
    let body = app.body(Identity::customer("counted")).expect("it is there");
    assert!(String::from_utf8_lossy(&body).contains("2030-04-02T00:00:00+00:00"));
}
