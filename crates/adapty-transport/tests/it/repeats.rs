//! What a second request does to a customer when the first one's answer, or the first one, was lost. That
//! there is a second one is tested with every operation.

use adapty_mock::{Answer, Fault, Plan};
use adapty_transport::adapty_model::{
    GrantAccessLevel, OneTimePurchase, Price, Profile, RevokeAccessLevel, SetTransaction, Store,
    time::{Duration, OffsetDateTime},
};
use adapty_transport::{Client, Error, ErrorKind, Response};

use crate::support::{Fake, builder, customer, kinds, run};

const LOSSES: [Fault; 2] = [Fault::LostAnswer, Fault::LostRequest];

/// What a call comes to whose first request, or its answer, is lost; and how often it was sent.
fn after<T, F>(fault: Fault, call: impl FnOnce(Client) -> F) -> (Result<T, Error>, Fake)
where
    F: Future<Output = Result<T, Error>>,
{
    let fake = Fake::with(Plan::new().then(fault));
    let client = builder(&fake.url()).build().unwrap();
    (run(call(client)), fake)
}

fn next_year() -> OffsetDateTime {
    OffsetDateTime::now_utc().replace_nanosecond(0).unwrap() + Duration::days(365)
}

fn grant() -> GrantAccessLevel {
    GrantAccessLevel::new(customer(), "premium")
}

#[test]
fn a_grant_with_dates_is_sent_again_and_leaves_one_level() {
    for fault in LOSSES {
        let call = |client: Client| async move {
            client.grant_access_level(grant().until(next_year())).await
        };
        let (granted, fake) = after(fault, call);
        let granted = granted.unwrap();
        assert_eq!((granted.attempts, fake.requests()), (2, 2));
        let levels = granted.body.access_levels.iter();
        assert_eq!(levels.filter(|level| level.store == Some(Store::Adapty)).count(), 1);
    }
}

#[test]
fn a_grant_without_dates_is_sent_again_only_when_the_caller_says_so() {
    for fault in LOSSES {
        let is_done = fault == Fault::LostAnswer;
        let call = |client: Client| async move { client.grant_access_level(grant()).await };
        let (outcome, fake) = after(fault.clone(), call);
        let error = outcome.unwrap_err();
        let said = "(not sent again, since the server may have acted on it)";
        assert!(error.to_string().ends_with(said), "{error}");
        assert!(error.may_have_reached_server() && !error.is_retryable());
        assert_eq!((fake.requests(), fake.app.requests()[0].changed), (1, is_done));
        let call =
            |client: Client| async move { client.grant_access_level(grant().repeatable()).await };
        let (outcome, fake) = after(fault, call);
        assert_eq!((outcome.unwrap().attempts, fake.requests()), (2, 2));
    }
}

#[test]
fn a_revocation_with_a_date_is_sent_again_and_one_without_is_not() {
    for fault in LOSSES {
        let at = next_year();
        let revoke = || RevokeAccessLevel::new(customer(), "premium");
        let call =
            |client: Client| async move { client.revoke_access_level(revoke().at(at)).await };
        let (outcome, fake) = after(fault.clone(), call);
        let revoked = outcome.unwrap();
        assert_eq!((revoked.attempts, fake.requests()), (2, 2));
        assert_eq!(revoked.body.access_levels[0].expires_at, Some(at));
        let call = |client: Client| async move { client.revoke_access_level(revoke()).await };
        let (outcome, fake) = after(fault, call);
        assert!(!outcome.unwrap_err().is_retryable());
        assert_eq!(fake.requests(), 1);
    }
}

#[test]
fn a_transaction_that_is_set_twice_is_one_purchase() {
    for fault in LOSSES {
        let price = Price::new("US", "USD", 10.0);
        let purchase =
            OneTimePurchase::new("web", "lifetime", "1", price, OffsetDateTime::UNIX_EPOCH);
        let set = SetTransaction::new(customer(), purchase);
        let call = |client: Client| async move {
            let before = client.get_profile(customer()).await;
            assert!(before.is_ok());
            client.set_transaction(set).await
        };
        let fake = Fake::with(Plan::new().then(Fault::None).then(fault));
        let before = revenue(&fake);
        let client = builder(&fake.url()).build().unwrap();
        let set: Response<Profile> = run(call(client)).unwrap();
        assert_eq!((set.attempts, fake.requests()), (2, 3));
        assert!((set.body.total_revenue_usd.unwrap_or_default() - before - 10.0).abs() < 1e-9);
        let ids = set.body.non_subscriptions.iter().map(|row| row.store_transaction_id.as_deref());
        assert_eq!(ids.filter(|id| *id == Some("1")).count(), 1);
    }
}

fn revenue(fake: &Fake) -> f64 {
    let body = fake.app.body(customer()).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    body["data"]["total_revenue_usd"].as_f64().unwrap_or_default()
}

#[test]
fn a_deletion_whose_answer_was_lost_is_told_as_done_with_its_attempts() {
    let delete = |client: Client| async move { client.delete_profile(customer()).await };
    let (outcome, fake) = after(Fault::LostAnswer, delete);
    let deleted = outcome.unwrap();
    assert_eq!((deleted.attempts, fake.requests()), (2, 2));
    let failed: Vec<_> = deleted.failed_attempts.iter().map(|it| (it.kind, it.status)).collect();
    assert_eq!(failed, [(ErrorKind::Connection, None), (ErrorKind::ProfileNotFound, Some(404))]);
    assert!(fake.app.requests()[0].changed && !fake.app.requests()[1].changed);
    let (outcome, fake) = after(Fault::LostRequest, delete);
    let deleted = outcome.unwrap();
    assert_eq!((deleted.attempts, deleted.failed_attempts.len(), fake.requests()), (2, 1, 2));
    assert!(fake.app.requests()[1].changed);
}

#[test]
fn a_deletion_that_cannot_have_been_done_before_finds_no_profile() {
    for plan in [Plan::new(), Plan::new().then(Answer::new(429))] {
        let fake = Fake::with(plan);
        fake.app.remove_profile(customer());
        let client = builder(&fake.url()).build().unwrap();
        let error = run(async move { client.delete_profile(customer()).await.unwrap_err() });
        assert_eq!(error.kind(), ErrorKind::ProfileNotFound);
        assert_eq!(kinds(&error).len(), fake.requests());
    }
}
