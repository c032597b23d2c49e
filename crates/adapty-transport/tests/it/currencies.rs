//! Virtual currencies: the key of a transaction, what its refusals mean, and that no coin is made or lost.

use std::{collections::BTreeMap, num::NonZeroI32};

use adapty_mock::{Answer, CurrencyRefusal, CurrencyTransaction, Fault, Plan};
use adapty_transport::adapty_model::{
    CreateVirtualCurrencyTransaction, CreatedVirtualCurrencyTransaction,
    ListVirtualCurrencyTransactions, VirtualCurrencyTransaction,
    uuid::{self, Uuid},
};
use adapty_transport::{Client, Error, ErrorKind, Response};
use proptest::{collection::vec, prelude::*, sample::select};
use tokio::task::JoinSet;

use crate::listener::traces;
use crate::support::{Fake, builder, customer, kinds, run, run_on_threads};

const IN_FLIGHT: &str = include_str!(
    "../../fixtures/create_virtual_currency_transaction.409.openapi.idempotency_in_flight.json"
);

fn transaction(code: &str, amount: i32) -> CreateVirtualCurrencyTransaction {
    CreateVirtualCurrencyTransaction::new(customer(), code, NonZeroI32::new(amount).unwrap())
}

type Outcome = Result<Response<CreatedVirtualCurrencyTransaction>, Error>;

fn create(fake: &Fake, transaction: CreateVirtualCurrencyTransaction) -> Outcome {
    let client = builder(&fake.url()).build().unwrap();
    run(async move { client.create_virtual_currency_transaction(transaction).await })
}

/// The key that each request came with.
fn keys(fake: &Fake) -> Vec<Uuid> {
    let key = |request: adapty_mock::Request| request.header("idempotency-key").unwrap().parse();
    fake.app.requests().into_iter().map(|request| key(request).unwrap()).collect()
}

fn coins(fake: &Fake) -> i32 {
    fake.app.currency_balances(customer()).unwrap()["COINS"]
}

#[test]
fn a_call_has_a_key_of_its_own_that_is_the_same_in_every_attempt() {
    let fake = Fake::with(Plan::new().then(Fault::LostAnswer).then(Answer::new(503)));
    assert_eq!(create(&fake, transaction("COINS", 7)).unwrap().attempts, 3);
    assert_eq!(coins(&fake), 7);
    create(&fake, transaction("COINS", 7)).unwrap();
    assert_eq!(coins(&fake), 14);
    let keys = keys(&fake);
    assert!(keys[0] == keys[1] && keys[0] == keys[2] && keys[0] != keys[3]);
    assert!(keys.iter().all(|key| key.get_version_num() == 4));
}

#[test]
fn a_given_key_is_sent_and_makes_up_for_a_call_that_failed() {
    let key: Uuid = "7c9e6679-7425-40de-944b-e07fc1f90ae7".parse().unwrap();
    let fake = Fake::with(Plan::new().then(Fault::LostAnswer).times(3));
    let credit = transaction("COINS", 7).idempotency_key(key);
    let error = create(&fake, credit.clone()).unwrap_err();
    assert!(error.is_retryable() && error.may_have_reached_server());
    let known = create(&fake, credit).unwrap();
    assert_eq!((known.body.balances[0].balance, coins(&fake)), (7, 7));
    assert_eq!(keys(&fake), [key; 4]);
}

#[test]
fn without_a_key_of_its_own_a_transaction_that_may_have_run_is_not_to_be_repeated() {
    let fake = Fake::with(Plan::new().then(Fault::LostAnswer).times(3));
    let error = create(&fake, transaction("COINS", 7)).unwrap_err();
    assert!(!error.is_retryable() && error.may_have_reached_server());
    assert!(!error.to_string().contains("not sent again"), "{error}");
    assert_eq!((error.attempts().len(), coins(&fake)), (3, 7));
}

#[test]
fn a_transaction_under_way_is_asked_after_with_the_same_key() {
    let under_way = || Answer::new(409).body(IN_FLIGHT).header("Retry-After", "0");
    let fake = Fake::with(Plan::new().then(under_way()));
    let done = create(&fake, transaction("COINS", 7)).unwrap();
    assert_eq!(done.failed_attempts[0].kind, ErrorKind::IdempotencyInFlight);
    let keys = keys(&fake);
    assert_eq!((keys.len(), keys[0]), (2, keys[1]));
    let fake = Fake::always(under_way());
    let error = create(&fake, transaction("COINS", 7)).unwrap_err();
    assert_eq!(kinds(&error), [ErrorKind::IdempotencyInFlight; 3]);
    assert!(!error.is_retryable(), "the key was made for this call");
    let said = "the same request is under way (status 409, retry after 0 s";
    assert!(error.to_string().starts_with(said), "{error}");
    let late = Answer::new(409).body(IN_FLIGHT).header("Retry-After", "61");
    let error = create(&Fake::always(late), transaction("COINS", 7)).unwrap_err();
    assert_eq!((error.attempts().len(), error.retry_after().unwrap().as_secs()), (1, 61));
}

#[test]
fn retry_after_says_how_long_a_transaction_under_way_is_waited_for() {
    let fake = Fake::well();
    fake.app.refuse_currency_transactions([CurrencyRefusal::IdempotencyInFlight]);
    let client = builder(&fake.url()).build().unwrap();
    let call = async move {
        client.create_virtual_currency_transaction(transaction("COINS", 7)).await.is_ok()
    };
    let traces = traces(|| run(call));
    assert_eq!(traces.count("response read attempt=2 backoff=1s"), 1);
    assert_eq!(coins(&fake), 7);
}

