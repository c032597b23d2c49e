//! When an event is delivered, what counts as delivered, and what is tried again.

use adapty_mock::{
    MockServer, NewSubscription,
    adapty_model::time::{Duration, OffsetDateTime},
};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt, net::TcpListener};

use super::{Received, Receiver, UPDATED, delivering, jane, period};
use crate::admin::{admin, mistake};
use crate::support::*;

/// When each attempt of the first delivery was made, in minutes after the first.
async fn attempts(server: &MockServer) -> Vec<i64> {
    let (_, told) = admin(server, "GET webhook/deliveries", "", "").await;
    let attempts = told["deliveries"][0]["attempts"].as_array().expect("attempts").clone();
    let minute = |attempt: &Value| {
        let text = attempt["at"].as_str().expect("a date").replace("+00:00", "Z");
        let (hours, minutes) = (&text[11..13], &text[14..16]);
        hours.parse::<i64>().expect("a number") * 60 + minutes.parse::<i64>().expect("a number")
    };
    attempts.iter().map(minute).collect()
}

#[tokio::test]
async fn a_failed_delivery_is_retried_after_a_minute_doubling_nine_times() {
    let (server, app, receiver) = delivering().await;
    receiver.answers([405, 500, 199, 500, 500, 500, 500, 500, 500, 500, 500, 500].repeat(2));
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    assert_eq!(attempts(&server).await, [0]);
    app.advance(period("P1D"));
    app.flush_webhooks().await;
    assert_eq!(attempts(&server).await, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511]);
    assert_eq!(app.undelivered_events(), 1);
}

#[tokio::test]
async fn every_status_from_200_to_404_is_a_success() {
    let (server, app, receiver) = delivering().await;
    receiver.answers([404, 400, 301]);
    for _ in 0..3 {
        grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    }
    app.advance(period("P1D"));
    app.flush_webhooks().await;
    assert_eq!((receiver.events().len(), app.undelivered_events()), (3, 0));
}

#[tokio::test]
async fn an_address_dead_for_a_day_gets_one_attempt_an_event_until_one_arrives() {
    let (server, app, receiver) = delivering().await;
    receiver.answers([500; 64]);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.advance(period("P2D"));
    app.flush_webhooks().await;
    let before = receiver.events().len();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.advance(period("P1D"));
    app.flush_webhooks().await;
    assert_eq!(receiver.events().len(), before + 1);
    receiver.statuses.lock().unwrap().clear();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    receiver.answers([500]);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.advance(period("P1D"));
    app.flush_webhooks().await;
    assert_eq!(receiver.events().len(), before + 4);
}

#[tokio::test]
async fn a_delivery_can_be_made_again() {
    let (server, app, receiver) = delivering().await;
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    let again = admin(&server, "POST webhook/deliveries/1/redeliver", "", "").await;
    assert_eq!(again, (200, json!({"redelivered": 1})));
    assert_eq!(receiver.received()[1].body, receiver.received()[2].body);
    let none = mistake(&server, "POST webhook/deliveries/7/redeliver", "", "").await;
    assert_eq!(none, (404, "no delivery has this number".to_owned()));
}

#[tokio::test]
async fn a_delivery_is_made_again_though_its_address_has_failed_for_a_day() {
    let (server, app, receiver) = delivering().await;
    receiver.answers([500; 64]);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.advance(period("P2D"));
    app.flush_webhooks().await;
    let before = receiver.events().len();
    admin(&server, "POST webhook/deliveries/1/redeliver", "", "").await;
    assert_eq!((receiver.events().len(), app.undelivered_events()), (before + 1, 1));
    receiver.statuses.lock().unwrap().clear();
    admin(&server, "POST webhook/deliveries/1/redeliver", "", "").await;
    assert_eq!((receiver.events().len(), app.undelivered_events()), (before + 2, 0));
    // That answer ends the outage: what fails now is retried.
    receiver.answers([500]);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.advance(period("P1D"));
    app.flush_webhooks().await;
    assert_eq!((receiver.events().len(), app.undelivered_events()), (before + 4, 0));
}

