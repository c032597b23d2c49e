//! Webhooks: which events each thing that happens brings about, and how they are delivered. The documents' flows,
//! each as a whole, are in `flows`.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use adapty_mock::adapty_model::time::{Duration, OffsetDateTime};
use adapty_mock::{
    App, DeliveryFault, DeliveryPlan, EventStream, Identity, MockServer, NewPurchase,
    NewSubscription, Period, ProductChange, SubscriptionHandle,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::admin::{admin, mistake};
use crate::support::*;

const AUTHORIZATION: &str = "the text of the settings";

/// One request that a receiver got.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    head: String,
    body: String,
}

impl Received {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    fn event_type(&self) -> String {
        self.json()["event_type"].as_str().expect("an event").to_owned()
    }
}

/// A backend that receives events; it answers with the statuses it is given, then 200.
struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook?a=b", listener.local_addr().expect("an address"));
        let (received, statuses) = (Arc::default(), Arc::default());
        let task = tokio::spawn(serve(listener, Arc::clone(&received), Arc::clone(&statuses)));
        Self { url, received, statuses, task }
    }

    fn answers(&self, statuses: impl IntoIterator<Item = u16>) {
        self.statuses.lock().expect("no panic").extend(statuses);
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic").clone()
    }

    /// The types of the events since the verification.
    fn events(&self) -> Vec<String> {
        self.received().iter().skip(1).map(Received::event_type).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    listener: TcpListener,
    received: Arc<Mutex<Vec<Received>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let Some(request) = read(&mut stream).await else { continue };
        received.lock().expect("no panic").push(request);
        let status = statuses.lock().expect("no panic").pop_front().unwrap_or(200);
        let answer =
            format!("HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
        let _gone = stream.write_all(answer.as_bytes()).await;
    }
}

/// A whole request; `None` where it broke off.
async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length =
                head.split("content-length: ").nth(1)?.lines().next()?.parse::<usize>().ok()?;
            if body.len() >= length {
                return Some(Received { head, body: body.to_owned() });
            }
        }
        let mut buffer = [0; 4096];
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => bytes.extend_from_slice(&buffer[..read]),
            _ => return None,
        }
    }
}

/// An app at the beginning of 2030 that delivers to a receiver.
async fn delivering() -> (MockServer, App, Receiver) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let receiver = Receiver::start().await;
    app.deliver_to(&receiver.url, Some(AUTHORIZATION)).await.expect("it is verified");
    (server, app, receiver)
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

fn monthly() -> NewSubscription {
    NewSubscription::new("premium_monthly", period("P1M")).price(10.0).grace_period(period("P16D"))
}

fn jane(app: &App, new: NewSubscription) -> SubscriptionHandle {
    app.start_subscription(Identity::customer(JANE), new)
}

#[tokio::test]
async fn an_address_is_asked_first_and_gets_events_only_if_it_answers_2xx_and_json() {
    let (_server, app, receiver) = delivering().await;
    let asked = &receiver.received()[0];
    assert!(asked.head.starts_with("post /hook?a=b http/1.1\r\n"), "{}", asked.head);
    assert!(asked.head.contains("\r\ncontent-type: application/json"), "{}", asked.head);
    assert!(asked.head.contains(&format!("\r\nauthorization: {AUTHORIZATION}")), "{}", asked.head);
    assert_eq!(asked.body, "{}");
    receiver.answers([404]);
    let refused = app.deliver_to(&receiver.url, None).await.unwrap_err();
    assert_eq!(refused.to_string(), "the webhook is not verified: status 404 is no 2xx");
}

