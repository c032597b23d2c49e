//! Every fault as a bare socket sees it: the bytes, and the end of the connection.

use std::time::Duration;

use adapty_mock::{
    Answer, Count, Delay, Fault, Filter, Identity, MockServer, Plan, RateLimit, Then,
    adapty_model::time::OffsetDateTime,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::yield_now,
};

use crate::support::*;

const BODY: &str = fixture!("get_profile.200.newer-page.lifetime_premium");

/// A server whose one app has this fault injected once.
async fn faulty(fault: impl Into<Fault>) -> MockServer {
    let server = MockServer::start().await;
    server.app("k").put_faults(Plan::new().then(fault));
    server
}

/// What a client sees of this fault, after which all must be as usual again.
async fn seen(fault: impl Into<Fault>) -> Seen {
    let fault = fault.into();
    let server = faulty(fault.clone()).await;
    let seen = get(&server, "k", LIFETIME).await;
    assert_eq!(server.app("k").requests()[0].fault.as_deref(), Some(fault.name()));
    assert_eq!(get(&server, "k", LIFETIME).await.body(), BODY);
    seen
}

#[tokio::test]
async fn status_is_another_answer() {
    let answer = Answer::new(429)
        .header("Retry-After", "2")
        .header("Content-Type", "text/html")
        .body("<h1>slow</h1>");
    let seen = seen(answer).await;
    assert_eq!((seen.status(), seen.body().as_str()), (429, "<h1>slow</h1>"));
    assert_eq!(seen.header("retry-after").as_deref(), Some("2"));
    assert_eq!(seen.header("content-type").as_deref(), Some("text/html"));
    assert!(seen.header("request-id").is_some());
}

#[tokio::test]
async fn a_status_may_bring_a_request_id_of_its_own() {
    let seen = seen(Answer::new(500).header("Request-Id", "mine")).await;
    assert_eq!(seen.text().matches("request-id: ").count(), 1);
    assert_eq!(seen.header("request-id").as_deref(), Some("mine"));
}

#[tokio::test]
async fn a_429_may_lack_retry_after() {
    assert_eq!(seen(Answer::new(429)).await.header("retry-after"), None);
}

#[tokio::test]
async fn a_status_without_a_body_has_the_body_of_that_status() {
    for (status, body) in [
        (401, fixture!("get_profile.401.older-page.not_authenticated")),
        (404, fixture!("get_profile.404.openapi.profile_does_not_exist")),
    ] {
        let seen = seen(Answer::new(status)).await;
        assert_eq!((seen.status(), seen.body().as_str()), (status, body));
        assert_eq!(seen.header("content-type").as_deref(), Some("application/json"));
    }
    for (status, code) in [
        (429, "rate_limited"),
        (503, "service_unavailable"),
        (400, "bad_request"),
        (599, "unknown_error"),
    ] {
        let seen = seen(Answer::new(status)).await;
        let body: serde_json::Value = serde_json::from_str(&seen.body()).unwrap();
        assert_eq!((&body["error_code"], &body["status_code"]), (&code.into(), &status.into()));
        assert!(
            body["errors"][0]["errors"][0].is_string() && body["errors"][0]["source"].is_null()
        );
    }
}

#[tokio::test]
async fn without_a_body_there_is_no_content_type() {
    let documented_without = [200, 204, 304, 500].map(Answer::new);
    let asked_for = [200, 401, 404, 429, 503].map(|code| Answer::new(code).no_body());
    for answer in documented_without.into_iter().chain(asked_for) {
        let code = answer.code;
        let seen = seen(answer).await;
        assert_eq!((seen.status(), seen.body().as_str()), (code, ""));
        assert_eq!(seen.header("content-type"), None, "{code}");
    }
}

#[tokio::test]
#[should_panic(expected = "steps[0].fault.status.body: there is one, and no_body is true")]
async fn a_body_beside_no_body_fails_the_test() {
    let mut both = Answer::new(503).body("down");
    both.no_body = true;
    MockServer::start().await.app("k").put_faults(Plan::new().then(both));
}

