//! Refund saver settings: what is kept, what is refused, and in which form.

use adapty_mock::MockServer;

use crate::support::*;

const SETTINGS: &str = "/api/v2/server-side-api/purchase/profile/refund-saver/settings/";
const DOCUMENTED: &str = r#"{"data": {"profile_id": "e5aab402-b1bd-4039-b632-57a91ebc0779", "customer_user_id": "documented"}}"#;

async fn with_documented_profile() -> MockServer {
    let server = MockServer::start().await;
    server.app("k").put_json(DOCUMENTED);
    server
}

async fn set(server: &MockServer, body: &str) -> Seen {
    send(server, &operation("POST", SETTINGS, "documented", body)).await
}

async fn settings(server: &MockServer) -> Seen {
    send(server, &operation("GET", SETTINGS, "documented", "")).await
}

#[tokio::test]
async fn the_documented_request_gets_the_documented_answer_and_is_kept() {
    let server = with_documented_profile().await;
    let granted = fixture!("set_refund_saver_settings.200.openapi.grant");
    let request = fixture!("set_refund_saver_settings.request.openapi.grant");
    answered(&set(&server, request).await, 200, granted);
    answered(&settings(&server).await, 200, granted);
    assert!(server.app("k").requests()[0].changed);
    assert!(!server.app("k").requests()[1].changed);
    assert_eq!(get(&server, "k", "documented").await.body(), DOCUMENTED);
}

#[tokio::test]
async fn one_field_alone_leaves_the_other_as_it_is_and_null_takes_it_away() {
    let server = with_documented_profile().await;
    set(&server, r#"{"consent": true}"#).await;
    let seen = set(&server, r#"{"custom_preference": "no_preference"}"#).await;
    answered(&seen, 200, fixture!("refund_saver_settings.200.openapi.no_preference"));
    let seen = set(&server, r#"{"custom_preference": null}"#).await;
    assert!(seen.body().contains("\"consent\": true,\n    \"custom_preference\": null"));
}

#[tokio::test]
async fn settings_that_were_never_set_are_null() {
    let seen = settings(&with_documented_profile().await).await;
    assert!(seen.body().contains("\"consent\": null,\n    \"custom_preference\": null"));
}

#[tokio::test]
async fn a_missing_profile_is_the_documented_400() {
    let server = MockServer::start().await;
    let body = r#"{"consent": true}"#;
    for seen in [settings(&server).await, set(&server, body).await] {
        answered(&seen, 400, fixture!("refund_saver.400.openapi.profile_does_not_exist"));
        assert_eq!(seen.reason(), "no profile of this app has this id");
    }
}

#[tokio::test]
async fn neither_field_is_the_documented_400_and_a_wrong_one_is_named() {
    let server = with_documented_profile().await;
    for body in ["{}", r#"{"more": 1}"#] {
        let seen = set(&server, body).await;
        answered(&seen, 400, fixture!("set_refund_saver_settings.400.openapi.validation_error"));
        assert_eq!(seen.reason(), "the body has neither consent nor custom_preference");
    }
    for (body, reason) in [
        (r#"{"consent": "yes"}"#, "consent is neither true, false nor null"),
        (r#"{"custom_preference": 1}"#, "custom_preference is neither a string nor null"),
        (
            r#"{"consent": true, "custom_preference": "Grant"}"#,
            "custom_preference is none of grant, no_preference, decline",
        ),
        ("[]", "the body is JSON, and no object"),
    ] {
        let seen = set(&server, body).await;
        assert_eq!((seen.reason(), seen.body()), (reason.to_owned(), in_texts(reason)), "{body}");
    }
    assert!(server.app("k").requests().iter().all(|request| !request.changed));
}

#[tokio::test]
async fn a_wrong_key_is_the_documented_401_with_texts() {
    let server = MockServer::builder().api_key("right").start().await.unwrap();
    for method in ["GET", "POST"] {
        let seen = send(&server, &operation(method, SETTINGS, JANE, "")).await;
        answered(&seen, 401, fixture!("refund_saver.401.openapi.unauthorized"));
        assert_eq!(seen.reason(), "the key is not on this server's list");
    }
}

#[tokio::test]
async fn no_identity_is_refused() {
    let server = MockServer::start().await;
    for method in ["GET", "POST"] {
        let seen = send(&server, &anonymous(method, SETTINGS, "", "{}")).await;
        let reason = "neither adapty-customer-user-id nor adapty-profile-id was sent";
        assert_eq!((seen.status(), seen.reason().as_str()), (400, reason));
    }
}
