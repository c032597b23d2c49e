//! Connections and answers that break: the kind of each, how often the server was asked, and that
//! nothing is left running. Connecting itself is tested in `connections`, limits in `limits`.

use adapty_mock::{Fault, Plan, Then};
use adapty_transport::{Error, ErrorKind};

use crate::support::{
    CUSTOMER, Fake, PROFILE, RawServer, builder, fails, kinds, profile, succeeds,
};

/// Asks a server with this fault in every answer, and expects three attempts whose connection closed.
#[track_caller]
fn breaks(fault: Fault, message: &str) -> Error {
    fails_as(ErrorKind::Connection, fault, message)
}

#[track_caller]
fn fails_as(kind: ErrorKind, fault: Fault, message: &str) -> Error {
    let fake = Fake::always(fault);
    let error = fails(builder(&fake.url()));
    assert_eq!(kinds(&error), [kind; 3]);
    assert_eq!(fake.requests(), 3);
    assert!(error.to_string().starts_with(message), "{error}");
    assert!(error.may_have_reached_server() && error.is_retryable());
    error
}

fn raw(text: impl Into<String>, then: Then) -> Fault {
    Fault::Raw { text: text.into(), then }
}

#[test]
fn closed_at_once() {
    breaks(Fault::EmptyResponse, "the connection closed before the response (3 attempts)");
}

#[test]
fn reset_at_once() {
    breaks(Fault::ConnectionResetByPeer, "the connection closed before the response (3 attempts)");
}

#[test]
fn closed_in_the_head() {
    breaks(Fault::HalfHeadThenClose, "the connection closed in the response's head");
}

#[test]
fn reset_in_the_head() {
    let half = "HTTP/1.1 200 OK\r\nContent-Le";
    breaks(raw(half, Then::Reset), "the connection closed in the response's head");
}

#[test]
fn closed_after_the_head() {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PROFILE.len());
    let error = breaks(raw(head, Then::Close), "the connection closed in the response's body");
    assert_eq!(error.status(), Some(200));
}

#[test]
fn closed_in_the_body() {
    let error = breaks(Fault::HalfBodyThenClose, "the connection closed in the response's body");
    assert_eq!(error.status(), Some(200));
    assert_eq!(error.request_id().map(str::len), Some(32));
}

#[test]
fn reset_in_the_body() {
    breaks(Fault::HalfBodyThenReset, "the connection closed in the response's body");
}

#[test]
fn a_body_shorter_than_announced() {
    let fault = Fault::WrongContentLength { by: 10 };
    breaks(fault, "the connection closed in the response's body");
}

#[test]
fn a_chunked_body_without_its_end() {
    let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"dat";
    breaks(raw(text, Then::Close), "the connection closed in the response's body");
}

#[test]
fn garbage_instead_of_http() {
    let message = "the response's head is not readable HTTP";
    fails_as(ErrorKind::Protocol, Fault::RandomDataThenClose, message);
}

#[test]
fn another_protocol_that_greets() {
    let greeting = raw("SSH-2.0-OpenSSH_9.2\r\n", Then::Close);
    fails_as(ErrorKind::Protocol, greeting, "the response's head is not readable HTTP");
}

#[test]
fn a_body_longer_than_announced_is_cut_where_it_was_said_to_end() {
    let fake = Fake::always(Fault::WrongContentLength { by: -10 });
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), fake.requests()), (ErrorKind::Unreadable, 1));

    let server = RawServer::saying_once(profile() + "and more");
    let answer = succeeds(builder(&server.url()));
    assert_eq!(answer.body.customer_user_id.as_deref(), Some(CUSTOMER));
    assert_eq!((answer.attempts, server.requests()), (1, 1));
}

#[test]
fn a_body_byte_by_byte_is_a_body() {
    let fake = Fake::always(Fault::Slicer { delay_ms: 0 });
    assert_eq!(succeeds(builder(&fake.url())).attempts, 1);
    assert_eq!(fake.requests(), 1);
}

#[test]
fn http_1_0_with_a_body_until_the_close_is_an_answer() {
    let fake = Fake::always(raw(format!("HTTP/1.0 200 OK\r\n\r\n{PROFILE}"), Then::Close));
    assert_eq!(succeeds(builder(&fake.url())).attempts, 1);
    assert_eq!(fake.requests(), 1);
}

#[test]
fn an_early_answer_is_waited_out() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    let fake = Fake::always(raw(format!("{early}{}", profile()), Then::Close));
    assert_eq!(succeeds(builder(&fake.url())).attempts, 1);
    assert_eq!(fake.requests(), 1);
}

#[test]
fn a_switch_of_protocols_is_an_unexpected_status() {
    let fake = Fake::always(raw("HTTP/1.1 101 Switching Protocols\r\n\r\n", Then::Timeout));
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(101)));
    assert_eq!(fake.requests(), 1);
}

#[test]
fn a_status_survives_a_body_that_breaks() {
    let broken = |status: &str| {
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 100\r\n\r\n{{\"errors\": [");
        let fake = Fake::always(raw(text, Then::Reset));
        let error = fails(builder(&fake.url()));
        (error.kind(), error.status(), fake.requests())
    };
    assert_eq!(broken("401 Unauthorized"), (ErrorKind::Unauthorized, Some(401), 1));
    assert_eq!(broken("404 Not Found"), (ErrorKind::Status, Some(404), 1));
    assert_eq!(broken("500 Internal Server Error"), (ErrorKind::Server, Some(500), 3));
}

#[test]
fn what_breaks_once_is_mended_by_the_next_attempt() {
    for fault in [Fault::EmptyResponse, Fault::HalfBodyThenReset, Fault::RandomDataThenClose] {
        let fake = Fake::with(Plan::new().then(fault));
        assert_eq!(succeeds(builder(&fake.url())).attempts, 2);
        assert_eq!(fake.requests(), 2);
    }
}
