//! Any operation through the one loop: what is sent, what is an answer, what is sent again.
//! The profile call itself is tested in all other modules.

use std::borrow::Cow;

use adapty_transport::adapty_model::time::{Duration, OffsetDateTime};
use adapty_transport::adapty_model::{
    DeleteProfile, GrantAccessLevel, Meaning, Method, Operation, ReadError, Repeat, Spec,
    WriteError,
};
use adapty_transport::{Error, ErrorKind, Identity, Response};

use crate::support::{CUSTOMER, RawServer, answer, builder, customer, patient, profile, run};

const TOKEN: &str = "sub_1MowQVLkdIwHu7ixeZi58wBM";

/// A payment: a request with a secret in its body that must not run twice, and an empty answer.
struct Charge(Repeat);

impl Charge {
    fn once() -> Self {
        Self(Repeat::OnlyIfUnseen)
    }
}

impl Operation for Charge {
    type Answer = ();

    const SPEC: Spec = Spec {
        name: "charge",
        method: Method::Post,
        path: "/api/v1/charges/",
        needs_identity: false,
        media_type: "application/vnd.api+json",
        success: 200,
        repeat: Repeat::OnlyIfUnseen,
        codes: &[("paywall_does_not_exist", Meaning::PaywallNotFound)],
    };

    fn identity(&self) -> Option<&Identity> {
        None
    }

    fn path(&self) -> Cow<'static, str> {
        Cow::Borrowed("/api/v1/charges/7/")
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        vec![("page[size]", "a b".to_owned())]
    }

    fn body(&self) -> Result<Option<Vec<u8>>, WriteError> {
        Ok(Some(format!("{{\"token\":\"{TOKEN}\"}}").into_bytes()))
    }

    fn repeat(&self) -> Repeat {
        self.0
    }

    fn secrets(&self) -> Vec<&str> {
        vec![TOKEN]
    }

    fn read(&self, _: &[u8]) -> Result<(), ReadError> {
        Ok(())
    }
}

/// Sends one operation to a server.
#[track_caller]
fn send<O: Operation>(server: &RawServer, operation: O) -> Result<Response<O::Answer>, Error> {
    let client = builder(&server.url()).build().unwrap();
    run(async move { client.send(operation).await })
}

/// Resets every connection once a whole request is there.
fn losing_answers() -> RawServer {
    RawServer::open(|mut peer| async move {
        peer.request_with_body().await?;
        peer.reset()
    })
}

/// The error of an operation whose answer is lost, and how often it was sent.
#[track_caller]
fn lost<O: Operation>(operation: O) -> (Error, usize) {
    let server = losing_answers();
    let error = send(&server, operation).expect_err("the answer is lost");
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(error.may_have_reached_server());
    (error, server.requests())
}

fn tomorrow() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::DAY
}

fn grant() -> GrantAccessLevel {
    GrantAccessLevel::new(customer(), "premium")
}

#[test]
fn method_target_media_type_and_body_are_the_operations_own() {
    let server = RawServer::open(|mut peer| async move {
        let request = peer.request_with_body().await?;
        let head = request.to_lowercase();
        assert!(request.starts_with("POST /api/v1/charges/7/?page%5Bsize%5D=a%20b HTTP/1.1\r\n"));
        assert!(head.contains("\r\naccept: application/vnd.api+json\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/vnd.api+json\r\n"), "{head}");
        assert!(
            head.contains("\r\ncontent-length: 40\r\n") && !head.contains("adapty-customer"),
            "{head}"
        );
        assert!(request.ends_with(&format!("\r\n\r\n{{\"token\":\"{TOKEN}\"}}")), "{request}");
        peer.say(&answer("200 OK", &["request-id: 758f01df"], "")).await
    });
    let response = send(&server, Charge::once()).unwrap();
    assert_eq!((response.request_id.as_deref(), response.attempts), (Some("758f01df"), 1));
}

#[test]
fn a_204_is_an_answer_and_its_connection_is_used_again() {
    let server = RawServer::saying("HTTP/1.1 204 No Content\r\nrequest-id: 758f01df\r\n\r\n");
    let client = builder(&server.url()).build().unwrap();
    run(async move {
        let deleted = client.delete_profile(customer()).await.unwrap();
        assert_eq!((deleted.body, deleted.request_id.as_deref()), ((), Some("758f01df")));
        assert!(client.delete_profile(customer()).await.is_ok());
    });
    assert_eq!((server.connections(), server.requests()), (1, 2));
}

#[test]
fn a_delete_sends_neither_a_body_nor_its_length() {
    let server = RawServer::open(|mut peer| async move {
        let head = peer.request().await?.to_lowercase();
        assert!(head.starts_with("delete /api/v2/server-side-api/profile/ http/1.1\r\n"));
        assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
        peer.say("HTTP/1.1 204 No Content\r\n\r\n").await
    });
    assert!(send(&server, DeleteProfile::new(customer())).is_ok());
}

#[test]
fn another_status_of_success_is_no_answer() {
    let server = RawServer::saying(answer("200 OK", &[], "{}"));
    let error = send(&server, DeleteProfile::new(customer())).unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(200)));
}

#[test]
fn a_grant_is_answered_with_the_profile() {
    let server = RawServer::open(|mut peer| async move {
        let request = peer.request_with_body().await?;
        let body = r#"{"access_level_id":"premium","expires_at":"1970-01-02T00:00:00Z"}"#;
        assert!(request.ends_with(body), "{request}");
        peer.say(&profile()).await
    });
    let client = builder(&server.url()).build().unwrap();
    let granted = run(async move { client.grant_access_level(grant().until(tomorrow())).await });
    assert_eq!(granted.unwrap().body.customer_user_id.as_deref(), Some(CUSTOMER));
}

