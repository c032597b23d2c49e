//! The future of a profile, beforehand.

use std::time::Instant;

use adapty_mock::Identity;
use adapty_model::{
    AccessLevel, Profile,
    time::{Duration, OffsetDateTime},
};
use serde_json::json;
use uuid::Uuid;

use super::{app, at, jane, monthly, period};
use crate::admin::{admin, mistake};
use crate::support::*;

#[tokio::test]
async fn a_timeline_names_what_of_its_request_is_wrong() {
    let (server, _app) = app().await;
    let jane = format!("adapty-customer-user-id: {JANE}\r\n");
    let no_date =
        "query parameter `until`: neither a date nor a duration that ends before the year 10000";
    for (query, headers, told) in [
        ("", "", (400, "whose timeline it is stands in an identity header")),
        ("", "adapty-customer-user-id: nobody\r\n", (404, "no profile of this app has this id")),
        ("?until=soon", &jane, (400, no_date)),
        ("?until=P9999Y", &jane, (400, no_date)),
        (
            "?until=2029-12-31T23:59:59Z",
            &jane,
            (
                400,
                "query parameter `until`: 2029-12-31T23:59:59+00:00 is before the app's time, \
                 2030-01-01T00:00:00+00:00",
            ),
        ),
    ] {
        let seen = mistake(&server, &format!("GET timeline{query}"), headers, "").await;
        assert_eq!(seen, (told.0, told.1.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_timeline_of_a_profile_that_cannot_be_read_names_the_profile() {
    let (server, app) = app().await;
    app.put_body(Identity::customer("broken"), "<html>");
    let broken = "adapty-customer-user-id: broken\r\n";
    let (status, told) = mistake(&server, "GET timeline", broken, "").await;
    assert_eq!(status, 409);
    assert!(told.starts_with("the profile cannot be read: "), "{told}");
}

#[tokio::test]
async fn a_timeline_tells_each_change_of_access_beforehand_and_touches_nothing() {
    let (server, app) = app().await;
    let subscription = jane(&app, monthly().trial(period("P7D")));
    app.advance(period("P1M"));
    subscription.cancel_renewal();
    let before = app.body(Identity::customer(JANE));
    let timeline = app.timeline(Identity::customer(JANE), at(2031, 1, 1));
    let told: Vec<_> = timeline.iter().map(|it| (it.at, it.granted, it.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (at(2030, 2, 1), true, "premium: granted until 2030-02-08 00:00:00 UTC"),
            (at(2030, 2, 8), false, "premium: denied, expired 2030-02-08 00:00:00 UTC"),
        ]
    );
    assert_eq!(app.body(Identity::customer(JANE)), before);
    let whom = format!("adapty-customer-user-id: {JANE}\r\n");
    let (_, over_http) = admin(&server, "GET timeline?until=P1Y", &whom, "").await;
    assert_eq!(over_http["changes"], serde_json::to_value(&timeline).unwrap());
    assert_eq!(
        (&over_http["now"], &over_http["until"]),
        (&json!("2030-02-01T00:00:00+00:00"), &json!("2031-02-01T00:00:00+00:00"))
    );
}

#[tokio::test]
async fn a_timeline_of_many_rows_of_one_level_is_told_at_once() {
    let (server, app) = app().await;
    let dates = (0..2000).map(|n| at(2031, 1, 1) + Duration::days(n));
    let row = |starts: OffsetDateTime| {
        let mut row = AccessLevel::new("premium", starts + Duration::hours(12));
        row.starts_at = Some(starts);
        row
    };
    let mut profile = Profile::new(Uuid::from_u128(7));
    profile.access_levels = dates.map(row).collect();
    app.put_profile(profile);
    let begun = Instant::now();
    let whom = format!("adapty-profile-id: {}\r\n", Uuid::from_u128(7));
    let (status, told) = admin(&server, "GET timeline?until=P900Y", &whom, "").await;
    // A second or so; it was hours when each instant asked every row anew.
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
    let changes = told["changes"].as_array().expect("a list");
    assert_eq!((status, changes.len()), (200, 1 + 2 * 2000));
    assert_eq!(changes[0]["reason"], "premium: denied, starts 2031-01-01 00:00:00 UTC");
    assert_eq!(changes[1]["reason"], "premium: granted until 2031-01-01 12:00:00 UTC");
    assert_eq!(changes[2]["reason"], "premium: denied, starts 2031-01-02 00:00:00 UTC");
}

#[tokio::test]
async fn others_are_answered_while_a_long_timeline_is_played() {
    let (server, app) = app().await;
    jane(&app, monthly());
    let whom = format!("adapty-customer-user-id: {JANE}\r\n");
    let told = std::cell::Cell::new(false);
    let timeline = async {
        let (status, _) = admin(&server, "GET timeline?until=P300Y", &whom, "").await;
        told.set(true);
        assert_eq!(status, 200);
    };
    let other = async {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        assert_eq!(get(&server, "k", JANE).await.status(), 200);
        assert!(!told.get(), "it waited until the timeline was told");
    };
    tokio::join!(timeline, other);
}
