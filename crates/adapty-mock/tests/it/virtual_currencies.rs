//! Virtual currencies: balances, transactions, keys, history, and that no coin is made or lost.

use std::{collections::BTreeMap, sync::Arc};

use adapty_mock::{
    App, Currency, CurrencyRefusal, CurrencyTransaction, Fault, Identity, MockServer, Plan,
    adapty_model::uuid::Uuid,
};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    strategy::ValueTree,
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

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

#[tokio::test]
async fn the_documented_credit_gets_the_documented_answer_but_for_its_id() {
    let server = with("COINS", 12_450).await;
    let request = fixture!("create_virtual_currency_transaction.request.openapi.credit");
    let seen = create(&server, request).await;
    let documented = fixture!("create_virtual_currency_transaction.200.openapi.credit");
    let id = read(&seen.body())["transaction_id"].as_str().unwrap().to_owned();
    assert_eq!(Uuid::try_parse(&id).unwrap().get_version_num(), 7);
    answered(&seen, 200, &documented.replace("0190e8a4-1c2b-7def-8abc-2c1a4b6d8e90", &id));
    assert!(server.app("k").requests()[0].changed);
}

#[tokio::test]
async fn each_documented_request_changes_the_balances_as_it_says() {
    for (request, after) in [
        (
            fixture!("create_virtual_currency_transaction.request.openapi.debit"),
            [("COINS", 990), ("GOLD", 1000), ("SILVER", 1000)],
        ),
        (
            fixture!("create_virtual_currency_transaction.request.openapi.multi_currency"),
            [("COINS", 1000), ("GOLD", 950), ("SILVER", 800)],
        ),
        (
            fixture!("create_virtual_currency_transaction.request.openapi.conversion"),
            [("COINS", 1000), ("GOLD", 1010), ("SILVER", 900)],
        ),
    ] {
        let server = MockServer::start().await;
        let all = CurrencyTransaction::new(after.map(|(code, _)| (code, 1000)));
        server.app("k").add_currency_transaction(jane(), &all);
        assert_eq!(create(&server, request).await.status(), 200, "{request}");
        assert_eq!(after.map(|(code, _)| (code, balance(&server, code))), after);
        let newest = read(&history(&server, "").await.body())["data"][0].take();
        assert_eq!(newest["transaction_type"], "api_transaction");
        assert_eq!(newest.get("metadata"), read(request).get("metadata"));
    }
}

#[tokio::test]
async fn the_documented_balances_are_answered_but_for_the_time() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let three = [("COINS", "Gold Coins"), ("GEMS", "Gems"), ("ENERGY", "Energy")];
    app.set_currencies(three.map(|(code, name)| Currency::new(code, name)));
    let all = CurrencyTransaction::new([("COINS", 12_450), ("GEMS", 3280), ("ENERGY", 840)]);
    app.add_currency_transaction(jane(), &all);
    let seen = balances(&server).await;
    let time = read(&seen.body())["response_created_at"].as_i64().unwrap();
    assert!(time > 1_700_000_000_000);
    let documented = fixture!("virtual_currency_balances.200.openapi.three_currencies");
    answered(&seen, 200, &documented.replace("1779791400000", &time.to_string()));
}

#[tokio::test]
async fn at_first_every_balance_is_0_and_without_currencies_there_is_none() {
    let server = MockServer::start().await;
    let rows = read(&balances(&server).await.body())["data"].take();
    let codes: Vec<_> = rows.as_array().unwrap().iter().map(|row| &row["code"]).collect();
    assert_eq!(codes, ["COINS", "GEMS", "ENERGY", "GOLD", "SILVER"]);
    assert!(rows.as_array().unwrap().iter().all(|row| row["available"] == 0 && row["held"] == 0));
    server.app("k").set_currencies([]);
    assert_eq!(read(&balances(&server).await.body())["data"], json!([]));
}

