//! Every wait ends and every size has a bound: time limits, the head, the body. Limits of
//! connecting are tested in `connections` and `tls`.

use std::time::Duration;

use adapty_mock::{Answer, Fault, Plan, Then};
use adapty_transport::{ErrorKind, Limit, RetryPolicy};
use tokio::io::AsyncWriteExt;

use crate::support::{Fake, RawServer, builder, fails, hurried, kinds, succeeds};

/// Long enough for a request to arrive on a machine that is very busy.
const LONG: Duration = Duration::from_secs(1);

/// Asks a server that is too slow in this way, and expects two attempts cut by their own limit.
#[track_caller]
fn cut(fault: Fault) {
    let fake = Fake::always(fault);
    cut_at(&fake.url());
    assert_eq!(fake.requests(), 2);
}

#[track_caller]
fn cut_at(url: &str) {
    let once_more = RetryPolicy::new(1).backoff(Duration::ZERO, Duration::ZERO);
    let error = fails(builder(url).attempt_timeout(LONG).retry(once_more));
    assert_eq!(kinds(&error), [ErrorKind::Timeout; 2]);
    assert_eq!(error.limit(), Some(Limit::Attempt));
    let message = "no whole response within the attempt timeout of 1s";
    assert!(error.to_string().starts_with(message), "{error}");
    assert!(error.may_have_reached_server() && error.is_retryable());
}

/// Says `beginning`, and then `more` for as long as the client listens.
fn endless(beginning: &'static str, more: &str) -> RawServer {
    let more = more.repeat(1000);
    RawServer::open(move |mut peer| {
        let more = more.clone();
        async move {
            peer.request().await?;
            peer.stream.write_all(beginning.as_bytes()).await?;
            loop {
                peer.stream.write_all(more.as_bytes()).await?;
            }
        }
    })
}

#[test]
fn a_silent_server_is_cut() {
    cut(Fault::Timeout);
}

#[test]
fn a_server_silent_after_half_a_head_is_cut() {
    cut(Fault::Raw { text: "HTTP/1.1 200 OK\r\nContent".to_owned(), then: Then::Timeout });
}

#[test]
fn a_server_silent_after_its_head_is_cut() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 3387\r\n\r\n{";
    cut(Fault::Raw { text: text.to_owned(), then: Then::Timeout });
}

#[test]
fn a_body_that_drips_is_cut() {
    cut(Fault::Slicer { delay_ms: 5 });
}

#[test]
fn early_answers_without_end_are_cut() {
    let server = endless("", "HTTP/1.1 100 Continue\r\n\r\n");
    cut_at(&server.url());
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_status_survives_a_body_that_never_ends_in_time() {
    let text = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\n{";
    let fake = Fake::always(Fault::Raw { text: text.to_owned(), then: Then::Timeout });
    let error = fails(hurried(&fake.url()));
    assert_eq!((error.kind(), error.status()), (ErrorKind::Unauthorized, Some(401)));
    assert_eq!((error.limit(), fake.requests()), (None, 1));
}

#[test]
fn the_call_cuts_the_last_attempt() {
    let fake = Fake::always(Fault::Timeout);
    let error = fails(builder(&fake.url()).attempt_timeout(LONG).call_timeout(LONG * 3 / 2));
    assert_eq!(error.limit(), Some(Limit::Call));
    assert_eq!(kinds(&error), [ErrorKind::Timeout; 2]);
    assert_eq!(fake.requests(), 2);
}

#[test]
fn a_backoff_that_would_outlast_the_call_is_not_begun() {
    let fake = Fake::always(Answer::new(503).header("Retry-After", "20"));
    let error = fails(builder(&fake.url()).call_timeout(Duration::from_secs(10)));
    assert_eq!((error.kind(), fake.requests()), (ErrorKind::Server, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(20)));
}

#[test]
fn a_head_without_end_is_not_read_on() {
    let fake = Fake::always(Fault::EndlessHead);
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), error.limit()), (ErrorKind::TooLarge, Some(Limit::Head)));
    assert_eq!(error.to_string(), "the response's head is larger than 65536 bytes or 100 lines");
    assert_eq!(fake.requests(), 1);
    assert!(error.may_have_reached_server() && !error.is_retryable());
}

#[test]
fn a_line_of_the_head_without_end_is_not_read_on() {
    let text = format!("HTTP/1.1 200 OK\r\nX-Long: {}", "a".repeat(100_000));
    let fake = Fake::always(Fault::Raw { text, then: Then::Timeout });
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), error.limit()), (ErrorKind::TooLarge, Some(Limit::Head)));
    assert_eq!(fake.requests(), 1);
}

#[test]
fn a_head_of_too_many_lines_is_not_taken() {
    let lines: String = (0..101).map(|number| format!("X-{number}: a\r\n")).collect();
    let text = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n");
    let fake = Fake::always(Fault::Raw { text, then: Then::Timeout });
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), error.limit()), (ErrorKind::TooLarge, Some(Limit::Head)));
    assert_eq!(fake.requests(), 1);
}

#[test]
fn lines_without_end_after_the_body_are_not_read_on() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n";
    let server = endless(head, "X-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    let error = fails(builder(&server.url()));
    assert_eq!(kinds(&error), [ErrorKind::Protocol; 3]);
    assert_eq!((error.status(), server.requests()), (Some(200), 3));
}

#[test]
fn a_body_without_end_is_not_read_on() {
    let fake = Fake::always(Fault::EndlessBody);
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), error.limit()), (ErrorKind::TooLarge, Some(Limit::Body)));
    let message = "the response's body is larger than 8388608 bytes (status 200";
    assert!(error.to_string().starts_with(message), "{error}");
    assert_eq!(fake.requests(), 1);
}

#[test]
fn a_body_announced_beyond_the_limit_is_not_begun() {
    let text = "HTTP/1.1 200 OK\r\nContent-Length: 8388609\r\n\r\n";
    let fake = Fake::always(Fault::Raw { text: text.to_owned(), then: Then::Timeout });
    let error = fails(builder(&fake.url()));
    assert_eq!((error.kind(), error.limit()), (ErrorKind::TooLarge, Some(Limit::Body)));
    assert_eq!(fake.requests(), 1);
}

#[test]
fn an_error_body_without_end_is_read_a_little_and_the_status_told() {
    for announced in ["", "Content-Length: 200000\r\n"] {
        let body = "a".repeat(100_000);
        let text = format!("HTTP/1.1 403 Forbidden\r\n{announced}\r\n{body}");
        let fake = Fake::always(Fault::Raw { text, then: Then::Timeout });
        let error = fails(builder(&fake.url()));
        assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(403)));
        assert_eq!(error.excerpt(), Some("a".repeat(512).as_str()));
        assert_eq!((error.limit(), fake.requests()), (None, 1));
    }
}

#[test]
fn an_answer_just_in_time_is_an_answer() {
    let fake = Fake::with(Plan::new().then(Fault::None).after(Duration::from_millis(5)));
    assert_eq!(succeeds(builder(&fake.url())).attempts, 1);
}
