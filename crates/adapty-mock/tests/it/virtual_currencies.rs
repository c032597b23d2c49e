//! Virtual currencies: balances, transactions, keys, history, and that no coin is made or lost.

mod transactions;
mod idempotency;
mod history;
mod admin;
mod conservation;

use adapty_mock::{App, CurrencyTransaction, Identity, MockServer, adapty_model::uuid::Uuid};
use serde_json::{Value, json};

use crate::support::*;

const TRANSACTIONS: &str = "/api/v2/server-side-api/vc/transactions/";
const BALANCES: &str = "/api/v2/server-side-api/vc/balances/";
const KEY: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const AS_JANE: &str = "adapty-customer-user-id: jane.doe@example.com\r\n";

async fn create(server: &MockServer, body: &str) -> Seen {
    send(server, &operation("POST", TRANSACTIONS, JANE, body)).await
}

/// The same with an `Idempotency-Key`.
async fn create_with(server: &MockServer, key: &str, body: &str) -> Seen {
    let headers = format!("{AS_JANE}Idempotency-Key: {key}\r\n");
    send(server, &anonymous("POST", TRANSACTIONS, &headers, body)).await
}

async fn history(server: &MockServer, query: &str) -> Seen {
    send(server, &operation("GET", &format!("{TRANSACTIONS}{query}"), JANE, "")).await
}

async fn balances(server: &MockServer) -> Seen {
    send(server, &operation("GET", BALANCES, JANE, "")).await
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn change(code: &str, amount: i64) -> String {
    json!({"items": [{"currency_code": code, "amount": amount}]}).to_string()
}

fn jane() -> Identity {
    Identity::customer(JANE)
}

/// What an app has given Jane.
fn credit(app: &App, code: &str, amount: i32) {
    app.add_currency_transaction(jane(), &CurrencyTransaction::new([(code, amount)]));
}

async fn with(code: &str, amount: i32) -> MockServer {
    let server = MockServer::start().await;
    credit(&server.app("k"), code, amount);
    server
}

fn balance(server: &MockServer, code: &str) -> i32 {
    server.app("k").currency_balances(jane()).expect("Jane is there")[code]
}

/// The status, the code and the reason of an answer, and whether any request changed something.
#[track_caller]
fn refused(server: &MockServer, seen: &Seen) -> (u16, String, String) {
    assert!(!server.app("k").requests().last().expect("a request").changed);
    let code = read(&seen.body())["error_code"].as_str().unwrap_or_default().to_owned();
    (seen.status(), code, seen.reason())
}

/// The transactions of the documented history, and one older.
async fn documented_history() -> MockServer {
    let server = MockServer::start().await;
    for (id, kind, code, amount, at, metadata) in [
        (
            Uuid::from_u128(1),
            "dashboard_transaction",
            "COINS",
            11_450,
            "2026-05-01T00:00:00Z",
            None,
        ),
        (Uuid::from_u128(2), "trial_start", "GEMS", 3080, "2026-05-02T00:00:00Z", None),
        (
            Uuid::from_u128(0x0190e5c0_3f18_7b9a_9e6d_44a1c8b27e03),
            "subscription_renewal",
            "GEMS",
            200,
            "2026-05-20T09:00:00Z",
            None,
        ),
        (
            Uuid::from_u128(0x0190e7b2_9a44_7c10_bb31_7d2e9f0a1c55),
            "store_purchase",
            "COINS",
            1000,
            "2026-05-22T18:05:12Z",
            None,
        ),
        (
            Uuid::from_u128(0x0190e8a4_1c2b_7def_8abc_2c1a4b6d8e90),
            "api_transaction",
            "COINS",
            500,
            "2026-05-23T10:30:00Z",
            Some(json!({"reason": "promo_bonus"})),
        ),
    ] {
        let body = json!({
            "items": [{"currency_code": code, "amount": amount}],
            "transaction_type": kind,
            "metadata": metadata,
            "transaction_id": id,
            "created_at": at,
        });
        let added = admin(&server, "POST currencies", AS_JANE, &body.to_string()).await;
        assert_eq!(added, (200, json!({"transaction_id": id}).to_string()));
    }
    server
}
