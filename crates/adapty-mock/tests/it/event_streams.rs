//! Streams of events: what waits in one is bounded, and what is lost is counted. What events say is tested where
//! they happen.

use adapty_mock::adapty_model::time::OffsetDateTime;
use adapty_mock::{App, EventStream, Identity, MockServer, NewSubscription};

/// A server that keeps so many KiB beside its journals, and an app in 2030 whose customer pays every day.
async fn paying(kib: usize) -> (MockServer, App) {
    let builder = MockServer::builder().memory_limit(kib * 1024 / 3 * 4);
    let server = builder.start().await.expect("a free port");
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let daily = NewSubscription::new("p", "P1D".parse().expect("a period"));
    app.start_subscription(Identity::customer("me"), daily);
    (server, app)
}

/// The dates of the renewals that a stream has.
fn renewals(events: &mut EventStream) -> Vec<String> {
    let told = std::iter::from_fn(|| events.try_next());
    let renewals = told.filter(|event| event.event_type == "subscription_renewed");
    renewals
        .map(|event| {
            let body: serde_json::Value = serde_json::from_slice(&event.body).expect("JSON");
            body["event_datetime"].as_str().expect("a date")[..10].to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_stream_that_nobody_reads_keeps_the_last_events_for_which_there_is_room() {
    let (_server, app) = paying(64).await;
    let mut events = app.events();
    app.advance("P100D".parse().expect("a period"));
    let missed = events.missed();
    assert!((1..200).contains(&missed), "{missed}");
    let renewals = renewals(&mut events);
    assert_eq!(renewals.last().map(String::as_str), Some("2030-04-11"));
    // Each renewal is two events.
    assert_eq!(renewals.len() as u64, (200 - missed) / 2);
}

#[tokio::test]
async fn a_stream_that_is_read_misses_nothing_and_gives_its_room_back() {
    let (_server, app) = paying(64).await;
    let mut events = app.events();
    let dates = (0..100).flat_map(|_| {
        app.advance("P1D".parse().expect("a period"));
        renewals(&mut events)
    });
    assert_eq!(dates.count(), 100);
    assert_eq!(events.missed(), 0);
}

#[tokio::test]
async fn what_waits_in_a_stream_that_is_dropped_takes_no_room() {
    let (_server, app) = paying(64).await;
    let events = app.events();
    app.advance("P100D".parse().expect("a period"));
    let large =
        format!(r#"{{"data":{{"customer_user_id":"large","x":"{}"}}}}"#, "x".repeat(40_000));
    let put = || app.put_json(large.clone());
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(put)).unwrap_err();
    drop(events);
    app.put_json(large.clone());
}

#[tokio::test]
async fn a_stream_ends_with_its_app() {
    let (server, app) = paying(64).await;
    let mut events = app.events();
    drop((server, app));
    assert_eq!(events.next().await, None);
}
