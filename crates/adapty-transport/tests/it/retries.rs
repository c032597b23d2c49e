//! Retries, seen from the server. Which backoff is chosen is tested beside the policy, and how
//! `Retry-After` is read beside its reader.

use std::time::Duration;

use adapty_mock::{Answer, Fault, Filter, Plan};
use adapty_transport::{ApiKey, Client, ErrorKind, RetryBudget, RetryPolicy};

use crate::listener::traces;
use crate::support::{Fake, KEY, builder, customer, fails, kinds, patient, run, succeeds};

#[track_caller]
fn limited(retry_after: &str) -> (Option<u64>, usize) {
    let fake = Fake::always(Answer::new(429).header("Retry-After", retry_after));
    let error = fails(builder(&fake.url()));
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    (error.retry_after().map(|pause| pause.as_secs()), fake.requests())
}

#[test]
fn two_retries_are_the_default_and_none_is_none() {
    let fake = Fake::always(Answer::new(503));
    fails(builder(&fake.url()).retry(RetryPolicy::none()));
    assert_eq!(fake.requests(), 1);
    let policy = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    fails(builder(&fake.url()).retry(policy));
    assert_eq!(fake.requests(), 4);
}

#[test]
fn the_first_good_answer_ends_the_call() {
    let fake = Fake::with(Plan::new().then(Answer::new(502)).then(Answer::new(429)));
    assert_eq!(succeeds(builder(&fake.url())).attempts, 3);
    assert_eq!(fake.requests(), 3);
}

#[test]
fn the_error_tells_how_each_attempt_failed() {
    let plan = Plan::new().then(Fault::EmptyResponse).then(Answer::new(503)).then(Answer::new(401));
    let fake = Fake::with(plan);
    let error = fails(builder(&fake.url()));
    let met = [ErrorKind::Connection, ErrorKind::Server, ErrorKind::Unauthorized];
    assert_eq!(kinds(&error), met);
    let statuses: Vec<_> = error.attempts().iter().map(|it| it.status).collect();
    assert_eq!(statuses, [None, Some(503), Some(401)]);
    assert!(error.to_string().starts_with("unauthorized (status 401"), "{error}");
    assert!(error.to_string().ends_with(", 3 attempts)"), "{error}");
}

#[test]
fn every_attempt_asks_for_the_same_customer_with_the_same_key() {
    let fake = Fake::with(Plan::new().then(Answer::new(503)).then(Answer::new(503)));
    succeeds(builder(&fake.url()));
    assert_eq!(fake.app.count(&Filter::any().about(customer())), 3);
}

#[test]
fn a_slow_attempt_is_retried() {
    let fake = Fake::with(Plan::new().then(Fault::Timeout));
    assert_eq!(succeeds(patient(&fake.url())).attempts, 2);
}

#[test]
fn retry_after_zero_is_at_once() {
    assert_eq!(limited("0"), (Some(0), 3));
    assert_eq!(limited("Sun, 06 Nov 1994 08:49:37 GMT"), (Some(0), 3));
}

#[test]
fn a_retry_after_within_the_call_is_waited_for() {
    let fake = Fake::with(Plan::new().then(Answer::new(429).header("Retry-After", "1")));
    let client = builder(&fake.url()).build().unwrap();
    let call = async move { client.get_profile(customer()).await.unwrap().attempts == 2 };
    let traces = traces(|| run(call));
    assert_eq!(traces.count("response read attempt=2 backoff=1s"), 1);
    assert_eq!(fake.requests(), 2);
}

#[test]
fn a_retry_after_beyond_the_call_or_a_minute_comes_back_at_once_and_unclamped() {
    assert_eq!(limited("31"), (Some(31), 1));
    assert_eq!(limited("3600"), (Some(3600), 1));
    assert_eq!(limited("18446744073709551616"), (Some(u64::MAX), 1));
}

#[test]
fn a_retry_after_that_is_none_leaves_the_backoff_to_the_policy() {
    for value in ["soon", "-1", "1.5", "+2", "1, 2", ""] {
        assert_eq!(limited(value), (None, 3), "{value}");
    }
}

#[test]
fn an_idle_connection_closed_as_the_next_request_arrives_costs_no_retry() {
    let fake = Fake::with(Plan::new().then(Fault::CloseOnReuse));
    let client = builder(&fake.url()).retry(RetryPolicy::none()).build().unwrap();
    let attempts = run(async move {
        client.get_profile(customer()).await.unwrap();
        client.get_profile(customer()).await.unwrap().attempts
    });
    assert_eq!((attempts, fake.requests()), (2, 3));
}

#[test]
fn the_clients_of_a_process_share_five_retries_for_one_address() {
    let fake = Fake::always(Answer::new(503));
    let policy = RetryPolicy::default().backoff(Duration::ZERO, Duration::ZERO);
    let client = || {
        let key = ApiKey::new(KEY).unwrap();
        Client::builder(key).base_url(fake.url()).retry(policy).build().unwrap()
    };
    let clients = [client(), client(), client(), client()];
    let errors = run(async move {
        let mut errors = Vec::new();
        for client in &clients {
            errors.push(client.get_profile(customer()).await.unwrap_err());
        }
        errors
    });
    let attempts: Vec<_> = errors.iter().map(|error| error.attempts().len()).collect();
    assert_eq!((attempts, fake.requests()), (vec![3, 3, 2, 1], 9));
    let told: Vec<_> = errors.iter().map(|error| error.is_retry_budget_exhausted()).collect();
    assert_eq!(told, [false, false, true, true]);
    assert!(errors[2].to_string().ends_with(", 2 attempts, retry budget exhausted)"));
}

#[test]
fn a_client_can_have_a_budget_of_its_own() {
    let fake = Fake::always(Answer::new(503));
    let budget = RetryBudget::new(1);
    let error = fails(builder(&fake.url()).retry_budget(budget.clone()));
    assert_eq!((error.attempts().len(), budget.retries_left()), (2, Some(0)));
    let unlimited = fails(builder(&fake.url()).retry_budget(RetryBudget::unlimited()));
    assert_eq!(unlimited.attempts().len(), 3);
}