#[tokio::test]
async fn too_little_of_a_currency_is_the_documented_400_and_changes_nothing() {
    let server = with("GOLD", 50).await;
    let seen = create(&server, &change("COINS", -1)).await;
    let documented =
        fixture!("create_virtual_currency_transaction.400.openapi.insufficient_balance");
    answered(&seen, 400, documented);
    assert_eq!(seen.reason(), "the balance is less than what is to be taken");
    let multi = fixture!("create_virtual_currency_transaction.request.openapi.multi_currency");
    answered(&create(&server, multi).await, 400, &documented.replace("COINS", "SILVER"));
    assert_eq!(balance(&server, "GOLD"), 50, "all or nothing");
    assert!(server.app("k").requests().iter().all(|request| !request.changed));
}

#[tokio::test]
async fn each_documented_code_has_its_situation() {
    let server = with("COINS", i32::MAX).await;
    let two = r#"{"items": [{"currency_code": "GEMS", "amount": 1}, {"currency_code": "GEMS", "amount": 2}]}"#;
    let beyond = "an amount or the balance of currency COINS is beyond 32 bits";
    for (body, code, reason) in [
        (r#"{"items": []}"#.to_owned(), "empty_items", "items are empty"),
        (change("GEMS", 0), "amount_zero", "items[0].amount is 0"),
        (
            change("RUBLES", 1),
            "unknown_currency",
            "items[0].currency_code: the app has no currency RUBLES",
        ),
        (two.to_owned(), "duplicate_currency", "items[1].currency_code: GEMS is there twice"),
        (change("COINS", 1), "balance_overflow", beyond),
    ] {
        let seen = create(&server, &body).await;
        assert_eq!(refused(&server, &seen), (400, code.to_owned(), reason.to_owned()), "{body}");
    }
    let whole = create(&server, &change("COINS", -2_147_483_647)).await;
    assert_eq!((whole.status(), balance(&server, "COINS")), (200, 0));
}

#[tokio::test]
async fn what_breaks_the_schema_is_a_422_that_names_the_field() {
    let server = MockServer::start().await;
    let item = r#"{"currency_code": "COINS", "amount": 1}"#;
    let with_metadata =
        |metadata: &str| format!(r#"{{"items": [{item}], "metadata": {metadata}}}"#);
    let long = format!(r#"{{"note": "{}"}}"#, "é".repeat(201));
    let key = "metadata has a key that is not 1 to 30 of a-z, 0-9 and _";
    for (body, reason) in [
        ("{}".to_owned(), "items is missing"),
        (r#"{"items": {}}"#.to_owned(), "items is not an array"),
        (format!(r#"{{"items": [{}]}}"#, [item; 21].join(",")), "items has more than 20 entries"),
        (r#"{"items": [1]}"#.to_owned(), "items[0] is not an object"),
        (r#"{"items": [{"amount": 1}]}"#.to_owned(), "items[0].currency_code is missing"),
        (change("", 1), "items[0].currency_code is empty"),
        (change(&"C".repeat(257), 1), "items[0].currency_code is longer than 256 bytes"),
        (change("COINS", 1).replace("\"COINS\"", "7"), "items[0].currency_code is not a string"),
        (r#"{"items": [{"currency_code": "COINS"}]}"#.to_owned(), "items[0].amount is missing"),
        (change("COINS", 1).replace(":1", ":1.5"), "items[0].amount is not a whole number"),
        (change("COINS", 1).replace(":1", ":\"1\""), "items[0].amount is not a whole number"),
        (change("COINS", 2_147_483_648), "items[0].amount is not a whole number of 32 bits"),
        (change("COINS", -2_147_483_649), "items[0].amount is not a whole number of 32 bits"),
        (
            change("COINS", 1).replace(":1", ":18446744073709551615"),
            "items[0].amount is not a whole number of 32 bits",
        ),
        ("[]".to_owned(), "the body is JSON, and no object"),
        (with_metadata("[]"), "metadata is neither an object nor null"),
        (
            with_metadata(r#"{"a":"","b":"","c":"","d":"","e":"","f":""}"#),
            "metadata has more than 5 keys",
        ),
        (with_metadata(r#"{"Reason": ""}"#), key),
        (with_metadata(r#"{"": ""}"#), key),
        (with_metadata(&format!(r#"{{"{}": ""}}"#, "a".repeat(31))), key),
        (with_metadata(r#"{"note": 1}"#), "metadata.note is not a string"),
        (with_metadata(&long), "metadata.note is longer than 200 characters"),
    ] {
        let seen = create(&server, &body).await;
        let expected = (422, "validation_error".to_owned(), reason.to_owned());
        assert_eq!(refused(&server, &seen), expected, "{body}");
    }
    let most = with_metadata(&long.replacen('é', "", 1));
    assert_eq!(create(&server, &most).await.status(), 200);
    assert_eq!(create(&server, &with_metadata("null")).await.status(), 200);
    assert_eq!(create(&server, "{").await.status(), 400);
}

#[tokio::test]
async fn the_same_key_and_body_is_carried_out_once_and_answered_the_same() {
    let server = MockServer::start().await;
    let first = create_with(&server, KEY, &change("COINS", 5)).await;
    let spaced = change("COINS", 5).replace(':', " : ");
    let second = create_with(&server, &KEY.to_uppercase(), &spaced).await;
    answered(&second, 200, &first.body());
    assert_eq!(balance(&server, "COINS"), 5);
    let requests = server.app("k").requests();
    assert!(requests[0].changed && !requests[1].changed);
    assert_eq!(requests[1].reason, "answered as before: the Idempotency-Key is known");
}

#[tokio::test]
async fn a_key_belongs_to_one_profile_and_one_body() {
    let server = MockServer::start().await;
    create_with(&server, KEY, &change("COINS", 5)).await;
    let seen = create_with(&server, KEY, &change("COINS", 6)).await;
    let reason = "this Idempotency-Key came before with another body";
    let expected = (409, "idempotency_key_reused".to_owned(), reason.to_owned());
    assert_eq!(refused(&server, &seen), expected);
    let headers = format!("adapty-customer-user-id: {LIFETIME}\r\nIdempotency-Key: {KEY}\r\n");
    let other = anonymous("POST", TRANSACTIONS, &headers, &change("COINS", 6));
    assert_eq!(send(&server, &other).await.status(), 200);
}

#[tokio::test]
async fn no_metadata_and_an_empty_object_are_one_request() {
    let server = MockServer::start().await;
    let without = change("COINS", 5);
    let empty = without.replace("]}", "],\"metadata\":{}}");
    let first = create_with(&server, KEY, &without).await;
    for body in [&empty, &without] {
        answered(&create_with(&server, KEY, body).await, 200, &first.body());
    }
    assert_eq!(balance(&server, "COINS"), 5);
    let other = empty.replace("{}", r#"{"a":"b"}"#);
    assert_eq!(create_with(&server, KEY, &other).await.status(), 409);
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let server = MockServer::start().await;
    server.app("k").enable_currencies(false);
    let ask = async |method, path, customer: &str, body: &str| {
        let headers = format!("adapty-customer-user-id: {customer}\r\nIdempotency-Key: none\r\n");
        let seen = send(&server, &anonymous(method, path, &headers, body)).await;
        (seen.status(), seen.reason())
    };
    let seen = |status: u16, reason: &str| (status, reason.to_owned());
    let nobody = seen(400, "an identity header is empty");
    let off = seen(403, "virtual currencies are switched off for this app");
    let parse_error = "JSON parse error - Expecting value: line 1 column 1 (char 0)";
    assert_eq!(ask("POST", TRANSACTIONS, "", "x").await, nobody);
    assert_eq!(ask("POST", TRANSACTIONS, "nobody", "x").await, seen(400, parse_error));
    assert_eq!(ask("POST", TRANSACTIONS, "nobody", "[]").await, off);
    let limited = format!("{TRANSACTIONS}?limit=0");
    assert_eq!(ask("GET", &limited, "", "").await, nobody);
    assert_eq!(ask("GET", &limited, "nobody", "").await, off);
    assert_eq!(ask("GET", BALANCES, "", "").await, nobody);
    assert_eq!(ask("GET", BALANCES, "nobody", "").await, off);
    server.app("k").enable_currencies(true);
    assert_eq!(ask("POST", TRANSACTIONS, "nobody", "x").await, seen(400, parse_error));
    let no_uuid = "Idempotency-Key is no UUID of version 4";
    assert_eq!(ask("POST", TRANSACTIONS, "nobody", "[]").await, seen(400, no_uuid));
    assert_eq!(ask("GET", &limited, "nobody", "").await.0, 422);
}

#[tokio::test]
async fn what_was_refused_is_not_remembered_and_without_a_key_nothing_is() {
    let server = MockServer::start().await;
    assert_eq!(create_with(&server, KEY, &change("COINS", -5)).await.status(), 400);
    credit(&server.app("k"), "COINS", 20);
    assert_eq!(create_with(&server, KEY, &change("COINS", -5)).await.status(), 200);
    create(&server, &change("COINS", -5)).await;
    create(&server, &change("COINS", -5)).await;
    assert_eq!(balance(&server, "COINS"), 5);
}

#[tokio::test]
async fn a_key_that_is_no_uuid_of_version_4_or_there_twice_is_refused() {
    let server = MockServer::start().await;
    let twice = format!("{KEY}\r\nIdempotency-Key: {KEY}");
    let v7 = "0190e8a4-1c2b-7def-8abc-2c1a4b6d8e90";
    let no_uuid = "Idempotency-Key is no UUID of version 4";
    for (key, reason) in [
        ("", no_uuid),
        ("once", no_uuid),
        (v7, no_uuid),
        (&twice, "Idempotency-Key was sent more than once"),
    ] {
        let seen = create_with(&server, key, &change("COINS", 5)).await;
        let expected = (400, "idempotency_key_invalid".to_owned(), reason.to_owned());
        assert_eq!(refused(&server, &seen), expected);
    }
}

#[tokio::test]
async fn a_request_under_way_and_a_duplicate_source_can_be_prepared() {
    let server = MockServer::start().await;
    server.app("k").refuse_currency_transactions([
        CurrencyRefusal::IdempotencyInFlight,
        CurrencyRefusal::DuplicateSourceTransaction,
    ]);
    let seen = create_with(&server, KEY, &change("COINS", 5)).await;
    answered(
        &seen,
        409,
        fixture!("create_virtual_currency_transaction.409.openapi.idempotency_in_flight"),
    );
    assert_eq!(seen.header("retry-after").as_deref(), Some("1"));
    let seen = create_with(&server, KEY, &change("COINS", 5)).await;
    let reason = "another transaction came of the same source, as a test prepared it";
    let expected = (409, "duplicate_source_transaction".to_owned(), reason.to_owned());
    assert_eq!(refused(&server, &seen), expected);
    assert_eq!(create_with(&server, KEY, &change("COINS", 5)).await.status(), 200);
}

#[tokio::test]
async fn switched_off_every_call_is_the_documented_403() {
    let server = MockServer::start().await;
    server.app("k").enable_currencies(false);
    for seen in [
        create(&server, &change("COINS", 1)).await,
        history(&server, "").await,
        balances(&server).await,
    ] {
        answered(
            &seen,
            403,
            fixture!("create_virtual_currency_transaction.403.openapi.feature_not_enabled"),
        );
        assert_eq!(seen.reason(), "virtual currencies are switched off for this app");
    }
    server.app("k").enable_currencies(true);
    assert_eq!(balances(&server).await.status(), 200);
}

#[tokio::test]
async fn a_missing_profile_a_wrong_key_and_no_identity_are_answered_as_elsewhere() {
    let server = MockServer::builder().api_key("k").start().await.unwrap();
    let body = change("COINS", 1);
    for (method, path) in [("POST", TRANSACTIONS), ("GET", TRANSACTIONS), ("GET", BALANCES)] {
        let missing = send(&server, &operation(method, path, "nobody", &body)).await;
        answered(&missing, 404, fixture!("get_profile.404.openapi.profile_does_not_exist"));
        let other = operation(method, path, JANE, &body).replace("Api-Key k", "Api-Key other");
        let seen = send(&server, &other).await;
        answered(&seen, 401, fixture!("get_profile.401.older-page.not_authenticated"));
        let nobody = send(&server, &anonymous(method, path, "", &body)).await;
        let reason = "neither adapty-customer-user-id nor adapty-profile-id was sent";
        assert_eq!((nobody.status(), nobody.reason().as_str()), (400, reason));
    }
}

#[tokio::test(start_paused = true)]
async fn the_601st_transaction_of_a_minute_is_a_429_where_the_limit_is_on() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.limit_currency_transactions(true);
    for _ in 0..600 {
        assert_eq!(create(&server, &change("COINS", 1)).await.status(), 200);
    }
    let seen = create(&server, &change("COINS", 1)).await;
    assert_eq!(
        (seen.status(), read(&seen.body())["error_code"].as_str()),
        (429, Some("rate_limited"))
    );
    assert!(seen.header("retry-after").is_some());
    assert_eq!(balances(&server).await.status(), 200, "reading is not limited");
    app.limit_currency_transactions(false);
    assert_eq!(create(&server, &change("COINS", 1)).await.status(), 200);
    assert_eq!(balance(&server, "COINS"), 601);
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

#[tokio::test]
async fn the_documented_history_is_answered_in_its_own_bytes_cursor_and_all() {
    let server = documented_history().await;
    let documented = fixture!("list_virtual_currency_transactions.200.openapi.three_transactions");
    answered(&history(&server, "?limit=3").await, 200, documented);
    answered(&history(&server, "?currency_code=&cursor=&limit=3").await, 200, documented);
    let cursor = read(documented)["pagination"]["next_cursor"].as_str().unwrap().to_owned();
    let encoded = cursor.replace('=', "%3D");
    let rest = read(&history(&server, &format!("?cursor={encoded}")).await.body());
    assert_eq!(rest["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(rest["data"][1]["transaction_id"], "00000000-0000-0000-0000-000000000001");
    assert_eq!(rest["pagination"], json!({"next_cursor": null}));
}

#[tokio::test]
async fn the_history_of_one_currency_leaves_the_others_out() {
    let server = documented_history().await;
    let gems = read(&history(&server, "?currency_code=GEMS&limit=1").await.body());
    assert_eq!(gems["data"][0]["items"][0]["balance_after"], 3280);
    let cursor = gems["pagination"]["next_cursor"].as_str().unwrap().replace('=', "%3D");
    let gems =
        read(&history(&server, &format!("?currency_code=GEMS&cursor={cursor}")).await.body());
    assert_eq!(gems["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(gems["pagination"]["next_cursor"], Value::Null);
    assert_eq!(read(&history(&server, "?currency_code=NONE").await.body())["data"], json!([]));
}

#[tokio::test]
async fn pages_show_every_transaction_once_while_new_ones_come() {
    let server = MockServer::start().await;
    let app = server.app("k");
    (1..=250).for_each(|amount| credit(&app, "COINS", amount));
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = read(&history(&server, &format!("?limit=100&cursor={cursor}")).await.body());
        let rows = page["data"].as_array().unwrap();
        seen.extend(rows.iter().map(|row| row["items"][0]["amount"].as_i64().unwrap()));
        credit(&app, "COINS", 1000);
        match page["pagination"]["next_cursor"].as_str() {
            Some(next) => cursor = next.replace('+', "%2B").replace('=', "%3D"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=250).rev().collect::<Vec<_>>());
    let page = read(&history(&server, "").await.body());
    assert_eq!(page["data"].as_array().map(Vec::len), Some(50));
}

#[tokio::test]
async fn a_cursor_that_was_not_given_and_a_limit_outside_1_to_100_are_refused() {
    let server = documented_history().await;
    for cursor in ["x", "MjAyNg==", "%00"] {
        let seen = history(&server, &format!("?cursor={cursor}")).await;
        let reason = "cursor is none that was given for this profile";
        let expected = (400, "invalid_cursor".to_owned(), reason.to_owned());
        assert_eq!(refused(&server, &seen), expected);
    }
    for limit in ["0", "101", "-1", "+1", "ten"] {
        let seen = history(&server, &format!("?limit={limit}")).await;
        let reason = "limit is not a number from 1 to 100";
        let expected = (422, "validation_error".to_owned(), reason.to_owned());
        assert_eq!(refused(&server, &seen), expected, "{limit}");
    }
}

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
