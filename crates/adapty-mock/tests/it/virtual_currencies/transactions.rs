//! Transactions and balances: what the documents show, and what is refused.

use adapty_mock::{
    Currency, CurrencyRefusal, CurrencyTransaction, MockServer, adapty_model::uuid::Uuid,
};
use serde_json::json;

use super::{
    BALANCES, KEY, TRANSACTIONS, balance, balances, change, create, create_with, history, jane,
    read, refused, with,
};
use crate::support::*;

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