#[tokio::test]
async fn a_lost_answer_changes_the_profile_and_a_lost_request_does_not() {
    for (fault, changes, reason) in [
        (Fault::LostAnswer, true, "a fault plan loses the answer: the request was carried out"),
        (Fault::LostRequest, false, "a fault plan loses the request: it was not carried out"),
    ] {
        let server = faulty(fault.clone()).await;
        let app = server.app("k");
        let before = app.body(Identity::customer(JANE));
        let seen = grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
        assert_eq!((seen.text().as_str(), seen.end), ("", End::Reset), "{fault:?}");
        assert_eq!(app.body(Identity::customer(JANE)) != before, changes, "{fault:?}");
        let request = app.requests().remove(0);
        assert_eq!((request.changed, request.status), (changes, None), "{fault:?}");
        assert_eq!(
            (request.fault.as_deref(), request.reason.as_str()),
            (Some(fault.name()), reason)
        );
        assert_eq!(grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await.status(), 200);
    }
}

#[tokio::test]
async fn wrong_content_type_leaves_the_body_alone() {
    let seen = seen(Fault::WrongContentType { content_type: "text/plain".to_owned() }).await;
    assert_eq!(
        (seen.header("content-type").as_deref(), seen.body().as_str()),
        (Some("text/plain"), BODY)
    );
}

#[tokio::test]
async fn wrong_content_length_announces_more_or_less_than_comes() {
    for by in [10, -10] {
        let seen = seen(Fault::WrongContentLength { by }).await;
        let announced: u64 = seen.header("content-length").unwrap().parse().unwrap();
        assert_eq!(
            (announced, seen.body().as_str()),
            ((BODY.len() as u64).wrapping_add_signed(by), BODY)
        );
        assert_eq!(seen.end, End::Closed);
    }
}

#[tokio::test]
async fn timeout_is_silence_on_an_open_connection() {
    let server = faulty(Fault::Timeout).await;
    let mut stream = connect(&server).await;
    stream.write_all(request("k", LIFETIME).as_bytes()).await.unwrap();
    server.app("k").wait_for(1, &Filter::any().fault("timeout"), Duration::from_secs(30)).await;
    for _ in 0..100 {
        yield_now().await;
    }
    let silence = stream.try_read(&mut [0; 1]).expect_err("neither bytes nor an end");
    assert_eq!(silence.kind(), std::io::ErrorKind::WouldBlock);
    stream.shutdown().await.unwrap();
    assert!(rest(&mut stream).await.bytes.is_empty());
}

#[tokio::test]
async fn empty_response_closes_before_the_head() {
    let seen = seen(Fault::EmptyResponse).await;
    assert_eq!((seen.text().as_str(), seen.end), ("", End::Closed));
}

#[tokio::test]
async fn connection_reset_by_peer_resets_before_the_head() {
    let seen = seen(Fault::ConnectionResetByPeer).await;
    assert_eq!((seen.text().as_str(), seen.end), ("", End::Reset));
}

#[tokio::test]
async fn half_head_then_close_never_finishes_the_head() {
    let seen = seen(Fault::HalfHeadThenClose).await;
    assert!(seen.text().starts_with("HTTP/1.1 200 OK\r\n"), "{}", seen.text());
    assert!(!seen.text().contains("\r\n\r\n"));
    assert_eq!(seen.end, End::Closed);
}

#[tokio::test]
async fn half_a_body_comes_before_the_close_or_the_reset() {
    for (fault, end) in
        [(Fault::HalfBodyThenClose, End::Closed), (Fault::HalfBodyThenReset, End::Reset)]
    {
        let seen = seen(fault).await;
        assert_eq!(seen.header("content-length"), Some(BODY.len().to_string()));
        assert_eq!((seen.body().as_str(), seen.end), (&BODY[..BODY.len() / 2], end));
    }
}

#[tokio::test]
async fn slicer_sends_the_whole_body_byte_by_byte() {
    let server = faulty(Fault::Slicer { delay_ms: 0 }).await;
    let mut stream = connect(&server).await;
    stream.write_all(request("k", LIFETIME).as_bytes()).await.unwrap();
    let (mut bytes, mut reads, mut buffer) = (Vec::new(), 0, [0; 8192]);
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => break,
            read => bytes.extend_from_slice(&buffer[..read]),
        }
        reads += 1;
    }
    assert!(String::from_utf8(bytes).unwrap().ends_with(BODY));
    assert!(reads > 2, "{reads}");
}

