//! Currencies over the admin API, and the budget.

use adapty_mock::{MockServer, adapty_model::uuid::Uuid};
use serde_json::json;

use super::{AS_JANE, balance, balances, change, create, documented_history, read};
use crate::support::*;

#[tokio::test]
async fn currencies_are_set_switched_and_prepared_over_admin_all_or_nothing() {
    let server = MockServer::start().await;
    let change = json!({
        "enabled": false,
        "limited": true,
        "currencies": [{"code": "STARS", "name": "Stars"}],
        "refuse": ["idempotency_in_flight"],
    });
    let put = admin(&server, "PUT currencies", "", &change.to_string()).await;
    assert_eq!((put.0, read(&put.1)), (200, change.clone()));
    for (body, what) in [
        (
            json!({"enabled": true, "refuse": [], "currencies": [{"code": "", "name": ""}]}),
            "body: currencies[0].code: has not 1 to 256 bytes",
        ),
        (
            json!({"currencies": [{"code": "A", "name": "a"}, {"code": "A", "name": "b"}]}),
            "body: currencies[1].code: A is there twice",
        ),
        (
            json!({"currencies": [{"code": "A", "name": "a".repeat(257)}]}),
            "body: currencies[0].name: is longer than 256 bytes",
        ),
    ] {
        let (status, mistake) = admin(&server, "PUT currencies", "", &body.to_string()).await;
        assert_eq!((status, &read(&mistake)["errors"][0]["errors"][0]), (400, &json!(what)));
    }
    assert_eq!(read(&admin(&server, "GET currencies", "", "").await.1), change);
    let seen = admin(&server, "GET currencies", AS_JANE, "").await;
    assert_eq!(seen, (200, json!({"balances": {"STARS": 0}}).to_string()));
    server.app("k").reset();
    assert_eq!(server.app("k").currencies().len(), 5);
    assert_eq!(balances(&server).await.status(), 200);
}

#[tokio::test]
async fn a_mistake_in_an_admin_transaction_is_named() {
    let server = documented_history().await;
    let taken = json!({
        "items": [{"currency_code": "COINS", "amount": 1}],
        "transaction_id": Uuid::from_u128(1),
    });
    for (headers, body, what) in [
        ("", change("COINS", 1), "one identity header is needed"),
        (AS_JANE, change("COINS", -20_000), "body: Insufficient balance for currency COINS"),
        (AS_JANE, taken.to_string(), "body: transaction_id: the history has it already"),
        (
            "adapty-customer-user-id: nobody\r\n",
            change("COINS", 1),
            "no profile of this app has this id",
        ),
    ] {
        let (_, mistake) = admin(&server, "POST currencies", headers, &body).await;
        assert_eq!(read(&mistake)["errors"][0]["errors"][0], what);
    }
    let soon = json!({"items": [], "created_at": "soon"}).to_string();
    let (status, mistake) = admin(&server, "POST currencies", AS_JANE, &soon).await;
    assert!(status == 400 && mistake.contains("is not a date with time and zone"), "{mistake}");
}

#[tokio::test]
async fn what_does_not_fit_into_the_budget_is_a_507_and_changes_nothing() {
    let server = MockServer::builder().memory_limit(32 * 1024).start().await.unwrap();
    let mut created = 0;
    let full = loop {
        let seen = create(&server, &change("COINS", 1)).await;
        match seen.status() {
            200 => created += 1,
            _ => break seen,
        }
    };
    assert_eq!(full.status(), 507, "{}", full.text());
    assert!(created > 3);
    assert_eq!(balance(&server, "COINS"), created);
}
