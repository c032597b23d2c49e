//! Equal reads under way at the same time: one request, each caller's own end. Which reads are equal
//! and what a write does to them is tested beside the code, without a server.

use std::{
    sync::Arc,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    time::Duration,
};

use adapty_transport::adapty_model::GrantAccessLevel;
use adapty_transport::{Client, ErrorKind, Identity, Limit, RetryBudget, RetryPolicy};
use fastrand::Rng;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::support::{
    CUSTOMER, Fake, Flag, MOMENT, PROFILE, RawServer, answer, builder, customer, profile, run,
};

/// A server that answers every request with a profile once the flag is up.
fn waiting(flag: &Flag) -> RawServer {
    let flag = flag.clone();
    RawServer::open(move |mut peer| {
        let flag = flag.clone();
        async move {
            while peer.request().await.is_ok() {
                flag.wait().await;
                peer.say(&profile()).await?;
            }
            Ok(())
        }
    })
}

/// How many of five calls made at once get the profile.
async fn five(client: &Client) -> usize {
    let mut calls = JoinSet::new();
    for _ in 0..5 {
        let client = client.clone();
        calls.spawn(async move { client.get_profile(customer()).await.unwrap() });
    }
    let answers = calls.join_all().await;
    let is_right = |id: Option<&str>| id == Some(CUSTOMER);
    answers.iter().filter(|it| is_right(it.body.customer_user_id.as_deref())).count()
}

#[test]
fn five_questions_at_once_are_one_request_and_those_after_it_another() {
    let flag = Flag::default();
    let server = waiting(&flag);
    let client = builder(&server.url()).build().unwrap();
    let arrived = async {
        server.until_requests(1).await;
        flag.raise();
    };
    run(async {
        let (answered, ()) = tokio::join!(five(&client), arrived);
        assert_eq!((answered, server.requests()), (5, 1));
        client.get_profile(customer()).await.unwrap();
        assert_eq!(server.requests(), 2);
        drop(client);
    });
}

#[test]
fn with_the_switch_off_each_question_is_a_request() {
    let flag = Flag::default();
    let server = waiting(&flag);
    let client = builder(&server.url()).share_reads(false).build().unwrap();
    let arrived = async {
        server.until_requests(5).await;
        flag.raise();
    };
    run(async {
        let (answered, ()) = tokio::join!(five(&client), arrived);
        assert_eq!((answered, server.requests()), (5, 5));
        drop(client);
    });
}

#[test]
fn two_customers_do_not_share() {
    let fake = Fake::well();
    let client = builder(&fake.url()).build().unwrap();
    let joe = Identity::customer("joe");
    let (known, unknown) =
        run(async move { tokio::join!(client.find_profile(customer()), client.find_profile(joe)) });
    assert!(known.unwrap().is_some() && unknown.unwrap().is_none());
    assert_eq!(fake.requests(), 2);
}

#[test]
fn the_one_who_began_may_leave_or_run_out_of_time_and_the_others_are_answered() {
    let flag = Flag::default();
    let server = waiting(&flag);
    let client = builder(&server.url()).build().unwrap();
    run(async {
        let hurried = client.within(MOMENT / 4);
        let leaving = tokio::spawn({
            let client = client.clone();
            async move { client.get_profile(customer()).await }
        });
        server.until_requests(1).await;
        let late = async {
            let error = hurried.get_profile(customer()).await.unwrap_err();
            leaving.abort();
            flag.raise();
            error
        };
        let (error, patient) = tokio::join!(late, client.get_profile(customer()));
        assert_eq!((error.kind(), error.limit()), (ErrorKind::Timeout, Some(Limit::Call)));
        assert_eq!(error.to_string(), "no whole response within the call timeout of 50ms");
        assert!(error.may_have_reached_server());
        assert_eq!(patient.unwrap().body.customer_user_id.as_deref(), Some(CUSTOMER));
        drop(client);
    });
    assert_eq!(server.requests(), 1);
}