#[tokio::test]
async fn a_delivery_is_not_made_again_without_an_address() {
    let (server, app, _receiver) = delivering().await;
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    admin(&server, "DELETE webhook", "", "").await;
    let refused = mistake(&server, "POST webhook/deliveries/1/redeliver", "", "").await;
    let told = "there is no address for events of Production, so nothing is sent";
    assert_eq!(refused, (409, told.to_owned()));
}

#[tokio::test]
async fn no_retry_is_due_beyond_the_last_year() {
    let (server, app, receiver) = delivering().await;
    app.set_clock(OffsetDateTime::from_unix_timestamp(253_402_300_770).expect("a date"));
    receiver.answers([500]);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    let (_, told) = admin(&server, "GET webhook/deliveries", "", "").await;
    assert_eq!(told["deliveries"][0]["next_attempt"], Value::Null);
    let why = "its next attempt would be beyond the year 9999";
    assert_eq!(told["deliveries"][0]["given_up"], why);
    assert!(app.undelivered()[0].to_string().ends_with(&format!("given up: {why}")));
}

#[tokio::test]
async fn where_the_clock_goes_back_an_outage_begins_now_and_what_is_due_comes_as_soon() {
    let (server, app, receiver) = delivering().await;
    receiver.answers([500; 64]);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    app.set_clock(app.now() - Duration::days(3650));
    let (_, told) = admin(&server, "GET webhook/deliveries", "", "").await;
    assert_eq!(told["deliveries"][0]["next_attempt"], "2020-01-04T00:01:00+00:00");
    app.advance(period("P2D"));
    app.flush_webhooks().await;
    let before = receiver.events().len();
    assert_eq!(before, 10);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.advance(period("P1D"));
    app.flush_webhooks().await;
    assert_eq!(receiver.events().len(), before + 1, "the address has failed for a day");
}

#[tokio::test]
async fn the_last_twenty_attempts_are_remembered_and_all_are_counted() {
    let (server, app, receiver) = delivering().await;
    receiver.answers([200]);
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    receiver.answers([500; 25]);
    for _ in 0..25 {
        admin(&server, "POST webhook/deliveries/1/redeliver", "", "").await;
    }
    let (_, told) = admin(&server, "GET webhook/deliveries", "", "").await;
    let delivery = &told["deliveries"][0];
    assert_eq!(delivery["attempts"].as_array().map(Vec::len), Some(20));
    assert_eq!(
        (&delivery["forgotten_attempts"], &delivery["delivered"]),
        (&json!(6), &json!(true))
    );
}

#[tokio::test]
async fn over_a_reset_numbers_of_deliveries_go_on_and_streams_too() {
    let (server, app, receiver) = delivering().await;
    let mut events = app.events();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    app.reset();
    assert_eq!(admin(&server, "GET webhook", "", "").await.1["Production"], Value::Null);
    app.deliver_to(&receiver.url, None).await.expect("it is verified");
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    let (_, told) = admin(&server, "GET webhook/deliveries", "", "").await;
    assert_eq!(told["deliveries"][0]["number"], 2);
    assert!(events.try_next().is_some() && events.try_next().is_some());
    let received = receiver.received();
    let id = |event: &Received| event.json()["event_properties"]["profile_event_id"].clone();
    assert_ne!(id(&received[1]), id(&received[3]));
}

