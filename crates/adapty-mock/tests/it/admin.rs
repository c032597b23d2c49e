//! The admin API: the same things over HTTP. The lines of the README are run in `readme`.

use adapty_mock::{Edition, Identity, MockServer};
use serde_json::{Value, json};

use crate::support::*;

/// Asks the admin API, with the key `k` and these header lines.
pub(crate) async fn admin(
    server: &MockServer,
    what: &str,
    headers: &str,
    body: &str,
) -> (u16, Value) {
    let (method, path) = what.split_once(' ').expect("a method and a path");
    let length = body.len();
    let text = format!(
        "{method} /__admin/{path} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nAuthorization: Api-Key k\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    );
    let seen = send(server, &text).await;
    assert!(seen.header("request-id").is_some() && seen.header("adapty-mock-version").is_some());
    let body = if seen.is_chunked() { unchunked(&seen) } else { seen.body() };
    (seen.status(), serde_json::from_str(&body).expect("JSON comes out"))
}

/// What a mistake is told.
pub(crate) async fn mistake(
    server: &MockServer,
    what: &str,
    headers: &str,
    body: &str,
) -> (u16, String) {
    let (status, answer) = admin(server, what, headers, body).await;
    (status, answer["errors"][0]["errors"][0].as_str().expect("a message").to_owned())
}

/// What a profile misses that has a customer's id alone.
const MISSING: [&str; 9] = [
    "data.app_id",
    "data.profile_id",
    "data.total_revenue_usd",
    "data.segment_hash",
    "data.timestamp",
    "data.custom_attributes",
    "data.access_levels",
    "data.subscriptions",
    "data.non_subscriptions",
];

/// The answer to a `PUT` of profiles that miss these.
fn put(missing: &[[&str; 9]]) -> Value {
    let profile = |missing| json!({"served": "by edition", "missing": missing});
    json!({"put": missing.len(), "profiles": missing.iter().map(profile).collect::<Vec<_>>()})
}

fn body(customer: &str) -> String {
    format!(r#"{{ "data": {{"customer_user_id": "{customer}"}} }}"#)
}

#[tokio::test]
async fn profiles_are_put_one_by_one_or_many_at_once_and_served_as_given() {
    let server = MockServer::start().await;
    assert_eq!(admin(&server, "PUT profiles", "", &body("one")).await, (200, put(&[MISSING])));
    let many = format!("[{}, {}]", body("two"), body("three"));
    assert_eq!(admin(&server, "PUT profiles", "", &many).await, (200, put(&[MISSING, MISSING])));
    for customer in ["one", "two", "three"] {
        assert_eq!(get(&server, "k", customer).await.body(), body(customer));
    }
}

#[tokio::test]
async fn any_body_is_put_for_one_identity_and_can_be_got_back() {
    let server = MockServer::start().await;
    let whom = "adapty-customer-user-id: odd\r\n";
    let answer = json!({"put": 1, "profiles": [{"served": "as given", "missing": ["data"]}]});
    assert_eq!(admin(&server, "PUT profiles", whom, "[1]").await, (200, answer));
    assert_eq!(admin(&server, "GET profiles", whom, "").await, (200, json!([1])));
    assert_eq!(get(&server, "k", "odd").await.body(), "[1]");
}

#[tokio::test]
async fn a_profile_is_put_to_be_served_as_given_or_by_edition() {
    let server = MockServer::start().await;
    server.app("k").set_edition(Edition::OlderObjectsPage);
    let given = fixture!("get_profile.200.openapi.lifetime_premium");
    let (_, answer) = admin(&server, "PUT profiles?as=given", "", given).await;
    assert_eq!(answer, json!({"put": 1, "profiles": [{"served": "as given", "missing": []}]}));
    assert_eq!(get(&server, "k", LIFETIME).await.body(), given);
    let (_, answer) = admin(&server, "PUT profiles", "", given).await;
    assert_eq!(answer, json!({"put": 1, "profiles": [{"served": "by edition", "missing": []}]}));
    assert!(get(&server, "k", LIFETIME).await.body().contains(r#""access_levels":{"premium":{"#));
}

#[tokio::test]
async fn one_profile_is_patched() {
    let server = MockServer::start().await;
    let jane = format!("adapty-customer-user-id: {JANE}\r\n");
    let patch = r#"{"data": {"segment_hash": "patched", "subscriptions": null}}"#;
    let (status, answer) = admin(&server, "PATCH profiles", &jane, patch).await;
    assert_eq!((status, &answer["profiles"][0]["missing"]), (200, &json!(["data.subscriptions"])));
    let seen = get(&server, "k", JANE).await.body();
    assert!(seen.contains(r#""segment_hash":"patched","timestamp":1736425645861,"#), "{seen}");
}

#[tokio::test]
async fn a_patch_that_cannot_be_carried_out_is_told_why() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_body(Identity::customer("odd"), "<html>");
    let before = app.body(Identity::customer(JANE));
    let jane = format!("adapty-customer-user-id: {JANE}\r\n");
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    for (headers, patch, told) in [
        ("", "{}", (400, "an identity header says whose profile is patched")),
        ("adapty-customer-user-id: nobody\r\n", "{}", (404, "no profile of this app has this id")),
        (&jane, "{", (400, "body: EOF while parsing an object at line 1 column 1")),
        (&jane, "[]", (400, "body: a patch is an object at line 1 column 1")),
        (&jane, &deep, (400, "body: the patch is nested too deep")),
        (
            &jane,
            r#"{"data": {"customer_user_id": "x"}}"#,
            (400, "body: data.customer_user_id: a patch leaves who it is; put the profile anew"),
        ),
        (
            &jane,
            r#"{"data": {"profile_id": null}}"#,
            (400, "body: data.profile_id: a patch leaves who it is; put the profile anew"),
        ),
        (
            "adapty-customer-user-id: odd\r\n",
            "{}",
            (400, "body: the body stored for this id is no JSON object to patch"),
        ),
    ] {
        let (status, seen) = mistake(&server, "PATCH profiles", headers, patch).await;
        assert_eq!((status, seen.as_str()), told);
    }
    assert_eq!(app.body(Identity::customer(JANE)), before);
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
async fn requests_are_listed_found_and_counted_without_those_to_the_admin_paths() {
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
        ("PUT profiles", "{}", "body: missing field `data` at line 1 column 1"),
        (
            "PUT profiles",
            r#"{"data": ["0", "1"]}"#,
            "body: data: expected an object, found an array at line 1 column 10",
        ),
        (
            "PUT profiles",
            r#"[{"data": {"customer_user_id": "x"}}, {"data": {"profile_id": "jane"}}]"#,
            "body: [1].data.profile_id: UUID parsing failed: invalid character: found `j` at 0 at line 1 column 63",
        ),
        (
            "PUT profiles",
            r#"{"data": {"customer_user_id": 7}}"#,
            "body: data.customer_user_id: expected text, found a number at line 1 column 31",
        ),
        ("PUT profiles?as=is", "{}", "query parameter `as`: expected `given`"),
        ("PUT profiles", "", "body: is empty: expected JSON"),
        ("PUT paywalls", "", "body: is empty: expected an object, a paywall"),
        ("PUT edition", " ", "body: is empty: expected an object, found nothing"),
        (
            "PUT profiles",
            r#"[{"data": {}}]"#,
            "body: [0]: data: neither profile_id nor customer_user_id is there at line 1 column 2",
        ),
        (
            "PUT edition",
            r#"{"edition": "newest"}"#,
            "body: edition: unknown word `newest`, expected one of `as-written`, `older-page`, `older-objects-page`, `newer-page`, `openapi`, \
             `rotate` at line 1 column 13",
        ),
        (
            "PUT faults",
            "{\"steps\": [\n{\"fault\": {\"status\": {\"code\": 99}}}]}",
            "body: steps[0].fault.status.code: 99 is not between 200 and 599",
        ),
        (
            "PUT faults",
            "{\"steps\": [\n{\"fault\": \"timeout\", \"count\": \"often\"}]}",
            "body: steps[0].count: expected a whole number or \"forever\", found another text at line 2 column 31",
        ),
        (
            "PUT faults",
            r#"{"steps": [{"fault": {"slicer": {"delay": 1}}}]}"#,
            "body: steps[0].fault.slicer: unknown field `delay`, expected `delay_ms` at line 1 column 34",
        ),
        (
            "POST requests/count",
            r#"{"customer": "x"}"#,
            "body: unknown field `customer`, expected one of `customer_user_id`, `profile_id`, `method`, `path`, \
             `operation`, `status`, `fault` at line 1 column 2",
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
async fn a_filter_that_no_request_can_fit_is_refused_with_what_is_known() {
    let server = MockServer::start().await;
    for (what, body, told) in [
        (
            "requests/count",
            r#"{"method": "get"}"#,
            "body: method: there is no `get`, expected one of GET, HEAD, POST, PUT, PATCH, DELETE, \
             OPTIONS, TRACE, CONNECT",
        ),
        (
            "requests/find",
            r#"{"operation": "get_profiles"}"#,
            "body: operation: there is no `get_profiles`, expected one of get_profile, create_profile, ",
        ),
        (
            "requests/wait",
            r#"{"count": 1, "limit_ms": 1, "filter": {"fault": "delay"}}"#,
            "body: filter.fault: there is no `delay`, expected one of none, status, ",
        ),
    ] {
        let (status, seen) = mistake(&server, &format!("POST {what}"), "", body).await;
        assert!(status == 400 && seen.starts_with(told), "{seen}");
    }
    let known = r#"{"method": "GET", "operation": "get_profile", "fault": "timeout"}"#;
    assert_eq!(admin(&server, "POST requests/count", "", known).await.1["count"], 0);
}

#[tokio::test]
async fn a_parameter_that_nobody_reads_is_refused() {
    let server = MockServer::start().await;
    for (what, told) in [
        ("POST reset?wait=maybe", "query parameter `wait`: expected `true` or `false`"),
        ("POST reset?wait=true&wait=false", "query parameter `wait`: is there twice"),
        ("POST reset?w=false", "query: there is no parameter `w` here, expected `wait`"),
        ("PUT profiles?%61=1", "query: there is no parameter `a` here, expected `as`, `wait`"),
        ("GET clock?wait=false", "query: there is no parameter `wait` here, and no other"),
        (
            "POST requests/count?wait=false",
            "query: there is no parameter `wait` here, and no other",
        ),
    ] {
        let seen = mistake(&server, what, "", "{}").await;
        assert_eq!(seen, (400, told.to_owned()), "{what}");
    }
    let given = format!("[{}]", body("one"));
    assert_eq!(admin(&server, "PUT profiles?wait=false&as=given", "", &given).await.0, 200);
    assert_eq!(admin(&server, "POST reset?wait=true", "", "").await.0, 200);
}

#[tokio::test]
async fn a_body_where_none_is_taken_is_refused_before_anything_happens() {
    let server = MockServer::start().await;
    server.app("k").remove_profiles();
    for what in [
        "POST reset",
        "POST reset-all",
        "POST persons",
        "POST webhook/flush",
        "POST webhook/deliveries/1/redeliver",
        "POST purchases/1/refund",
        "DELETE profiles",
        "GET profiles",
    ] {
        for body in ["junk", "[]", r#"{"all": true}"#] {
            let told = "body: none is taken here, but for an empty one or `{}`";
            assert_eq!(mistake(&server, what, "", body).await, (400, told.to_owned()), "{what}");
        }
    }
    assert_eq!(admin(&server, "GET profiles", "", "").await.1, json!({"profiles": []}));
    for body in ["", "{}", " {\n} "] {
        assert_eq!(admin(&server, "POST reset", "", body).await.0, 200, "{body}");
    }
}

#[tokio::test]
async fn a_wrong_path_method_or_identity_is_told_apart() {
    let server = MockServer::start().await;
    assert_eq!(
        mistake(&server, "GET nowhere", "", "").await,
        (404, "no such admin path".to_owned())
    );
    let told = "another method is answered on this path: GET, PUT";
    assert_eq!(mistake(&server, "PATCH edition", "", "").await, (405, told.to_owned()));
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
async fn the_admin_paths_ask_for_a_key_and_the_health_checks_do_not() {
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
async fn closed_admin_paths_are_like_any_unknown_one() {
    let server = MockServer::builder().admin(false).start().await.unwrap();
    for path in ["/livez", "/readyz", "/__admin/profiles"] {
        let text = request("k", JANE).replace(PATH, path);
        assert_eq!(send(&server, &text).await.reason(), "no operation has this path");
    }
}