#[test]
fn what_a_refusal_means_is_its_kind_and_none_is_sent_again() {
    let refused = |prepare: fn(&Fake), kind: ErrorKind, message: &str| {
        let fake = Fake::well();
        prepare(&fake);
        let error = create(&fake, transaction("COINS", -1)).unwrap_err();
        assert_eq!((error.kind(), fake.requests()), (kind, 1));
        assert!(error.to_string().starts_with(message), "{error}");
        assert!(!error.is_retryable());
        assert_eq!(coins(&fake), 0);
    };
    refused(|_| (), ErrorKind::InsufficientBalance, "insufficient balance (status 400");
    refused(
        |fake| fake.app.enable_currencies(false),
        ErrorKind::FeatureNotEnabled,
        "virtual currencies are not enabled (status 403",
    );
    refused(
        |fake| {
            let duplicate = CurrencyRefusal::DuplicateSourceTransaction;
            fake.app.refuse_currency_transactions([duplicate]);
        },
        ErrorKind::DuplicateSourceTransaction,
        "the source transaction was used before (status 409",
    );
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Done,
    /// The balance did not allow it.
    Refused,
    /// The call ended without an answer, and the key that the client had made for it with the call.
    Unknown,
}

/// Carries a transaction out; one with a key however often that takes.
async fn carry_out(client: &Client, transaction: CreateVirtualCurrencyTransaction) -> End {
    loop {
        match client.create_virtual_currency_transaction(transaction.clone()).await {
            Ok(_) => return End::Done,
            Err(error) if error.kind() == ErrorKind::InsufficientBalance => return End::Refused,
            // A refusal whose words were cut off: the same again is told them.
            Err(error) if error.status() == Some(400) && error.body().is_none() => {}
            Err(error) if transaction.idempotency_key.is_none() && !error.is_retryable() => {
                use ErrorKind::{Connection, IdempotencyInFlight, Server};
                let is_lost = matches!(error.kind(), Connection | IdempotencyInFlight | Server);
                assert!(is_lost && error.may_have_reached_server(), "{error:?}");
                return End::Unknown;
            }
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    }
}

fn any_transaction() -> impl Strategy<Value = CreateVirtualCurrencyTransaction> {
    let amount = || prop_oneof![-40..=-1, 1..=40];
    let second = proptest::option::of(amount());
    let key = proptest::option::of(any::<[u8; 16]>());
    (select(vec!["COINS", "GEMS"]), amount(), second, key).prop_map(
        |(code, amount, second, key)| {
            let first = transaction(code, amount);
            let both = match second {
                Some(amount) => first.and("GOLD", NonZeroI32::new(amount).unwrap()),
                None => first,
            };
            match key {
                Some(key) => {
                    both.idempotency_key(uuid::Builder::from_random_bytes(key).into_uuid())
                }
                None => both,
            }
        },
    )
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let lost = [Fault::LostAnswer, Fault::LostRequest, Fault::HalfBodyThenReset];
    prop_oneof![
        2 => Just(Fault::None),
        4 => select(lost.to_vec()),
        1 => Just(Fault::Status(Answer::new(503))),
        1 => Just(Fault::Status(Answer::new(409).body(IN_FLIGHT).header("Retry-After", "0"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn transactions_of_many_tasks_make_and_lose_no_coin_whatever_is_lost_and_repeated(
        transactions in vec(vec(any_transaction(), 1..6), 1..9),
        faults in vec(any_fault(), 0..60),
    ) {
        let begin = [("COINS", 100), ("GEMS", 100), ("GOLD", 100)];
        let (fake, ended, history) = run_on_threads(async move {
            let fake = Fake::on_threads().await;
            fake.app.add_currency_transaction(customer(), &CurrencyTransaction::new(begin));
            fake.app.put_faults(faults.into_iter().fold(Plan::new(), Plan::then));
            let client = builder(&fake.url()).build().unwrap();
            let mut tasks = JoinSet::new();
            for (task, transactions) in transactions.into_iter().enumerate() {
                let client = client.clone();
                tasks.spawn(async move {
                    let mut ended = Vec::new();
                    for (number, transaction) in transactions.into_iter().enumerate() {
                        let name = format!("{task}.{number}");
                        let transaction = transaction.metadata("name", &name);
                        let end = carry_out(&client, transaction.clone()).await;
                        ended.push((name, transaction, end));
                    }
                    ended
                });
            }
            let ended: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
            fake.app.clear_faults();
            let list = ListVirtualCurrencyTransactions::new(customer()).limit(10);
            let mut pages = client.virtual_currency_transactions(list);
            let mut history = Vec::new();
            while let Some(row) = pages.next().await {
                history.push(row.unwrap());
            }
            (fake, ended, history)
        });
        let mut expected: BTreeMap<_, _> = begin.map(|(code, amount)| (code.to_owned(), amount)).into();
        for (name, transaction, end) in &ended {
            let is_it = |row: &&VirtualCurrencyTransaction| {
                let metadata = row.metadata.as_ref();
                metadata.is_some_and(|it| it.get("name") == Some(&name.as_str().into()))
            };
            let booked = history.iter().filter(is_it).count();
            match end {
                End::Done => prop_assert_eq!(booked, 1, "{}", name),
                End::Refused => prop_assert_eq!(booked, 0, "{}", name),
                End::Unknown => prop_assert!(booked <= 1, "{}: {} times", name, booked),
            }
            for item in transaction.items.iter().filter(|_| booked == 1) {
                *expected.get_mut(&item.currency_code).unwrap() += item.amount.get();
            }
        }
        let mut balances = fake.app.currency_balances(customer()).unwrap();
        balances.retain(|code, _| expected.contains_key(code));
        prop_assert!(balances.values().all(|balance| *balance >= 0));
        prop_assert_eq!(balances, expected);
    }
}
