//! `Idempotency-Key`: one request, carried out once.

use adapty_mock::MockServer;

use super::{KEY, TRANSACTIONS, balance, change, create, create_with, credit, refused};
use crate::support::*;

#[tokio::test]
async fn the_same_key_and_body_is_carried_out_once_and_answered_the_same() {
    let server = MockServer::start().await;
    let first = create_with(&server, KEY, &change("COINS", 5)).await;
    let spaced = change("COINS", 5).replace(':', " : ");
    let second = create_with(&server, &KEY.to_uppercase(), &spaced).await;
    answered(&second, 200, &first.body());
    assert_eq!(balance(&server, "COINS"), 5);
    let requests = server.app("k").requests();
    assert!(requests[0].changed && !requests[1].changed);
    assert_eq!(requests[1].reason, "answered as before: the Idempotency-Key is known");
}

#[tokio::test]
async fn a_key_belongs_to_one_profile_and_one_body() {
    let server = MockServer::start().await;
    create_with(&server, KEY, &change("COINS", 5)).await;
    let seen = create_with(&server, KEY, &change("COINS", 6)).await;
    let reason = "this Idempotency-Key came before with another body";
    let expected = (409, "idempotency_key_reused".to_owned(), reason.to_owned());
    assert_eq!(refused(&server, &seen), expected);
    let headers = format!("adapty-customer-user-id: {LIFETIME}\r\nIdempotency-Key: {KEY}\r\n");
    let other = anonymous("POST", TRANSACTIONS, &headers, &change("COINS", 6));
    assert_eq!(send(&server, &other).await.status(), 200);
}

#[tokio::test]
async fn no_metadata_and_an_empty_object_are_one_request() {
    let server = MockServer::start().await;
    let without = change("COINS", 5);
    let empty = without.replace("]}", "],\"metadata\":{}}");
    let first = create_with(&server, KEY, &without).await;
    for body in [&empty, &without] {
        answered(&create_with(&server, KEY, body).await, 200, &first.body());
    }
    assert_eq!(balance(&server, "COINS"), 5);
    let other = empty.replace("{}", r#"{"a":"b"}"#);
    assert_eq!(create_with(&server, KEY, &other).await.status(), 409);
}

#[tokio::test]
async fn what_was_refused_is_not_remembered_and_without_a_key_nothing_is() {
    let server = MockServer::start().await;
    assert_eq!(create_with(&server, KEY, &change("COINS", -5)).await.status(), 400);
    credit(&server.app("k"), "COINS", 20);
    assert_eq!(create_with(&server, KEY, &change("COINS", -5)).await.status(), 200);
    create(&server, &change("COINS", -5)).await;
    create(&server, &change("COINS", -5)).await;
    assert_eq!(balance(&server, "COINS"), 5);
}

#[tokio::test]
async fn a_key_that_is_no_uuid_of_version_4_or_there_twice_is_refused() {
    let server = MockServer::start().await;
    let twice = format!("{KEY}\r\nIdempotency-Key: {KEY}");
    let v7 = "0190e8a4-1c2b-7def-8abc-2c1a4b6d8e90";
    let no_uuid = "Idempotency-Key is no UUID of version 4";
    for (key, reason) in [
        ("", no_uuid),
        ("once", no_uuid),
        (v7, no_uuid),
        (&twice, "Idempotency-Key was sent more than once"),
    ] {
        let seen = create_with(&server, key, &change("COINS", 5)).await;
        let expected = (400, "idempotency_key_invalid".to_owned(), reason.to_owned());
        assert_eq!(refused(&server, &seen), expected);
    }
}