#[test]
fn a_failure_is_everyones_and_is_retried_once_for_all() {
    let server = RawServer::saying(answer("503 Service Unavailable", &[], ""));
    let client = builder(&server.url()).build().unwrap();
    let (one, other) = run(async move {
        tokio::join!(client.get_profile(customer()), client.get_profile(customer()))
    });
    for error in [one.unwrap_err(), other.unwrap_err()] {
        assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Server, 3));
        assert_eq!(error.status(), Some(503));
    }
    assert_eq!(server.requests(), 3);
}

/// A server whose first answer is this one, and every later one a profile; it waits for the flag with the first.
fn failing_once(first: String, flag: &Flag) -> RawServer {
    let (flag, failed) = (flag.clone(), Arc::new(AtomicBool::new(false)));
    RawServer::open(move |mut peer| {
        let (flag, failed, first) = (flag.clone(), Arc::clone(&failed), first.clone());
        async move {
            while peer.request().await.is_ok() {
                if failed.swap(true, SeqCst) {
                    peer.say(&profile()).await?;
                } else {
                    flag.wait().await;
                    peer.say(&first).await?;
                }
            }
            Ok(())
        }
    })
}

#[test]
fn one_fault_takes_one_retry_from_the_budget_however_many_share_the_read() {
    for first in [answer("503 Service Unavailable", &[], ""), "garbage\r\n\r\n".to_owned()] {
        let flag = Flag::default();
        let server = failing_once(first, &flag);
        let budget = RetryBudget::new(1);
        let client = builder(&server.url()).retry_budget(budget.clone()).build().unwrap();
        run(async {
            let arrived = async {
                server.until_requests(1).await;
                flag.raise();
            };
            let (answered, ()) = tokio::join!(five(&client), arrived);
            assert_eq!((answered, server.requests(), budget.retries_left()), (5, 2, Some(0)));
            drop(client);
        });
    }
}

#[test]
fn one_answer_is_counted_once_however_many_share_the_read() {
    let flag = Flag::default();
    let server = waiting(&flag);
    // Nine answers are no retry yet.
    let budget = RetryBudget::new(1);
    let failing = RawServer::saying(answer("503 Service Unavailable", &[], ""));
    let spending = builder(&failing.url()).retry_budget(budget.clone()).build().unwrap();
    let client = builder(&server.url()).retry_budget(budget.clone()).build().unwrap();
    run(async {
        spending.get_profile(customer()).await.unwrap_err();
        flag.raise();
        for _ in 0..9 {
            five(&client).await;
        }
        assert_eq!((budget.retries_left(), server.requests()), (Some(0), 9));
        drop((client, spending));
    });
}

#[test]
fn who_joins_late_has_an_attempt_as_long_as_everyone_and_what_was_too_slow_is_joined_by_nobody() {
    let flag = Flag::default();
    let server = waiting(&flag);
    let client = builder(&server.url())
        .attempt_timeout(Duration::from_secs(4))
        .retry(RetryPolicy::none())
        .build()
        .unwrap();
    run(async {
        let first = tokio::spawn({
            let client = client.clone();
            async move { client.get_profile(customer()).await }
        });
        server.until_requests(1).await;
        sleep(Duration::from_secs(2)).await;
        let late = tokio::spawn({
            let client = client.clone();
            async move { client.get_profile(customer()).await }
        });
        let error = first.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.limit()), (ErrorKind::Timeout, Some(Limit::Attempt)));
        let (next, ()) = tokio::join!(client.get_profile(customer()), async {
            server.until_requests(2).await;
            flag.raise();
        });
        assert!(next.is_ok() && late.await.unwrap().is_ok());
        drop(client);
    });
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_question_after_a_write_is_not_answered_with_the_read_from_before_it() {
    let (old_may_go, written) = (Flag::default(), Arc::new(AtomicBool::new(false)));
    let server = RawServer::open({
        let (old_may_go, written) = (old_may_go.clone(), Arc::clone(&written));
        move |mut peer| {
            let (old_may_go, written) = (old_may_go.clone(), Arc::clone(&written));
            async move {
                while let Ok(request) = peer.request_with_body().await {
                    // What a read says is what was there when it came.
                    let was_written = written.load(SeqCst);
                    if request.starts_with("POST") {
                        written.store(true, SeqCst);
                    } else if !was_written {
                        old_may_go.wait().await;
                    }
                    let revenue = if was_written { "77.5" } else { "9.99" };
                    let body = PROFILE.replace("9.99", revenue);
                    peer.say(&answer("200 OK", &[], &body)).await?;
                }
                Ok(())
            }
        }
    });
    let client = builder(&server.url()).build().unwrap();
    run(async {
        let before = tokio::spawn({
            let client = client.clone();
            async move { client.get_profile(customer()).await.unwrap() }
        });
        server.until_requests(1).await;
        client.grant_access_level(GrantAccessLevel::new(customer(), "premium")).await.unwrap();
        let after = client.get_profile(customer()).await.unwrap();
        assert_eq!((after.body.total_revenue_usd, server.requests()), (Some(77.5), 3));
        old_may_go.raise();
        assert_eq!(before.await.unwrap().body.total_revenue_usd, Some(9.99));
        drop(client);
    });
}

