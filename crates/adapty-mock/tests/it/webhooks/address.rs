//! Where events go: an address is asked first, or taken at its word, and may be that of one environment.

use adapty_mock::{Identity, MockServer};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{AUTHORIZATION, Receiver, UPDATED, delivering, jane, monthly};
use crate::admin::{admin, mistake};
use crate::support::*;

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
