//! The history of transactions, page by page.

use adapty_mock::MockServer;
use serde_json::{Value, json};

use super::{credit, documented_history, history, read, refused};
use crate::support::*;

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
