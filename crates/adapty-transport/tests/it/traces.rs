//! What a subscriber of `tracing` sees: a span a call, an event an attempt.

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