#[tokio::test]
async fn random_data_is_not_http_and_the_same_for_one_seed() {
    let one = seen(Fault::RandomDataThenClose).await;
    assert_eq!((one.bytes.len(), one.end), (256, End::Closed));
    assert!(!one.bytes[0].is_ascii());
    assert_eq!(one.bytes, seen(Fault::RandomDataThenClose).await.bytes);
}

#[tokio::test]
async fn endless_head_and_endless_body_go_on_until_the_client_leaves() {
    for (fault, mark) in
        [(Fault::EndlessHead, "x-endless: endless\r\n"), (Fault::EndlessBody, "1000\r\n    ")]
    {
        let server = faulty(fault).await;
        let mut stream = connect(&server).await;
        stream.write_all(request("k", LIFETIME).as_bytes()).await.unwrap();
        let mut bytes = vec![0; 1 << 20];
        stream.read_exact(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.matches(mark).count() > 200);
        drop(stream);
        assert_eq!(get(&server, "k", LIFETIME).await.status(), 200);
    }
}

#[tokio::test]
async fn close_on_reuse_answers_and_closes_as_the_next_request_arrives() {
    let server = faulty(Fault::CloseOnReuse).await;
    let text = request("k", LIFETIME).replace("Connection: close\r\n", "");
    let mut stream = connect(&server).await;
    stream.write_all(text.as_bytes()).await.unwrap();
    assert_eq!(answer(&mut stream).await.body(), BODY);
    stream.write_all(text.as_bytes()).await.unwrap();
    let after = rest(&mut stream).await;
    assert_eq!((after.text().as_str(), after.end), ("", End::Closed));
    assert_eq!(server.app("k").count(&Filter::any().fault("close_on_reuse")), 2);
    assert_eq!(get(&server, "k", LIFETIME).await.status(), 200);
}

#[tokio::test]
async fn raw_sends_these_bytes_and_nothing_else() {
    let text = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\n\r\n{}";
    for (then, end) in [(Then::Close, End::Closed), (Then::Reset, End::Reset)] {
        let seen = seen(Fault::Raw { text: text.to_owned(), then }).await;
        assert_eq!((seen.text().as_str(), seen.end), (text, end));
    }
}

#[tokio::test]
async fn raw_may_leave_the_connection_open() {
    let server = faulty(Fault::Raw { text: "HTTP/1.1 200".to_owned(), then: Then::Timeout }).await;
    let mut stream = connect(&server).await;
    stream.write_all(request("k", LIFETIME).as_bytes()).await.unwrap();
    let mut sent = [0; 12];
    stream.read_exact(&mut sent).await.unwrap();
    assert_eq!(&sent, b"HTTP/1.1 200");
    for _ in 0..100 {
        yield_now().await;
    }
    let silence = stream.try_read(&mut [0; 1]).expect_err("neither bytes nor an end");
    assert_eq!(silence.kind(), std::io::ErrorKind::WouldBlock);
}

#[tokio::test(start_paused = true)]
async fn a_delay_comes_before_the_answer_and_is_drawn_from_the_seed() {
    let mut waits = Vec::new();
    for seed in [1, 1, 2] {
        let server = MockServer::start().await;
        let delay =
            Delay::Uniform { lower: Duration::from_secs(10), upper: Duration::from_secs(99) };
        server.app("k").put_faults(Plan::new().then(Fault::None).after(delay).seed(seed));
        let begun = tokio::time::Instant::now();
        assert_eq!(get(&server, "k", LIFETIME).await.status(), 200);
        waits.push(begun.elapsed().as_secs());
    }
    assert!(waits.iter().all(|wait| (10..=100).contains(wait)), "{waits:?}");
    assert!(waits[0] == waits[1] && waits[1] != waits[2], "{waits:?}");
}