#[test]
fn what_must_not_run_twice_is_sent_once_when_its_answer_is_lost() {
    for (error, requests) in [lost(Charge::once()), lost(grant()), lost(Charge(Repeat::WithKey))] {
        assert_eq!((requests, error.attempts().len()), (1, 1));
        assert!(!error.is_retryable());
    }
}

#[test]
fn what_leaves_things_as_they_are_is_sent_again_when_its_answer_is_lost() {
    let delete = DeleteProfile::new(customer());
    for (error, requests) in [
        lost(Charge(Repeat::NotAfter500)),
        lost(grant().until(tomorrow())),
        lost(grant().starting(tomorrow())),
        lost(delete),
    ] {
        assert_eq!((requests, error.attempts().len()), (3, 3));
        assert!(error.is_retryable());
    }
}

/// Answers the first request of a connection, and resets it under the second.
fn stale_after_one() -> RawServer {
    RawServer::open(|mut peer| async move {
        peer.request_with_body().await?;
        peer.say(&answer("200 OK", &[], "")).await?;
        peer.request_with_body().await?;
        peer.reset()
    })
}

/// What a second call over a connection that turns out to be stale comes to.
fn second(repeat: Repeat) -> (Option<Error>, usize) {
    let server = stale_after_one();
    let client = builder(&server.url()).build().unwrap();
    let outcome = run(async move {
        client.send(Charge(repeat)).await.unwrap();
        client.send(Charge(repeat)).await.err()
    });
    (outcome, server.requests())
}

#[test]
fn a_stale_connection_that_may_have_carried_the_request_is_no_excuse_to_run_it_twice() {
    let (error, requests) = second(Repeat::OnlyIfUnseen);
    let error = error.expect("the second answer is lost");
    assert!(error.attempts()[0].stale_connection && error.may_have_reached_server());
    assert_eq!((requests, error.attempts().len(), error.is_retryable()), (2, 1, false));
}

#[test]
fn a_stale_connection_is_replaced_for_what_may_be_repeated() {
    let (error, requests) = second(Repeat::NotAfter500);
    assert!(error.is_none());
    assert_eq!(requests, 3);
}

#[test]
fn each_status_is_retried_as_far_as_the_operation_allows() {
    let sent = |status: &str, repeat| {
        let server = RawServer::saying_once(answer(status, &[], ""));
        assert!(send(&server, Charge(repeat)).is_err());
        server.requests()
    };
    for status in ["408 Request Timeout", "502 Bad Gateway", "503 Busy", "504 Late"] {
        assert_eq!(sent(status, Repeat::Always), 3, "{status}");
        assert_eq!(sent(status, Repeat::NotAfter500), 3, "{status}");
        assert_eq!(sent(status, Repeat::OnlyIfUnseen), 1, "{status}");
    }
    let [error, busy] = ["500 Internal Server Error", "429 Too Many Requests"];
    assert_eq!(sent(error, Repeat::Always), 3);
    assert_eq!([sent(error, Repeat::NotAfter500), sent(error, Repeat::OnlyIfUnseen)], [1, 1]);
    assert_eq!([sent(busy, Repeat::Always), sent(busy, Repeat::OnlyIfUnseen)], [3, 3]);
}

#[test]
fn what_was_never_connected_is_tried_again_whatever_it_is() {
    let server = RawServer::saying(String::new());
    let url = server.url();
    drop(server);
    let client = patient(&url).build().unwrap();
    let error = run(async move { client.send(Charge::once()).await.unwrap_err() });
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Connect, 3));
    assert!(error.is_retryable() && !error.may_have_reached_server());
}

#[test]
fn a_code_means_what_the_operation_says_and_elsewhere_nothing() {
    let kind = |code: &str| {
        let body = format!("{{\"error_code\":\"{code}\"}}");
        let server = RawServer::saying_once(answer("404 Not Found", &[], &body));
        send(&server, Charge::once()).unwrap_err().kind()
    };
    assert_eq!(kind("paywall_does_not_exist"), ErrorKind::PaywallNotFound);
    assert_eq!(kind("not_found"), ErrorKind::Status);
    assert_eq!(kind("profile_does_not_exist"), ErrorKind::Status);
}

#[test]
fn a_grant_of_a_level_that_does_not_exist_says_so() {
    let body = include_str!(
        "../../fixtures/grant_access_level.400.fragment.paid_access_level_does_not_exist.json"
    );
    let server = RawServer::saying_once(answer("400 Bad Request", &[], body));
    let error = send(&server, grant()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessLevelNotFound);
    assert_eq!(error.to_string(), "access level not found (status 400)");
}

#[test]
fn a_secret_of_the_body_shows_in_no_error() {
    let id = format!("request-id: {TOKEN}");
    let server = RawServer::saying_once(answer("403 Forbidden", &[&id], &format!("no {TOKEN}!")));
    let error = send(&server, Charge::once()).unwrap_err();
    assert_eq!((error.excerpt(), error.request_id()), (Some("no …!"), None));
    assert!(!format!("{error} {error:?}").contains(TOKEN));
    let location = format!("location: https://{}.example/", TOKEN.replace('_', "-"));
    let server = RawServer::saying_once(answer("302 Found", &[&location], ""));
    let error = send(&server, Charge::once()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
}

#[test]
fn a_date_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let server = losing_answers();
    let error = send(&server, grant().until(tomorrow().replace_year(-1).unwrap())).unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Request, 0));
    assert_eq!(server.requests(), 0);
}
