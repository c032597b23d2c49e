//! No coin is made or lost.

use std::{collections::BTreeMap, sync::Arc};

use adapty_mock::{Fault, MockServer, Plan, adapty_model::uuid::Uuid};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    strategy::ValueTree,
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{balance, create_with, history, read};

/// One random transaction: so much of one currency, and perhaps the other way of another.
fn items() -> impl Strategy<Value = BTreeMap<&'static str, i32>> {
    let code = prop_oneof![Just("COINS"), Just("GEMS"), Just("GOLD")];
    vec((code, -40..60_i32), 1..3).prop_map(|items| {
        items
            .into_iter()
            .map(|(code, amount)| (code, if amount == 0 { 1 } else { amount }))
            .collect()
    })
}

/// Repeats one request with its key until it is answered; says whether it was carried out.
async fn until_answered(server: &MockServer, key: &str, body: &str) -> bool {
    for _ in 0..50 {
        let seen = create_with(server, key, body).await;
        let text = seen.text();
        let Some((head, answer)) = text.split_once("\r\n\r\n") else { continue };
        if serde_json::from_str::<Value>(answer).is_err() {
            continue;
        }
        return match head.get(9..12) {
            Some("200") => true,
            Some("400") => false,
            _ => continue,
        };
    }
    panic!("never answered");
}

#[tokio::test]
async fn no_coin_is_made_or_lost_whatever_answers_are_lost_and_repeated() {
    let mut runner = TestRunner::deterministic();
    let faults = [
        Fault::EmptyResponse,
        Fault::HalfBodyThenClose,
        Fault::HalfBodyThenReset,
        Fault::ConnectionResetByPeer,
        Fault::HalfHeadThenClose,
    ];
    for round in 0..8 {
        let server = Arc::new(MockServer::start().await);
        let mut plan = Plan::new();
        for _ in 0..60 {
            let at = any::<proptest::sample::Index>().new_tree(&mut runner).unwrap().current();
            let is_lost = any::<bool>().new_tree(&mut runner).unwrap().current();
            plan = plan.then(if is_lost { at.get(&faults).clone() } else { Fault::None });
        }
        server.app("k").put_faults(plan);
        let mut tasks = JoinSet::new();
        for n in 0..24_u128 {
            let items = items().new_tree(&mut runner).unwrap().current();
            let server = Arc::clone(&server);
            tasks.spawn(async move {
                let list: Vec<_> = items
                    .iter()
                    .map(|(code, amount)| json!({"currency_code": code, "amount": amount}))
                    .collect();
                let body = json!({"items": list}).to_string();
                let key = Uuid::from_u128((n << 96) | (4 << 76) | (0b10 << 62)).to_string();
                until_answered(&server, &key, &body).await.then_some(items)
            });
        }
        let mut expected = BTreeMap::<&str, i32>::new();
        let mut carried_out = 0;
        while let Some(items) = tasks.join_next().await {
            let Some(items) = items.unwrap() else { continue };
            carried_out += 1;
            for (code, amount) in items {
                *expected.entry(code).or_default() += amount;
            }
        }
        for (code, amount) in expected {
            assert_eq!(balance(&server, code), amount, "round {round}, {code}");
        }
        server.app("k").clear_faults();
        let rows = read(&history(&server, "?limit=100").await.body())["data"].take();
        let rows = rows.as_array().unwrap();
        assert_eq!(rows.len(), carried_out, "round {round}");
        let mut after = BTreeMap::<String, i64>::new();
        for item in rows.iter().rev().flat_map(|row| row["items"].as_array().unwrap()) {
            let balance = after.entry(item["currency_code"].to_string()).or_default();
            *balance += item["amount"].as_i64().unwrap();
            assert_eq!(Some(*balance), item["balance_after"].as_i64());
            assert!(*balance >= 0);
        }
    }
}
