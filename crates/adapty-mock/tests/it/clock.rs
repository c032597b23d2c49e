//! The app's clock: set, moved on, real again. What happens as time passes is tested where it belongs.

use adapty_mock::adapty_model::{
    ProfileResponse,
    time::{Duration, OffsetDateTime},
};
use adapty_mock::{MockServer, Period};
use serde_json::json;

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
    let is_real = |app: &adapty_mock::App| {
        (app.now() - OffsetDateTime::now_utc()).abs() < Duration::minutes(10)
    };
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
