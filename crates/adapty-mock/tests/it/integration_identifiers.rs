//! Integration identifiers: what is kept, what is refused, and in which form.

use adapty_mock::MockServer;
use serde_json::{Value, json};

use crate::support::*;

const IDENTIFIERS: &str =
    "/api/v2/server-side-api/integration/profile/set/integration-identifiers/";

async fn set(server: &MockServer, customer: &str, body: &str) -> Seen {
    send(server, &operation("POST", IDENTIFIERS, customer, body)).await
}

async fn identifiers(server: &MockServer, customer: &str) -> Seen {
    send(server, &operation("GET", IDENTIFIERS, customer, "")).await
}

#[tokio::test]
async fn all_sixteen_are_set_with_a_blank_answer_and_kept() {
    let server = MockServer::start().await;
    let all = fixture!("set_integration_identifiers.request.openapi.all_sixteen");
    let blank = include_str!("../../fixtures/set_integration_identifiers.200.openapi.blank.txt");
    answered(&set(&server, JANE, all).await, 200, blank);
    let kept: Value = serde_json::from_str(&identifiers(&server, JANE).await.body()).unwrap();
    assert_eq!(kept, serde_json::from_str::<Value>(all).unwrap());
    assert!(server.app("k").requests()[0].changed);
}

#[tokio::test]
async fn some_that_are_set_are_answered_in_the_documents_own_bytes() {
    let server = MockServer::start().await;
    let some = fixture!("integration_identifiers.200.openapi.some_set");
    assert_eq!(set(&server, JANE, some).await.status(), 200);
    answered(&identifiers(&server, JANE).await, 200, some);
}

#[tokio::test]
async fn an_absent_one_stays_and_null_takes_one_away() {
    let server = MockServer::start().await;
    set(&server, JANE, r#"{"branch_id": "b", "appsflyer_id": "a"}"#).await;
    set(&server, JANE, r#"{"branch_id": null, "more": 1}"#).await;
    let kept: Value = serde_json::from_str(&identifiers(&server, JANE).await.body()).unwrap();
    assert_eq!((&kept["branch_id"], &kept["appsflyer_id"]), (&Value::Null, &json!("a")));
}

#[tokio::test]
async fn two_customers_and_two_apps_do_not_see_each_other() {
    let server = MockServer::start().await;
    set(&server, JANE, r#"{"branch_id": "b"}"#).await;
    let other_app = operation("GET", IDENTIFIERS, JANE, "").replace("Api-Key k", "Api-Key other");
    for seen in [identifiers(&server, LIFETIME).await, send(&server, &other_app).await] {
        assert!(seen.body().contains("\"branch_id\": null"));
    }
}

#[tokio::test]
async fn a_grant_keeps_them_and_a_deleted_profile_loses_them() {
    let server = MockServer::start().await;
    set(&server, JANE, r#"{"branch_id": "b"}"#).await;
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    assert!(identifiers(&server, JANE).await.body().contains("\"branch_id\": \"b\""));
    delete(&server, JANE).await;
    let seen = identifiers(&server, JANE).await;
    answered(&seen, 404, fixture!("integration_identifiers.404.openapi.profile_not_found"));
    assert_eq!(seen.reason(), "no profile of this app has this id");
    assert_eq!(set(&server, JANE, r#"{"branch_id": "b"}"#).await.body(), seen.body());
}

#[tokio::test]
async fn none_is_the_documented_400_and_a_wrong_one_is_named() {
    let server = MockServer::start().await;
    for body in ["{}", r#"{"more": "x"}"#] {
        let seen = set(&server, JANE, body).await;
        answered(&seen, 400, fixture!("set_integration_identifiers.400.openapi.validation_error"));
        assert_eq!(seen.reason(), "the body has none of the sixteen identifiers");
    }
    let seen = set(&server, JANE, r#"{"adjust_device_id": "x", "branch_id": 7}"#).await;
    let reason = "branch_id is neither a string nor null";
    assert_eq!((seen.reason(), seen.body()), (reason.to_owned(), in_texts(reason)));
    assert!(identifiers(&server, JANE).await.body().contains("\"adjust_device_id\": null"));
}

#[tokio::test]
async fn a_wrong_key_is_the_documented_401_with_texts() {
    let server = MockServer::builder().api_key("right").start().await.unwrap();
    for seen in [identifiers(&server, JANE).await, set(&server, JANE, "{}").await] {
        answered(&seen, 401, fixture!("refund_saver.401.openapi.unauthorized"));
    }
}