#[tokio::test]
async fn a_plan_is_walked_step_by_step_and_says_what_is_left() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let plan = Plan::new()
        .then(Answer::new(503))
        .times(2)
        .then(Fault::None)
        .then(Answer::new(500))
        .forever();
    app.put_faults(plan);
    let mut statuses = Vec::new();
    for _ in 0..2 {
        statuses.push(get(&server, "k", LIFETIME).await.status());
    }
    assert_eq!(app.faults_left().steps.len(), 2);
    for _ in 0..4 {
        statuses.push(get(&server, "k", LIFETIME).await.status());
    }
    assert_eq!(statuses, [503, 503, 200, 500, 500, 500]);
    assert_eq!(app.faults_left().steps[0].count, Count::Forever);
    app.clear_faults();
    assert_eq!(get(&server, "k", LIFETIME).await.status(), 200);
}

#[tokio::test]
async fn an_identitys_own_plan_comes_before_the_apps() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_faults(Plan::new().then(Answer::new(500)));
    app.put_faults_for(Identity::customer(JANE), Plan::new().then(Answer::new(429)));
    assert_eq!(get(&server, "k", JANE).await.status(), 429);
    assert!(app.faults_left_for(Identity::customer(JANE)).steps.is_empty());
    assert_eq!(app.faults_left().steps[0].count, Count::Times(1));
    assert_eq!(get(&server, "k", LIFETIME).await.status(), 500);
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
}

#[tokio::test]
async fn a_fault_ruins_a_404_as_well() {
    let server = faulty(Fault::HalfBodyThenClose).await;
    assert_eq!(get(&server, "k", "nobody").await.status(), 404);
}

#[tokio::test]
async fn a_request_that_is_not_the_documented_call_uses_up_no_fault() {
    let server = faulty(Answer::new(503)).await;
    send(&server, &request("k", JANE).replace("/profile/", "/elsewhere/")).await;
    send(&server, &call("")).await;
    assert_eq!(get(&server, "k", JANE).await.status(), 503);
}

#[tokio::test]
#[should_panic(expected = "steps[1].count: is 0, and a step is done once at least")]
async fn a_step_for_no_answer_fails_the_test() {
    let plan = Plan::new().then(Answer::new(500)).then(Answer::new(503)).times(0);
    MockServer::start().await.app("k").put_faults(plan);
}

#[tokio::test]
#[should_panic(expected = "steps: there are 10001, at most 10000 may be")]
async fn a_plan_of_too_many_steps_fails_the_test() {
    let plan = (0..10_001).fold(Plan::new(), |plan, _| plan.then(Fault::None));
    MockServer::start().await.app("k").put_faults(plan);
}

#[tokio::test]
#[should_panic(expected = "steps[1].fault.status.code: 99 is not between 200 and 599")]
async fn a_step_that_cannot_be_played_fails_the_test() {
    let server = MockServer::start().await;
    server.app("k").put_faults(Plan::new().then(Fault::None).then(Answer::new(99)));
}

#[tokio::test]
async fn a_rate_limit_answers_429_until_its_window_of_the_apps_time_is_over() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::UNIX_EPOCH);
    app.put_faults(Plan::new().then(Fault::None).then(Answer::new(500)).then(Answer::new(503)));
    app.set_rate_limit(RateLimit::a_minute(2));
    let mut statuses = Vec::new();
    for pause in ["PT0S", "PT10S", "PT20S", "PT30S"] {
        app.advance(pause.parse().unwrap());
        let seen = get(&server, "k", JANE).await;
        statuses.push((seen.status(), seen.header("retry-after")));
    }
    assert_eq!(statuses, [(200, None), (500, None), (429, Some("30".to_owned())), (503, None)]);
}

#[tokio::test]
async fn a_rate_limit_may_keep_silent_about_its_end() {
    let server = MockServer::start().await;
    let mut limit = RateLimit::a_minute(0);
    limit.retry_after = false;
    server.app("k").set_rate_limit(limit);
    let seen = get(&server, "k", JANE).await;
    assert_eq!((seen.status(), seen.header("retry-after")), (429, None));
    assert!(seen.body().contains("\"rate_limited\""));
    server.app("k").set_rate_limit(None);
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
}