const CALLERS: u64 = 10_000;
const CUSTOMERS: u64 = 50;

/// A server that answers each customer with their own profile, late, or breaks.
fn moody(seed: u64) -> RawServer {
    let count = Arc::new(AtomicU64::new(seed));
    RawServer::open(move |mut peer| {
        let count = Arc::clone(&count);
        async move {
            while let Ok(head) = peer.request().await {
                let mut rng = Rng::with_seed(count.fetch_add(1, SeqCst));
                let name = head.lines().find_map(|it| it.strip_prefix("adapty-customer-user-id: "));
                let body = PROFILE.replace(CUSTOMER, name.unwrap());
                let whole = answer("200 OK", &[], &body);
                sleep(Duration::from_millis(rng.u64(1..4))).await;
                match rng.u8(..16) {
                    0 => return Ok(()),
                    1 => peer.say(&answer("503 Service Unavailable", &[], "")).await?,
                    2 => {
                        peer.say(&whole[..whole.len() / 2]).await?;
                        return peer.reset();
                    }
                    3 => return peer.say("no HTTP\r\n\r\n").await,
                    _ => peer.say(&whole).await?,
                }
            }
            Ok(())
        }
    })
}

/// One of many callers, who may leave early or be in a hurry; whether a profile came.
async fn caller(client: Client, number: u64) -> bool {
    let mut rng = Rng::with_seed(number);
    let name = format!("customer-{}", rng.u64(..CUSTOMERS));
    sleep(Duration::from_millis(rng.u64(..300))).await;
    let patience = Duration::from_micros(rng.u64(1..5_000));
    let outcome = match rng.u8(..8) {
        0 => match timeout(patience, client.get_profile(Identity::customer(&name))).await {
            Ok(outcome) => outcome,
            Err(_) => return false,
        },
        1 => client.within(patience).get_profile(Identity::customer(&name)).await,
        _ => client.get_profile(Identity::customer(&name)).await,
    };
    match outcome {
        Ok(answer) => {
            assert_eq!(answer.body.customer_user_id, Some(name));
            true
        }
        Err(error) => {
            let kind = error.kind();
            let expected = [ErrorKind::Connection, ErrorKind::Protocol, ErrorKind::Server];
            assert!(expected.contains(&kind) || kind == ErrorKind::Timeout, "{error:?}");
            false
        }
    }
}

#[test]
fn ten_thousand_callers_each_get_their_own_customer_with_fewer_requests_and_nothing_is_left() {
    let server = moody(1);
    let client = builder(&server.url()).build().unwrap();
    let answered = run(async move {
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            callers.spawn(caller(client.clone(), number));
        }
        callers.join_all().await.into_iter().filter(|answered| *answered).count() as u64
    });
    // Three of four wait for the end, and few of those fail thrice.
    assert!(answered > CALLERS / 2, "{answered} answered");
    let requests = server.requests() as u64;
    assert!(requests < CALLERS * 3 / 4, "{requests} requests");
}