#[tokio::test]
async fn over_http_an_address_is_verified_told_and_taken_away() {
    let server = MockServer::start().await;
    let receiver = Receiver::start().await;
    let body = json!({"url": receiver.url, "authorization": AUTHORIZATION}).to_string();
    let put = admin(&server, "PUT webhook", "", &body).await;
    let addresses = json!({"Production": receiver.url, "Sandbox": receiver.url});
    assert_eq!(put, (200, json!({"verified": true, "status": 200, "addresses": addresses})));
    assert_eq!(admin(&server, "GET webhook", "", "").await.1, addresses);
    receiver.answers([500]);
    let refused = admin(&server, "PUT webhook", "", &body).await.1;
    let why = "status 500 is no 2xx";
    let told = json!({"verified": false, "status": 500, "why": why, "addresses": addresses});
    assert_eq!(refused, told);
    admin(&server, "DELETE webhook", "", "").await;
    assert_eq!(admin(&server, "GET webhook", "", "").await.1["Production"], Value::Null);
    let long = "x".repeat(8193);
    for (url, authorization, why) in [
        ("https://127.0.0.1/", "", "body: url: it does not begin with http:// and a host"),
        ("nowhere", "", "body: url: it does not begin with http:// and a host"),
        ("http://", "", "body: url: it is no URL"),
        ("http://127.0.0.1:99999/", "", "body: url: its port is none from 1 to 65535"),
        ("http://user@[::1]:0/", "", "body: url: its port is none from 1 to 65535"),
        ("http://127.0.0.1:65536", "", "body: url: its port is none from 1 to 65535"),
        (&long, "", "body: url: it is longer than 8192 bytes"),
        (&receiver.url, "\n", "body: authorization: it cannot be a header's value"),
        (&receiver.url, &long, "body: authorization: it is longer than 8192 bytes"),
    ] {
        let body = json!({"url": url, "authorization": authorization}).to_string();
        assert_eq!(mistake(&server, "PUT webhook", "", &body).await, (400, why.to_owned()));
    }
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_not_verified() {
    let server = MockServer::start().await;
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let body = json!({"url": format!("http://{deaf}/")}).to_string();
    let (_, refused) = admin(&server, "PUT webhook", "", &body).await;
    assert_eq!(refused["verified"], false);
    assert!(refused["why"].as_str().unwrap().starts_with("no connection: "), "{refused}");
}

/// The events of an app whose customer's subscription goes through a flow.
async fn flow(new: NewSubscription, steps: impl FnOnce(&App, &SubscriptionHandle)) -> Vec<String> {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let mut events = app.events();
    let subscription = jane(&app, new);
    steps(&app, &subscription);
    drained(&mut events)
}

fn drained(events: &mut EventStream) -> Vec<String> {
    std::iter::from_fn(|| events.try_next()).map(|event| event.event_type.to_owned()).collect()
}

const UPDATED: &str = "access_level_updated";

#[tokio::test]
async fn a_paid_start_a_renewal_and_an_end_after_cancellation() {
    let events = flow(monthly(), |app, subscription| {
        app.advance(period("P1M"));
        subscription.cancel_renewal();
        app.advance(period("P1M"));
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_renewed",
        UPDATED,
        "subscription_renewal_cancelled",
        UPDATED,
        "subscription_expired",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_trial_that_is_cancelled_reactivated_and_converts() {
    let events = flow(monthly().trial(period("P7D")), |app, subscription| {
        subscription.cancel_renewal();
        subscription.reactivate();
        app.advance(period("P7D"));
    });
    let drawn = [
        "trial_started",
        UPDATED,
        "trial_renewal_cancelled",
        UPDATED,
        "trial_renewal_reactivated",
        UPDATED,
        "trial_converted",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_trial_that_ends_unpaid() {
    let events = flow(monthly().trial(period("P7D")), |app, subscription| {
        subscription.cancel_renewal();
        app.advance(period("P7D"));
    });
    let drawn =
        ["trial_started", UPDATED, "trial_renewal_cancelled", UPDATED, "trial_expired", UPDATED];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_failed_charge_with_grace_that_recovers_and_one_that_never_does() {
    let events = flow(monthly(), |app, subscription| {
        subscription.fail_payment();
        app.advance(period("P1M"));
        subscription.recover();
        subscription.fail_payment();
        app.advance(period("P3M"));
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "billing_issue_detected",
        "entered_grace_period",
        UPDATED,
        "subscription_renewed",
        UPDATED,
        "billing_issue_detected",
        "entered_grace_period",
        UPDATED,
        "subscription_expired",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_refund_a_repurchase_after_a_gap_and_a_reactivation() {
    let events = flow(monthly(), |app, subscription| {
        subscription.refund();
        app.advance(period("P1D"));
        subscription.renew();
        subscription.cancel_renewal();
        subscription.reactivate();
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_refunded",
        UPDATED,
        "subscription_renewed",
        UPDATED,
        "subscription_renewal_cancelled",
        UPDATED,
        "subscription_renewal_reactivated",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_pause_tells_of_itself_of_the_end_of_access_and_of_the_renewal() {
    let events = flow(monthly().store("play_store"), |app, subscription| {
        subscription.pause();
        app.advance(period("P2M"));
        subscription.resume();
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_paused",
        UPDATED,
        "subscription_renewed",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_pause_that_is_taken_back_before_it_begins_changes_no_access() {
    let events = flow(monthly().store("play_store"), |app, subscription| {
        subscription.pause();
        subscription.resume();
        app.advance(period("P1M"));
    });
    let drawn =
        ["subscription_started", UPDATED, "subscription_paused", "subscription_renewed", UPDATED];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn an_upgrade_refunds_the_old_product_and_a_downgrade_ends_it() {
    let events = flow(monthly(), |app, subscription| {
        subscription.change_product(ProductChange::now("pro"));
        subscription.change_product(ProductChange::at_period_end("basic"));
        app.advance(period("P1M"));
    });
    let drawn = [
        "subscription_started",
        UPDATED,
        "subscription_refunded",
        "subscription_started",
        UPDATED,
        UPDATED,
        UPDATED,
        "subscription_expired",
        "subscription_started",
        UPDATED,
    ];
    assert_eq!(events.await, drawn);
}

#[tokio::test]
async fn a_renewal_that_is_put_off_tells_of_itself_and_of_the_access_level() {
    let events = flow(monthly().store("play_store"), |_, subscription| {
        subscription.defer(period("P7D"));
    });
    assert_eq!(events.await, ["subscription_started", UPDATED, "subscription_deferred", UPDATED]);
}

#[tokio::test]
async fn a_profile_given_by_the_test_sends_nothing_and_writes_verbs_and_the_clock_each_do() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let mut events = app.events();
    let lifetime = fixture!("get_profile.200.newer-page.lifetime_premium");
    let whom = format!("adapty-customer-user-id: {LIFETIME}\r\n");
    for (what, headers, body) in [
        ("PUT profiles", "", lifetime),
        ("PATCH profiles", &whom, r#"{"data": {"access_levels": []}}"#),
        ("PUT customers/new", "", r#"{"premium": "+P1D"}"#),
        ("DELETE profiles", &whom, ""),
    ] {
        let (status, told) = admin(&server, what, headers, body).await;
        assert_eq!((status, drained(&mut events)), (200, vec![]), "{what}: {told}");
    }
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    assert_eq!(drained(&mut events), [UPDATED]);
    let subscription = jane(&app, monthly());
    assert_eq!(drained(&mut events), ["subscription_started", UPDATED]);
    subscription.cancel_renewal();
    assert_eq!(drained(&mut events), ["subscription_renewal_cancelled", UPDATED]);
    app.advance(period("P1M"));
    // First the access of the customer who was put for a day is over.
    assert_eq!(drained(&mut events), [UPDATED, "subscription_expired", UPDATED]);
}

#[tokio::test]
async fn one_time_purchases_their_refunds_and_grants() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let mut events = app.events();
    let jane = || Identity::customer(JANE);
    app.make_purchase(jane(), NewPurchase::new("coins").consumable());
    app.make_purchase(jane(), NewPurchase::new("lifetime")).refund();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    let drawn = [
        "non_subscription_purchase",
        "non_subscription_purchase",
        UPDATED,
        "non_subscription_purchase_refunded",
        UPDATED,
        UPDATED,
    ];
    assert_eq!(drained(&mut events), drawn);
}

/// The events of transactions of one chain, each with other fields of the documented request.
async fn transactions(documented: &str, fields: &[Value]) -> Vec<String> {
    let server = MockServer::start().await;
    let mut events = server.app("k").events();
    for fields in fields {
        let mut body: Value = serde_json::from_str(documented).expect("JSON");
        for (name, value) in fields.as_object().expect("fields") {
            body[name] = value.clone();
        }
        let seen = transact(&server, JANE, &body.to_string()).await;
        assert_eq!(seen.status(), 200, "{}", seen.body());
    }
    drained(&mut events)
}

#[tokio::test]
async fn a_chain_whose_product_changed_goes_on_from_its_last_product() {
    let of = |id: &str, month: u8| {
        json!({"offer": null, "store_product_id": "other", "store_transaction_id": id,
            "purchased_at": format!("2024-0{month}-15T10:30:00Z"),
            "expires_at": format!("2024-0{}-15T10:30:00Z", month + 1)})
    };
    let trial = json!({"price": {"country": "US", "currency": "USD", "value": 0}});
    let drawn =
        ["trial_started", UPDATED, "trial_converted", UPDATED, "subscription_renewed", UPDATED];
    let documented = fixture!("set_transaction.request.openapi.subscription");
    assert_eq!(transactions(documented, &[trial, of("2", 3), of("3", 4)]).await, drawn);
}

#[tokio::test]
async fn a_transaction_over_the_api_sends_what_the_stores_own_would() {
    let subscription = fixture!("set_transaction.request.openapi.subscription");
    let trial = json!({"price": {"country": "US", "currency": "USD", "value": 0}});
    let renewal = json!({"offer": null, "store_transaction_id": "2"});
    let again = json!({"offer": null, "store_transaction_id": "2", "renew_status": false});
    let refund = json!({"offer": null, "store_transaction_id": "2",
        "refunded_at": "2024-01-20T00:00:00Z", "cancellation_reason": "refund"});
    let converted = [trial, renewal.clone(), again, refund];
    let drawn = [
        "trial_started",
        UPDATED,
        "trial_converted",
        UPDATED,
        UPDATED,
        "subscription_refunded",
        UPDATED,
    ];
    assert_eq!(transactions(subscription, &converted).await, drawn);
    let renewed = [json!({"offer": null}), renewal];
    let drawn = ["subscription_started", UPDATED, "subscription_renewed", UPDATED];
    assert_eq!(transactions(subscription, &renewed).await, drawn);
    let one_time = fixture!("set_transaction.request.openapi.one_time_purchase");
    let refund = json!({"refunded_at": "2024-01-20T00:00:00Z", "cancellation_reason": "refund"});
    let drawn =
        ["non_subscription_purchase", UPDATED, "non_subscription_purchase_refunded", UPDATED];
    assert_eq!(
        transactions(one_time, &[json!({}), json!({}), refund.clone(), refund]).await,
        drawn
    );
}

#[tokio::test]
async fn a_revocation_tells_of_the_access_level_alone() {
    let server = MockServer::start().await;
    let mut events = server.app("k").events();
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    revoke(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    let told: Vec<Value> = std::iter::from_fn(|| events.try_next())
        .map(|event| serde_json::from_slice(&event.body).expect("JSON"))
        .collect();
    let is_active = |event: &Value| event["event_properties"]["is_active"].clone();
    assert_eq!(told.iter().map(is_active).collect::<Vec<_>>(), [true, false]);
    assert_eq!(told[1]["event_properties"]["cancellation_reason"], "adapty_revoked");
}

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

#[tokio::test]
async fn events_of_test_purchases_go_to_their_own_address() {
    let (server, app, production) = delivering().await;
    let sandbox = Receiver::start().await;
    let body = json!({"url": sandbox.url, "environment": "Sandbox"}).to_string();
    admin(&server, "PUT webhook", "", &body).await;
    let mut new = monthly();
    new.environment = "Sandbox".to_owned();
    jane(&app, new);
    app.start_subscription(Identity::customer("real"), monthly());
    app.flush_webhooks().await;
    assert_eq!(sandbox.events(), ["subscription_started", UPDATED]);
    assert!(!sandbox.received()[0].head.contains("authorization"));
    assert_eq!(production.events(), ["subscription_started", UPDATED]);
}

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
async fn an_address_can_be_taken_at_its_word() {
    let server = MockServer::start().await;
    let receiver = Receiver::start().await;
    let body = json!({"url": receiver.url}).to_string();
    let put = admin(&server, "PUT webhook?verify=false", "", &body).await;
    let addresses = json!({"Production": receiver.url, "Sandbox": receiver.url});
    assert_eq!(put, (200, json!({"verified": null, "addresses": addresses})));
    assert!(receiver.received().is_empty());
    let new = format!(r#"{{"customer_user_id": "{JANE}", "product": "p", "period": "P1M"}}"#);
    admin(&server, "POST subscriptions", "", &new).await;
    assert_eq!(receiver.received()[0].event_type(), "subscription_started");
    let told = mistake(&server, "PUT webhook?verify=no", "", &body).await;
    let expected = "query parameter `verify`: expected `true` or `false`";
    assert_eq!(told, (400, expected.to_owned()));
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

/// An app at the beginning of 2030.
async fn in_2030() -> (MockServer, App) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    (server, app)
}

/// Each event so far: its type, and its properties.
fn all_properties(events: &mut EventStream) -> Vec<(String, Value)> {
    let told = std::iter::from_fn(|| events.try_next());
    told.map(|event| {
        let body: Value = serde_json::from_slice(&event.body).expect("JSON");
        (event.event_type.to_owned(), body["event_properties"].clone())
    })
    .collect()
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
async fn the_same_ids_again_tell_of_the_access_level_where_they_change_it() {
    let (server, app) = in_2030().await;
    let mut body: Value =
        serde_json::from_str(fixture!("set_transaction.request.openapi.subscription")).unwrap();
    body["offer"] = Value::Null;
    body["expires_at"] = "2030-02-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let mut events = app.events();
    transact(&server, JANE, &body.to_string()).await;
    assert_eq!(drained(&mut events), [""; 0]);
    body["billing_issue_detected_at"] = "2030-01-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let told = all_properties(&mut events);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, UPDATED);
    assert_eq!(told[0].1["billing_issue_detected_at"], "2030-01-01T00:00:00.000000+0000");
    body["grace_period_expires_at"] = "2030-02-17T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let told = all_properties(&mut events);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, UPDATED);
    assert_eq!(told[0].1["is_in_grace_period"], true);
    assert_eq!(told[0].1["expires_at"], "2030-02-17T00:00:00.000000+0000");
    transact(&server, JANE, &body.to_string()).await;
    assert_eq!(drained(&mut events), [""; 0]);
}

#[tokio::test]
async fn a_transaction_of_an_earlier_period_tells_of_itself_and_of_no_access_level() {
    let (server, app) = in_2030().await;
    let mut body: Value =
        serde_json::from_str(fixture!("set_transaction.request.openapi.subscription")).unwrap();
    (body["offer"], body["store_transaction_id"]) = (Value::Null, "2".into());
    body["expires_at"] = "2030-02-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    let mut events = app.events();
    body["store_transaction_id"] = "1".into();
    body["expires_at"] = "2029-02-01T00:00:00Z".into();
    transact(&server, JANE, &body.to_string()).await;
    body["refunded_at"] = "2028-01-01T00:00:00Z".into();
    body["cancellation_reason"] = "refund".into();
    transact(&server, JANE, &body.to_string()).await;
    let told = all_properties(&mut events);
    let told: Vec<_> = told
        .iter()
        .map(|(event_type, it)| {
            let end = it["subscription_expires_at"].as_str().expect("a date");
            (event_type.as_str(), it["transaction_id"].as_str().expect("an id"), &end[..4])
        })
        .collect();
    assert_eq!(
        told,
        [("subscription_renewed", "1", "2029"), ("subscription_refunded", "1", "2028")]
    );
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
