//! The admin API: the same things over HTTP. The lines of the README are run in `readme`.

use adapty_mock::{Edition, MockServer};
use serde_json::{Value, json};

use crate::support::*;

/// Asks the admin API, with the key `k` and these header lines.
async fn admin(server: &MockServer, what: &str, headers: &str, body: &str) -> (u16, Value) {
    let (method, path) = what.split_once(' ').expect("a method and a path");
    let length = body.len();
    let text = format!(
        "{method} /__admin/{path} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nAuthorization: Api-Key k\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    );
    let seen = send(server, &text).await;
    assert!(seen.header("request-id").is_some() && seen.header("adapty-mock-version").is_some());
    (seen.status(), serde_json::from_str(&seen.body()).expect("JSON comes out"))
}

/// What a mistake is told.
async fn mistake(server: &MockServer, what: &str, headers: &str, body: &str) -> (u16, String) {
    let (status, answer) = admin(server, what, headers, body).await;
    (status, answer["errors"][0]["errors"][0].as_str().expect("a message").to_owned())
}

fn body(customer: &str) -> String {
    format!(r#"{{ "data": {{"customer_user_id": "{customer}"}} }}"#)
}

#[tokio::test]
async fn profiles_are_put_one_by_one_or_many_at_once_and_served_as_given() {
    let server = MockServer::start().await;
    assert_eq!(admin(&server, "PUT profiles", "", &body("one")).await, (200, json!({"put": 1})));
    let many = format!("[{}, {}]", body("two"), body("three"));
    assert_eq!(admin(&server, "PUT profiles", "", &many).await, (200, json!({"put": 2})));
    for customer in ["one", "two", "three"] {
        assert_eq!(get(&server, "k", customer).await.body(), body(customer));
    }
}

#[tokio::test]
async fn any_body_is_put_for_one_identity_and_can_be_got_back() {
    let server = MockServer::start().await;
    let whom = "adapty-customer-user-id: odd\r\n";
    assert_eq!(admin(&server, "PUT profiles", whom, "[1]").await, (200, json!({"put": 1})));
    assert_eq!(admin(&server, "GET profiles", whom, "").await, (200, json!([1])));
    assert_eq!(get(&server, "k", "odd").await.body(), "[1]");
}

#[tokio::test]
async fn profiles_are_listed_and_deleted() {
    let server = MockServer::start().await;
    let jane = format!("adapty-customer-user-id: {JANE}\r\n");
    let (_, listed) = admin(&server, "GET profiles", "", "").await;
    assert_eq!(listed["profiles"].as_array().map(Vec::len), Some(3));
    assert_eq!(listed["profiles"][2]["profile_id"], "3286abd3-48b0-4e9c-a5f6-ac0a006804a6");
    assert_eq!(admin(&server, "DELETE profiles", &jane, "").await.0, 200);
    assert_eq!(admin(&server, "DELETE profiles", &jane, "").await.0, 404);
    assert_eq!(admin(&server, "GET profiles", &jane, "").await.0, 404);
    admin(&server, "DELETE profiles", "", "").await;
    assert_eq!(admin(&server, "GET profiles", "", "").await, (200, json!({"profiles": []})));
}

#[tokio::test]
async fn the_edition_is_chosen_and_told() {
    let server = MockServer::start().await;
    assert_eq!(
        admin(&server, "GET edition", "", "").await,
        (200, json!({"edition": "as-written"}))
    );
    admin(&server, "PUT edition/", "", r#"{"edition": "older-page"}"#).await;
    assert_eq!(server.app("k").edition(), Edition::OlderPage);
}

#[tokio::test]
async fn faults_are_put_walked_and_taken_away() {
    let server = MockServer::start().await;
    let jane = format!("adapty-customer-user-id: {JANE}\r\n");
    let twice = r#"{"steps": [{"fault": {"status": {"code": 503}}, "count": 2}]}"#;
    assert_eq!(admin(&server, "PUT faults", "", twice).await, (200, json!({"steps": 1})));
    admin(&server, "PUT faults", &jane, r#"{"steps": [{"fault": "empty_response"}]}"#).await;
    assert_eq!(get(&server, "k", LIFETIME).await.status(), 503);
    let (_, left) = admin(&server, "GET faults", "", "").await;
    assert_eq!(left["plans"][0]["plan"]["steps"][0]["count"], 1);
    assert_eq!(left["plans"][1]["for"], json!({"customer_user_id": JANE}));
    admin(&server, "DELETE faults", &jane, "").await;
    assert_eq!(admin(&server, "GET faults", &jane, "").await.1["steps"], json!([]));
    admin(&server, "DELETE faults", "", "").await;
    assert_eq!(get(&server, "k", LIFETIME).await.status(), 200);
}

#[tokio::test]
async fn requests_are_listed_found_and_counted_without_those_to_the_admin_door() {
    let server = MockServer::start().await;
    get(&server, "k", JANE).await;
    get(&server, "k", "nobody").await;
    let (_, all) = admin(&server, "GET requests", "", "").await;
    assert_eq!((all["requests"].as_array().map(Vec::len), &all["dropped"]), (Some(2), &json!(0)));
    let (_, found) = admin(&server, "POST requests/find", "", r#"{"status": 404}"#).await;
    assert_eq!(found["requests"][0]["headers"][3], json!(["adapty-customer-user-id", "nobody"]));
    let counted = admin(&server, "POST requests/count", "", "{}").await;
    assert_eq!(counted, (200, json!({"count": 2, "dropped": 0})));
}

#[tokio::test]
async fn waiting_ends_when_enough_have_come_or_time_is_up() {
    let server = MockServer::start().await;
    let wait = r#"{"count": 2, "limit_ms": 30000, "filter": {"customer_user_id": "jane.doe@example.com"}}"#;
    let (waited, _, _) = tokio::join!(
        admin(&server, "POST requests/wait", "", wait),
        get(&server, "k", JANE),
        get(&server, "k", JANE)
    );
    assert_eq!(waited, (200, json!({"count": 2, "enough": true})));
    let waited = admin(&server, "POST requests/wait", "", r#"{"count": 3, "limit_ms": 1}"#).await;
    assert_eq!(waited, (200, json!({"count": 2, "enough": false})));
}

#[tokio::test]
async fn what_came_under_other_keys_is_noted_until_all_is_reset() {
    let server = MockServer::start().await;
    for key in ["wrong", "wrong"] {
        get(&server, key, JANE).await;
    }
    let note = "2 requests came with a key that is no app of this test";
    for (what, body) in [
        ("GET requests", ""),
        ("POST requests/find", "{}"),
        ("POST requests/count", "{}"),
        ("POST requests/wait", r#"{"count": 1, "limit_ms": 1}"#),
    ] {
        assert_eq!(admin(&server, what, "", body).await.1["note"], note, "{what}");
    }
    admin(&server, "POST reset-all", "", "").await;
    let (_, answer) = admin(&server, "GET requests", "", "").await;
    assert_eq!(answer, json!({"requests": [], "dropped": 0}));
}

#[tokio::test]
async fn one_app_is_reset_or_all_are() {
    let server = MockServer::start().await;
    for key in ["k", "other"] {
        server.app(key).remove_profiles();
    }
    assert_eq!(admin(&server, "POST reset", "", "").await, (200, json!({"reset": 1})));
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
    assert_eq!(get(&server, "other", JANE).await.status(), 404);
    assert_eq!(admin(&server, "POST reset-all", "", "").await, (200, json!({"reset": 2})));
    assert_eq!(get(&server, "other", JANE).await.status(), 200);
}

#[tokio::test]
async fn a_mistake_is_told_what_and_where() {
    let server = MockServer::start().await;
    for (what, body, told) in [
        ("PUT profiles", "{", "body: EOF while parsing an object at line 1 column 1"),
        ("PUT profiles", "{}", "body: missing field `data` at line 1 column 2"),
        (
            "PUT profiles",
            r#"[{"data": {}}]"#,
            "body: [0]: data: neither profile_id nor customer_user_id is there",
        ),
        (
            "PUT edition",
            r#"{"edition": "newest"}"#,
            "body: unknown variant `newest`, expected one of `as-written`, `older-page`, `older-objects-page`, `newer-page`, `openapi`, \
             `rotate` at line 1 column 20",
        ),
        (
            "PUT faults",
            "{\"steps\": [\n{\"fault\": {\"status\": {\"code\": 99}}}]}",
            "body: steps[0].fault.status.code: 99 is not between 200 and 599",
        ),
        (
            "PUT faults",
            "{\"steps\": [\n{\"fault\": \"timeout\", \"count\": \"often\"}]}",
            "body: invalid value: string \"often\", expected a whole number or \"forever\" at line 2 column 37",
        ),
        (
            "PUT faults",
            r#"{"steps": [{"fault": {"slicer": {"delay": 1}}}]}"#,
            "body: unknown field `delay`, expected `delay_ms` at line 1 column 40",
        ),
        (
            "POST requests/count",
            r#"{"customer": "x"}"#,
            "body: unknown field `customer`, expected one of `customer_user_id`, `profile_id`, `method`, `path`, \
             `operation`, `status`, `fault` at line 1 column 11",
        ),
        (
            "POST requests/wait",
            r#"{"count": 1, "limit_ms": 60001}"#,
            "body: limit_ms: 60001 is more than a minute",
        ),
    ] {
        assert_eq!(mistake(&server, what, "", body).await, (400, told.to_owned()), "{what} {body}");
    }
}

#[tokio::test]
async fn a_wrong_path_method_or_identity_is_told_apart() {
    let server = MockServer::start().await;
    assert_eq!(
        mistake(&server, "GET nowhere", "", "").await,
        (404, "no such admin path".to_owned())
    );
    assert_eq!(admin(&server, "PATCH profiles", "", "").await.0, 405);
    assert_eq!(admin(&server, "GET requests/find", "", "").await.0, 405);
    let two =
        "adapty-customer-user-id: a\r\nadapty-profile-id: 3286abd3-48b0-4e9c-a5f6-ac0a006804a6\r\n";
    assert_eq!(
        mistake(&server, "GET profiles", two, "").await,
        (400, "one identity header at a time".to_owned())
    );
    let told = mistake(&server, "GET profiles", "adapty-profile-id: 1\r\n", "").await;
    assert_eq!(told, (400, "adapty-profile-id is not a UUID".to_owned()));
}

#[tokio::test]
async fn the_admin_door_asks_for_a_key_and_the_health_checks_do_not() {
    let server = MockServer::builder().api_key("k").start().await.unwrap();
    for (path, status) in [("/livez", 200), ("/readyz", 200), ("/__admin/profiles", 401)] {
        let seen =
            send(&server, &format!("GET {path} HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n"))
                .await;
        assert_eq!(seen.status(), status, "{path}");
    }
    let other = "GET /__admin/profiles HTTP/1.1\r\nHost: m\r\nConnection: close\r\nAuthorization: Api-Key x\r\n\r\n";
    assert_eq!(send(&server, other).await.status(), 401);
}

#[tokio::test]
async fn a_closed_admin_door_is_a_path_like_any_unknown_one() {
    let server = MockServer::builder().admin(false).start().await.unwrap();
    for path in ["/livez", "/readyz", "/__admin/profiles"] {
        let text = request("k", JANE).replace(PATH, path);
        assert_eq!(send(&server, &text).await.reason(), "no operation has this path");
    }
}