#[test]
fn a_plan_is_the_same_in_rust_and_in_json() {
    let plan = Plan::new()
        .then(Answer::new(429).header("Retry-After", "2"))
        .then(Answer::new(503).no_body())
        .then(Fault::LostAnswer)
        .then(Fault::Timeout)
        .times(3)
        .then(Fault::Slicer { delay_ms: 5 })
        .after(Duration::from_millis(20))
        .forever()
        .seed(7);
    let json = serde_json::json!({
        "steps": [
            {"fault": {"status": {"code": 429, "headers": {"Retry-After": "2"}}}, "count": 1},
            {"fault": {"status": {"code": 503, "no_body": true}}, "count": 1},
            {"fault": "lost_answer", "count": 1},
            {"fault": "timeout", "count": 3},
            {"fault": {"slicer": {"delay_ms": 5}}, "delay": {"fixed_ms": 20}, "count": "forever"},
        ],
        "seed": 7,
    });
    assert_eq!(serde_json::to_value(&plan).unwrap(), json);
    assert_eq!(serde_json::from_value::<Plan>(json).unwrap(), plan);
}

/// A request to any path, for a customer of the app `k`.
fn to(path: &str, customer: &str) -> String {
    request("k", customer).replace(PATH, path)
}

#[tokio::test]
async fn a_plan_for_a_path_faults_its_requests_alone_whether_an_operation_is_there_or_not() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_faults(Plan::new().then(Answer::new(503).body("ill")).times(2).for_path("/healthz"));
    app.put_faults(Plan::new().then(Fault::EmptyResponse).for_path(PATH));
    assert_eq!(send(&server, &to("/elsewhere", JANE)).await.status(), 404);
    assert_eq!(send(&server, &to("/healthz?full=1", JANE)).await.status(), 503);
    assert!(get(&server, "k", JANE).await.bytes.is_empty());
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
    let left = app.fault_plans();
    assert_eq!((left.len(), left[0].1.path.as_deref()), (1, Some("/healthz")));
    let anonymous = to("/healthz", JANE).replace("Api-Key k", "Bearer k");
    assert_eq!(send(&server, &anonymous).await.status(), 404, "it belongs to no app");
    assert_eq!(send(&server, &to("/healthz", JANE)).await.body(), "ill");
    assert_eq!(send(&server, &to("/healthz", JANE)).await.status(), 404);
}

#[tokio::test]
async fn a_fault_of_a_path_without_an_operation_may_break_the_usual_answer() {
    let server = MockServer::start().await;
    server.app("k").put_faults(Plan::new().then(Fault::HalfBodyThenClose).for_path("/healthz"));
    let seen = send(&server, &to("/healthz", JANE)).await;
    assert_eq!((seen.status(), seen.body().starts_with("<!doctype")), (404, true));
    assert!(!seen.body().contains("</h1>"));
    assert_eq!(server.app("k").requests()[0].fault.as_deref(), Some("half_body_then_close"));
}

#[tokio::test]
async fn the_plan_for_one_identity_and_operation_is_used_by_no_other_request() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let plan = Plan::new().then(Answer::new(418)).forever().for_operation("delete_profile");
    app.put_faults_for(Identity::customer(JANE), plan);
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
    assert_eq!(delete(&server, LIFETIME).await.status(), 204);
    assert_eq!(delete(&server, JANE).await.status(), 418);
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
}

#[tokio::test]
async fn a_plan_for_the_path_comes_before_one_for_the_operation_and_that_before_one_for_all() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let plan = |code| Plan::new().then(Answer::new(code));
    app.put_faults(plan(504));
    app.put_faults(plan(503).for_operation("get_profile"));
    app.put_faults(plan(502).for_path(PATH));
    app.put_faults(plan(501).for_path(PATH).for_operation("get_profile"));
    app.put_faults_for(Identity::customer(JANE), plan(500));
    for status in [500, 501, 502, 503, 504, 200] {
        assert_eq!(get(&server, "k", JANE).await.status(), status);
    }
}

#[test]
fn a_path_that_no_request_can_have_is_refused() {
    let server = MockServer::start_on_thread();
    for (path, told) in [
        ("healthz", "path: does not begin with `/`"),
        ("/a?b=c", "path: has a query, and a plan looks at the path alone"),
        ("/a b", "path: is no path of a URL"),
        ("/__admin/faults", "path: `/__admin/faults` is the admin API's, which has no faults"),
        ("/readyz", "path: `/readyz` is the admin API's, which has no faults"),
    ] {
        let app = server.app("k");
        let put = || app.put_faults(Plan::new().then(Fault::Timeout).for_path(path));
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(put)).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some(told));
    }
}
