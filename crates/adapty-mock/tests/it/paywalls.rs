//! Paywalls: the documented ones, those of tests, their pages, and their remote configs.

use adapty_mock::{MockServer, adapty_model::uuid::uuid};
use serde_json::{Value, json};

use crate::support::*;

const PAYWALLS: &str = "/api/v2/server-side-api/paywalls/";
const DOCUMENTED: &str = "fd891d4f-5906-45b9-97c1-13cc3dc665df";
const LISTED: &str = "a1cf7850-1bb8-4151-8336-a4e588730c55";

async fn list(server: &MockServer, query: &str) -> Seen {
    send(server, &anonymous("GET", &format!("{PAYWALLS}{query}"), "", "")).await
}

async fn paywall(server: &MockServer, id: &str) -> Seen {
    send(server, &anonymous("GET", &format!("{PAYWALLS}{id}/"), "", "")).await
}

async fn update(server: &MockServer, id: &str, body: &str) -> Seen {
    send(server, &anonymous("PUT", &format!("{PAYWALLS}{id}/"), "", body)).await
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn own(n: usize) -> String {
    format!(
        r#"{{"paywall_id": "00000000-0000-4000-8000-{n:012}", "n": {n}.50, "remote_configs": []}}"#
    )
}

/// An app whose only paywalls are so many of a test's.
async fn with_paywalls(count: usize) -> MockServer {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.remove_paywalls();
    (0..count).for_each(|n| app.put_paywall(own(n)));
    server
}

#[tokio::test]
async fn the_documented_paywall_is_answered_in_its_own_bytes() {
    let server = MockServer::start().await;
    let documented = fixture!("get_paywall.200.openapi.live");
    answered(&paywall(&server, DOCUMENTED).await, 200, documented);
    answered(&paywall(&server, &DOCUMENTED.to_uppercase()).await, 200, documented);
    let listed = read(&paywall(&server, LISTED).await.body());
    assert_eq!(listed["remote_configs"], json!([]));
    assert_eq!(listed["main_screenshot"], Value::Null);
}

#[tokio::test]
async fn the_documented_list_comes_from_an_app_with_its_paywalls() {
    let documented = read(fixture!("list_paywalls.200.openapi.first_page"));
    let server = with_paywalls(0).await;
    let rows = documented["data"].as_array().unwrap().iter().map(Value::to_string);
    let more = (0..363).map(own);
    let all: Vec<_> = rows.chain(more).collect();
    let put = admin(&server, "PUT paywalls", "", &format!("[{}]", all.join(","))).await;
    assert_eq!(put, (200, json!({"put": 365}).to_string()));
    let seen = list(&server, "?page%5Bnumber%5D=1&page%5Bsize%5D=2").await;
    assert_eq!((seen.status(), read(&seen.body())), (200, documented));
}

#[tokio::test]
async fn a_list_shows_neither_remote_configs_nor_screenshots() {
    let server = MockServer::start().await;
    let listed = read(&list(&server, "").await.body());
    let documented = read(fixture!("list_paywalls.200.openapi.first_page"));
    assert_eq!(listed["data"][1], documented["data"][1]);
    for name in ["remote_configs", "main_screenshot"] {
        assert_eq!(listed["data"][0].get(name), None);
    }
    assert_eq!(listed["data"][0]["title"], "Premium Subscription");
    assert_eq!(listed["meta"]["pagination"], json!({"count": 2, "page": 1, "pages": 1}));
}

#[tokio::test]
async fn pages_part_the_paywalls_without_loss_or_repetition() {
    let server = with_paywalls(45).await;
    for (size, pages) in [("", 3), ("&page[size]=7", 7), ("&page[size]=100", 1)] {
        let mut seen = Vec::new();
        for page in 1..=pages {
            let answer = read(&list(&server, &format!("?page[number]={page}{size}")).await.body());
            let pagination = json!({"count": 45, "page": page, "pages": pages});
            assert_eq!(answer["meta"]["pagination"], pagination);
            let rows = answer["data"].as_array().unwrap().iter();
            seen.extend(rows.map(|row| row["n"].as_f64().unwrap()));
        }
        let all: Vec<_> = (0..45).map(|n| f64::from(n) + 0.5).collect();
        assert_eq!(seen, all, "{size}");
    }
    let behind = read(&list(&server, "?page[number]=4").await.body());
    assert_eq!(behind["data"], json!([]));
}

#[tokio::test]
async fn a_page_size_outside_1_to_100_is_the_documented_400() {
    let server = MockServer::start().await;
    for size in ["0", "101", "-1", "ten", "", "99999999999999999999999"] {
        let seen = list(&server, &format!("?page[size]={size}")).await;
        answered(&seen, 400, fixture!("list_paywalls.400.openapi.validation_error"));
        assert_eq!(seen.reason(), "page[size] is not a number from 1 to 100");
    }
    for number in ["0", "-1", "one"] {
        let seen = list(&server, &format!("?page[number]={number}")).await;
        let reason = "page[number] is not a number from 1 on";
        assert_eq!((seen.status(), seen.reason().as_str()), (400, reason));
    }
    let last = list(&server, "?page[number]=18446744073709551615&page[size]=100").await;
    assert_eq!(read(&last.body())["data"], json!([]));
}

#[tokio::test]
async fn a_missing_paywall_is_the_documented_404() {
    let server = MockServer::start().await;
    let update_body = fixture!("update_paywall.request.openapi.one_locale");
    for (id, reason) in [
        ("00000000-0000-4000-8000-000000000000", "no paywall of this app has this id"),
        ("first", "the paywall's id in the path is no UUID"),
    ] {
        for seen in [paywall(&server, id).await, update(&server, id, update_body).await] {
            answered(&seen, 404, fixture!("get_paywall.404.openapi.paywall_does_not_exist"));
            assert_eq!(seen.reason(), reason);
        }
    }
}

#[tokio::test]
async fn an_update_replaces_all_remote_configs_and_nothing_else_but_its_date() {
    let server = MockServer::start().await;
    let two = r#"{"remote_configs": [{"locale": "fr", "data": "{ }"}, {"locale": "de", "data": "\"\\ud800\" "}]}"#;
    let after = read(&update(&server, DOCUMENTED, two).await.body());
    assert_eq!(after["remote_configs"], read(two)["remote_configs"]);
    let documented = fixture!("update_paywall.request.openapi.one_locale");
    let seen = update(&server, DOCUMENTED, documented).await;
    assert_eq!(seen.body(), paywall(&server, DOCUMENTED).await.body());
    let mut after = read(&seen.body());
    let updated_at = after["updated_at"].take();
    assert!(updated_at.as_str().is_some_and(|date| date.len() == 24 && date.ends_with('Z')));
    let mut before = read(fixture!("get_paywall.200.openapi.live"));
    assert_ne!(before["updated_at"].take(), updated_at);
    assert_eq!((seen.status(), after), (200, before));
    assert!(server.app("k").requests()[1].changed);
}

#[tokio::test]
async fn a_given_paywall_keeps_every_other_field_to_the_last_digit() {
    let server = with_paywalls(1).await;
    let id = "00000000-0000-4000-8000-000000000000";
    let seen = update(&server, id, r#"{"remote_configs": [{"locale": "en", "data": "{}"}]}"#).await;
    let after = r#"{"paywall_id":"00000000-0000-4000-8000-000000000000","n":0.50,"remote_configs":[{"locale":"en","data":"{}"}]}"#;
    answered(&seen, 200, after);
}

#[tokio::test]
async fn an_update_without_remote_configs_is_the_documented_400_and_a_wrong_one_is_named() {
    let server = MockServer::start().await;
    for (body, reason) in [
        ("{}", "the body has no remote_configs"),
        (r#"{"remote_configs": null}"#, "the body has no remote_configs"),
        (r#"{"remote_configs": []}"#, "remote_configs is empty"),
    ] {
        let seen = update(&server, DOCUMENTED, body).await;
        answered(&seen, 400, fixture!("update_paywall.400.openapi.validation_error"));
        assert_eq!(seen.reason(), reason);
    }
    for (configs, reason) in [
        ("{}", "remote_configs is not an array"),
        ("[1]", "remote_configs[0] is not an object"),
        (r#"[{"data": "{}"}]"#, "remote_configs[0].locale is missing"),
        (r#"[{"locale": 1, "data": "{}"}]"#, "remote_configs[0].locale is not a string"),
        (r#"[{"locale": "", "data": "{}"}]"#, "remote_configs[0].locale is empty"),
        (r#"[{"locale": "en", "data": {}}]"#, "remote_configs[0].data is not a string"),
        (
            r#"[{"locale": "en", "data": "1"}, {"locale": "en", "data": "2"}]"#,
            "remote_configs[1].locale is there twice",
        ),
        (r#"[{"locale": "en", "data": ""}]"#, "remote_configs[0].data is not JSON"),
        (
            r#"[{"locale": "en", "data": "{}"}, {"locale": "de", "data": "{'a': 1}"}]"#,
            "remote_configs[1].data is not JSON",
        ),
    ] {
        let seen =
            update(&server, DOCUMENTED, &format!(r#"{{"remote_configs": {configs}}}"#)).await;
        assert_eq!((seen.status(), seen.reason().as_str()), (400, reason), "{configs}");
    }
    answered(&paywall(&server, DOCUMENTED).await, 200, fixture!("get_paywall.200.openapi.live"));
}

#[tokio::test]
async fn a_wrong_key_is_the_documented_401_with_texts() {
    let server = MockServer::builder().api_key("right").start().await.unwrap();
    for seen in [
        list(&server, "").await,
        paywall(&server, DOCUMENTED).await,
        update(&server, DOCUMENTED, "{}").await,
    ] {
        answered(&seen, 401, fixture!("refund_saver.401.openapi.unauthorized"));
    }
}

#[tokio::test]
async fn paywalls_are_put_listed_and_deleted_over_admin_and_back_after_a_reset() {
    let server = MockServer::start().await;
    let id = "00000000-0000-4000-8000-000000000001";
    assert_eq!(admin(&server, "PUT paywalls", "", &own(1)).await.0, 200);
    answered(&paywall(&server, id).await, 200, &own(1));
    let listed = read(&admin(&server, "GET paywalls", "", "").await.1);
    assert_eq!(listed["paywalls"].as_array().map(Vec::len), Some(3));
    let named = json!({"paywall_id": DOCUMENTED}).to_string();
    assert_eq!(admin(&server, "DELETE paywalls", "", &named).await.0, 200);
    assert_eq!(paywall(&server, DOCUMENTED).await.status(), 404);
    let (status, mistake) = admin(&server, "DELETE paywalls", "", &named).await;
    assert!(status == 400 && mistake.contains("no paywall of this app has this id"), "{mistake}");
    assert_eq!(admin(&server, "DELETE paywalls", "", "").await.0, 200);
    assert_eq!(paywall(&server, id).await.status(), 404);
    server.app("k").reset();
    assert_eq!(paywall(&server, DOCUMENTED).await.status(), 200);
}

#[tokio::test]
async fn a_put_with_a_mistake_names_it_and_puts_nothing() {
    let server = MockServer::start().await;
    for (body, what) in [
        (
            "[{\"paywall_id\": 1}]".to_owned(),
            "body: [0]: paywall_id is missing or no UUID at line 1 column 2",
        ),
        (
            r#"{"paywall_id": "x"}"#.to_owned(),
            "body: paywall_id is missing or no UUID at line 1 column 1",
        ),
        (own(1).replace("[]", "{}"), "body: remote_configs is no array at line 1 column 1"),
        ("5".to_owned(), "body: expected an object, a paywall at line 1 column 1"),
        ("[5]".to_owned(), "body: [0]: expected an object, a paywall at line 1 column 2"),
        (" ".to_owned(), "body: is empty: expected an object, a paywall"),
    ] {
        let (status, mistake) = admin(&server, "PUT paywalls", "", &body).await;
        let mistake = read(&mistake);
        assert_eq!((status, &mistake["errors"][0]["errors"][0]), (400, &json!(what)));
    }
    assert_eq!(read(&list(&server, "").await.body())["meta"]["pagination"]["count"], 2);
}

#[tokio::test]
async fn a_byte_order_mark_before_paywalls_is_no_mistake_and_not_served() {
    let server = with_paywalls(0).await;
    for body in [own(1), format!("[{}]", own(2))] {
        let (status, told) = admin(&server, "PUT paywalls", "", &format!("\u{feff}{body}")).await;
        assert_eq!(status, 200, "{told}");
    }
    let listed = read(&admin(&server, "GET paywalls", "", "").await.1);
    assert_eq!(listed, json!({"paywalls": [read(&own(1)), read(&own(2))]}));
}

#[tokio::test]
async fn the_library_puts_shows_and_removes_them_too() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let id = uuid!("00000000-0000-4000-8000-000000000009");
    app.put_paywall(own(9));
    assert_eq!(app.paywall(id).as_deref(), Some(own(9).as_bytes()));
    assert!(app.remove_paywall(id) && !app.remove_paywall(id));
    assert_eq!(app.paywall(id), None);
    assert_eq!(server.app("other").paywall(id), None);
}

#[tokio::test]
async fn what_does_not_fit_into_the_budget_is_refused_and_changes_nothing() {
    let server = MockServer::builder().memory_limit(4096).start().await.unwrap();
    let data = "1".repeat(5000);
    let body = json!({"remote_configs": [{"locale": "en", "data": data}]}).to_string();
    let seen = update(&server, DOCUMENTED, &body).await;
    assert_eq!(seen.status(), 507, "{}", seen.text());
    answered(&paywall(&server, DOCUMENTED).await, 200, fixture!("get_paywall.200.openapi.live"));
}
