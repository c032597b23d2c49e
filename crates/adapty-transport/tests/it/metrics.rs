//! What metrics are told of.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use adapty_mock::{Answer, Plan};
use adapty_transport::{
    AttemptMetrics, CallMetrics, ConnectionUse, ErrorKind, Identity, Metrics, RetryBudget,
};

use crate::support::{Fake, builder, customer, fails, run, succeeds};

#[derive(Default)]
struct Told {
    attempts: Mutex<Vec<AttemptMetrics>>,
    calls: Mutex<Vec<CallMetrics>>,
}

impl Metrics for Told {
    fn attempt_ended(&self, attempt: &AttemptMetrics) {
        self.attempts.lock().unwrap().push(*attempt);
    }

    fn call_ended(&self, call: &CallMetrics) {
        self.calls.lock().unwrap().push(*call);
    }
}

#[test]
fn each_attempt_is_told_of_with_its_wait_its_end_and_its_connection() {
    let (fake, told) = (Fake::with(Plan::new().then(Answer::new(503))), Arc::new(Told::default()));
    succeeds(builder(&fake.url()).metrics(Arc::<Told>::clone(&told)));
    let attempts = told.attempts.lock().unwrap();
    let seen: Vec<_> =
        attempts.iter().map(|it| (it.number, it.status, it.error, it.connection)).collect();
    assert_eq!(
        seen,
        [
            (1, Some(503), Some(ErrorKind::Server), ConnectionUse::New),
            (2, Some(200), None, ConnectionUse::Reused)
        ]
    );
    assert!(attempts.iter().all(|it| it.operation == "get_profile" && !it.is_shared));
    assert!(attempts.iter().all(|it| it.took > Duration::ZERO));
    assert_eq!(attempts[0].backoff, Duration::ZERO);
}

#[test]
fn each_call_is_told_of_with_its_end() {
    let (fake, told) = (Fake::always(Answer::new(503)), Arc::new(Told::default()));
    let budget = RetryBudget::new(1);
    fails(builder(&fake.url()).metrics(Arc::<Told>::clone(&told)).retry_budget(budget));
    let calls = told.calls.lock().unwrap();
    let [call] = calls[..] else { panic!("{calls:?}") };
    assert_eq!((call.operation, call.attempts), ("get_profile", 2));
    assert_eq!((call.error, call.retry_budget_exhausted), (Some(ErrorKind::Server), true));
    assert!(call.took > Duration::ZERO);
}

#[test]
fn without_a_connection_there_is_none_to_tell_of_and_a_refused_call_has_no_attempts() {
    let told = Arc::new(Told::default());
    let client = builder("http://127.0.0.1:1").metrics(Arc::<Told>::clone(&told)).build().unwrap();
    run(async move {
        client.get_profile(customer()).await.unwrap_err();
        client.get_profile(Identity::customer("")).await.unwrap_err();
    });
    let attempts = told.attempts.lock().unwrap();
    assert!(attempts.iter().all(|it| it.connection == ConnectionUse::None && it.status.is_none()));
    let calls = told.calls.lock().unwrap();
    let seen: Vec<_> = calls.iter().map(|it| (it.attempts, it.error)).collect();
    assert_eq!(seen, [(3, Some(ErrorKind::Connect)), (0, Some(ErrorKind::Identity))]);
}

#[test]
fn a_shared_read_is_told_of_by_each_who_waited() {
    let plan = Plan::new().then(adapty_mock::Fault::None).after(Duration::from_millis(20));
    let (fake, told) = (Fake::with(plan), Arc::new(Told::default()));
    let client = builder(&fake.url()).metrics(Arc::<Told>::clone(&told)).build().unwrap();
    run(async move {
        let both = tokio::join!(client.get_profile(customer()), client.get_profile(customer()));
        assert!(both.0.is_ok() && both.1.is_ok());
    });
    let mut shared: Vec<_> = told.attempts.lock().unwrap().iter().map(|it| it.is_shared).collect();
    shared.sort_unstable();
    assert_eq!((shared, fake.requests()), (vec![false, true], 1));
}