#[tokio::test]
async fn an_admin_command_answers_after_what_it_brought_about_unless_asked_not_to_wait() {
    let (server, _app, receiver) = delivering().await;
    let body = format!(r#"{{"customer_user_id": "{JANE}", "product": "p", "period": "P1M"}}"#);
    admin(&server, "POST subscriptions", "", &body).await;
    assert_eq!(receiver.events(), ["subscription_started", UPDATED]);
    admin(&server, "POST clock/advance?wait=false", "", r#"{"by": "P1M"}"#).await;
    let (_, flushed) = admin(&server, "POST webhook/flush", "", "").await;
    assert_eq!(flushed, json!({"undelivered": 0}));
    assert_eq!(receiver.events().len(), 4);
}

#[tokio::test]
async fn who_only_looks_does_not_wait_for_deliveries() {
    // Nobody answers: who waited would do so for the 10 s that a delivery may take.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let builder = MockServer::builder().webhook(url, None).expect("it is a URL");
    let server = builder.start().await.expect("a free port");
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    let looked = async {
        admin(&server, "POST requests/count", "", "{}").await;
        admin(&server, "POST requests/find", "", "{}").await;
    };
    let (_, connection) = tokio::join!(looked, silent.accept());
    assert_eq!(server.app("k").undelivered()[0].attempts, 0);
    drop(connection);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_does_not_answer_is_waited_for_ten_seconds() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    let builder = MockServer::builder().webhook(url, None).expect("it is a URL");
    let server = builder.start().await.expect("a free port");
    let app = server.app("k");
    app.set_clock(OffsetDateTime::UNIX_EPOCH);
    let begun = tokio::time::Instant::now();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    app.flush_webhooks().await;
    assert_eq!(begun.elapsed().as_secs(), 10);
    let undelivered = app.undelivered().remove(0);
    assert_eq!(undelivered.last_failure.as_deref(), Some("no answer within 10 s"));
    assert_eq!(undelivered.next_attempt, Some(OffsetDateTime::UNIX_EPOCH + Duration::MINUTE));
}

#[tokio::test]
async fn a_reset_waits_for_no_delivery_under_way_and_breaks_it_off() {
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/", silent.local_addr().expect("an address"));
    for reset in ["POST reset", "POST reset-all"] {
        let server = MockServer::start().await;
        let app = server.app("k");
        let put = json!({"url": url}).to_string();
        admin(&server, "PUT webhook?verify=false", "", &put).await;
        grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
        let (mut under_way, _) = silent.accept().await.expect("it is delivered");
        // A watchdog: half of what a delivery may take.
        tokio::time::timeout(std::time::Duration::from_secs(5), async {
            assert_eq!(admin(&server, reset, "", "").await, (200, json!({"reset": 1})));
            assert_eq!(app.undelivered_events(), 0);
            // Nor does what comes after it wait.
            admin(&server, "POST persons", "", "").await;
            let _request = under_way.read_to_end(&mut Vec::new()).await;
        })
        .await
        .expect(reset);
    }
}

#[tokio::test]
async fn a_write_over_the_api_is_delivered_soon_after_its_answer() {
    let (server, _app, receiver) = delivering().await;
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        while receiver.events().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is delivered without being asked to");
}

#[tokio::test]
async fn on_the_machines_clock_a_renewal_is_sent_by_itself() {
    let server = MockServer::start().await;
    let (app, receiver) = (server.app("k"), Receiver::start().await);
    // An hour that ends in some milliseconds.
    let begun = OffsetDateTime::now_utc() - Duration::HOUR + Duration::milliseconds(20);
    app.set_clock(begun);
    jane(&app, NewSubscription::new("hourly", period("PT1H")));
    // The address is set while nothing is due, and the clock made real last of all.
    app.deliver_to(&receiver.url, None).await.expect("it is verified");
    app.reset_clock();
    tokio::time::timeout(std::time::Duration::from_secs(60), async {
        while receiver.events().len() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is delivered without being asked to");
    assert_eq!(receiver.events(), ["subscription_renewed", UPDATED]);
}

#[tokio::test]
async fn on_the_machines_clock_an_expiry_is_told_by_itself_to_who_listens_only_then() {
    let server = MockServer::start().await;
    for milliseconds in [20, 200, 2000] {
        let app = server.app(&format!("k.{milliseconds}"));
        let left = Duration::milliseconds(milliseconds);
        app.set_clock(OffsetDateTime::now_utc() - Duration::HOUR + left);
        let subscription = jane(&app, NewSubscription::new("hourly", period("PT1H")));
        subscription.cancel_renewal();
        app.reset_clock();
        let mut events = app.events();
        if subscription.state().starts_with("over") {
            // It may have ended before there was a listener: once more, with more time left.
            continue;
        }
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), events.next());
        let event = next.await.expect("it comes by itself").expect("the app is there");
        assert_eq!(event.event_type, "subscription_expired");
        return;
    }
    panic!("two seconds were over before there was a listener");
}
