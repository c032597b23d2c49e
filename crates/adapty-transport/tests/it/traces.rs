//! What a subscriber of `tracing` sees: a span a call, in it a span and an event an attempt.

use adapty_transport::{Identity, RetryPolicy};

use crate::listener::traces;
use crate::support::{CUSTOMER, KEY, RawServer, answer, builder, customer, profile, run};

#[test]
fn a_call_is_a_span_and_each_attempt_an_event_in_it() {
    let server =
        RawServer::saying(answer("503 Service Unavailable", &["request-id: 0123abcd"], ""));
    let client = builder(&server.url()).build().unwrap();
    let traces = traces(|| run(async move { client.get_profile(customer()).await.is_err() }));
    assert_eq!(traces.count("span send operation=get_profile"), 1);
    assert_eq!(traces.count("in send: attempt failed"), 3);
    assert_eq!(traces.count("kind=Server status=503 request_id=0123abcd"), 3);
    assert_eq!(traces.count("attempt=3"), 1);
}

#[test]
fn each_request_is_a_span_in_the_words_of_opentelemetry() {
    let server = RawServer::saying(answer("503 Service Unavailable", &[], ""));
    let client = builder(&server.url()).build().unwrap();
    let traces = traces(|| run(async move { client.get_profile(customer()).await.is_err() }));
    let (port, path) = (server.port(), "/api/v2/server-side-api/profile/");
    let line = format!(
        "span request otel.name=GET {path} otel.kind=client http.request.method=GET \
         url.full=http://127.0.0.1:{port}{path} url.template={path} \
         server.address=127.0.0.1 server.port={port}"
    );
    assert_eq!(traces.count(&line), 3, "{}", traces.all());
    assert_eq!(traces.count(" http.response.status_code=503"), 3);
    assert_eq!((traces.count(" error.type=503"), traces.count(" otel.status_code=ERROR")), (3, 3));
    let resent = |count| traces.count(&format!(" http.request.resend_count={count}"));
    assert_eq!((resent(0), resent(1), resent(2)), (0, 1, 1));
}

#[test]
fn a_request_that_two_calls_share_is_one_span() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    let asked = async move {
        let (one, other) =
            tokio::join!(client.get_profile(customer()), client.get_profile(customer()));
        one.is_ok() && other.is_ok()
    };
    let traces = traces(|| run(asked));
    assert_eq!((traces.count("span send "), traces.count("span request ")), (2, 1));
}

#[test]
fn a_request_without_an_answer_has_its_kind_for_a_type_of_error() {
    let server = RawServer::saying("no HTTP\r\n\r\n");
    let client = builder(&server.url()).retry(RetryPolicy::none()).build().unwrap();
    let traces = traces(|| run(async move { client.get_profile(customer()).await.is_err() }));
    assert_eq!(traces.count(" error.type=Protocol"), 1);
    assert_eq!(traces.count("http.response.status_code"), 0);
}

#[test]
fn each_retry_tells_of_a_backoff_of_its_own() {
    let server = RawServer::saying(answer("503 Service Unavailable", &[], ""));
    let client = builder(&server.url()).build().unwrap();
    let traces = traces(|| run(async move { client.get_profile(customer()).await.is_err() }));
    assert_eq!(traces.count("attempt=1 backoff=0ns"), 1);
    assert_eq!((traces.count("backoff="), traces.count("backoff=0ns")), (3, 1));
}

#[test]
fn a_profile_that_came_is_an_event_too() {
    let server = RawServer::saying(profile());
    let client = builder(&server.url()).build().unwrap();
    let traces = traces(|| run(async move { client.get_profile(customer()).await.is_ok() }));
    let line = "in send: response read attempt=1 backoff=0ns status=200 request_id=758f01df";
    assert_eq!(traces.count(line), 1);
}

#[test]
fn no_trace_at_any_level_of_any_crate_has_the_key_or_the_id() {
    let server = RawServer::saying_once(answer("503 Service Unavailable", &[], CUSTOMER));
    let client = builder(&server.url()).retry(RetryPolicy::none()).build().unwrap();
    let traces = traces(|| {
        run(async move {
            client.get_profile(customer()).await.is_err()
                && client.get_profile(Identity::customer(format!(" {CUSTOMER}"))).await.is_err()
        })
    });
    assert_eq!(
        (traces.count("attempt failed"), traces.count("span send operation=get_profile")),
        (1, 2)
    );
    assert_eq!(traces.count("in send: call refused kind=Identity"), 1);
    assert_eq!((traces.count(KEY), traces.count(CUSTOMER)), (0, 0));
}
