//! Expectations: on demand, at drop, and what their messages say.

use adapty_mock::{Filter, Identity, MockServer};

use crate::support::*;

/// The message of a panic.
async fn complaint(
    asked: &[&str],
    check: impl FnOnce(&MockServer) -> adapty_mock::Expectation + Send + 'static,
) -> String {
    let server = MockServer::start_on_thread();
    let expectation = check(&server);
    for customer in asked {
        get(&server, "k", customer).await;
    }
    let panic = std::thread::spawn(move || drop(expectation))
        .join()
        .expect_err("the expectation is not met");
    *panic.downcast::<String>().expect("the message is a text")
}

#[tokio::test]
async fn a_met_expectation_is_silent() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let twice = app.expect(2, Filter::any().about(Identity::customer(JANE)));
    let never = app.expect(0, Filter::any().status(500));
    let _more = app.expect(1.., Filter::any());
    let _some = app.expect(1..=3, Filter::any());
    let _few = app.expect(..=3, Filter::any().method("GET").path(PATH));
    get(&server, "k", JANE).await;
    get(&server, "k", JANE).await;
    twice.check();
    never.check();
}

#[tokio::test]
async fn an_unmet_expectation_shows_what_came_instead() {
    let message = complaint(&[JANE, "nobody"], |server| {
        server.app("k").expect(2, Filter::any().about(Identity::customer(JANE)))
    })
    .await;
    let (first, rest) = message.split_once('\n').unwrap();
    assert!(
        first.starts_with("expected exactly 2 requests for customer `jane.doe@example.com` (at "),
        "{first}"
    );
    assert!(first.contains("expectations.rs:") && first.ends_with("), came 1"), "{first}");
    assert_eq!(
        rest,
        "requests since then: 2\n  \
         counted #1 GET /api/v2/server-side-api/profile/ customer `jane.doe@example.com` -> 200 (profile found)\n  \
         other   #2 GET /api/v2/server-side-api/profile/ customer `nobody` -> 404 (no profile of this app has this id)\n"
    );
}

/// What the message of an unmet expectation says after its first line.
async fn rest_of_complaint(
    server: MockServer,
    ask: impl AsyncFnOnce(&MockServer),
) -> Option<String> {
    let expectation = server.app("k").expect(1, Filter::any());
    ask(&server).await;
    let panic = std::thread::spawn(move || drop(expectation)).join().expect_err("it is not met");
    let message = *panic.downcast::<String>().expect("the message is a text");
    message.split_once('\n').map(|(_, rest)| rest.to_owned())
}

#[tokio::test]
async fn an_unmet_expectation_says_what_came_under_other_keys_since_then() {
    let server = MockServer::start().await;
    get(&server, "wrong", JANE).await;
    let rest = rest_of_complaint(server, async |server| {
        for key in ["wrong", "wrong", "worse"] {
            get(server, key, JANE).await;
        }
        send(server, &call("")).await;
    });
    assert_eq!(
        rest.await.unwrap(),
        "3 requests came with a key that is no app of this test; 1 request came without a valid key\n\
         requests since then: 0\n"
    );
}

#[tokio::test]
async fn a_key_that_is_not_on_the_list_is_an_other_key() {
    let server = MockServer::builder().api_key("k").start().await.unwrap();
    let rest = rest_of_complaint(server, async |server| {
        get(server, "secret_of_nobody", JANE).await;
    });
    let rest = rest.await.unwrap();
    assert!(rest.starts_with("1 request came with a key that is no app of this test\n"), "{rest}");
    assert!(!rest.contains("secret_of_nobody"), "{rest}");
}

#[tokio::test]
async fn a_key_that_a_test_named_is_no_other_key() {
    let server = MockServer::start().await;
    let other = server.app("named");
    server.add_key("added", &other);
    let rest = rest_of_complaint(server, async |server| {
        for key in ["named", "added", "k.derived", "claimed later"] {
            get(server, key, JANE).await;
        }
        let _claimed = server.app("claimed later");
        let admin = call("Authorization: Api-Key by admin\r\n").replace(PATH, "/__admin/requests");
        send(server, &admin).await;
        get(server, "by admin", JANE).await;
        assert!(server.apps().iter().all(adapty_mock::App::is_named));
        assert_eq!(server.requests_under_other_keys(), None);
        get(server, "kk", JANE).await;
        assert!(!server.apps().last().unwrap().is_named());
    });
    let rest = rest.await.unwrap();
    assert!(rest.starts_with("1 request came with a key that is no app of this test\n"), "{rest}");
}

#[tokio::test]
async fn a_message_is_short_whatever_the_requests() {
    let server = MockServer::start().await;
    let rest = rest_of_complaint(server, async |server| {
        for _ in 0..30 {
            get(server, "k", &"x".repeat(10_000)).await;
        }
    });
    let rest = rest.await.unwrap();
    assert_eq!(rest.lines().count(), 22, "{rest}");
    assert!(rest.lines().all(|line| line.chars().count() < 400), "{rest}");
    assert!(rest.contains(&format!(" customer `{}…` -> 404", "x".repeat(200))), "{rest}");
}

#[tokio::test]
async fn one_too_many_is_as_bad_as_one_too_few() {
    let message = complaint(&[JANE], |server| server.app("k").expect(0, Filter::any())).await;
    assert!(message.starts_with("expected exactly 0 requests (at "), "{message}");
}

#[tokio::test]
async fn only_requests_after_it_was_made_count() {
    let server = MockServer::start().await;
    get(&server, "k", JANE).await;
    let app = server.app("k");
    app.expect(0, Filter::any()).check();
    app.reset();
    let one = app.expect(1, Filter::any());
    get(&server, "k", JANE).await;
    one.check();
}

#[tokio::test]
#[should_panic(
    expected = "1 more were dropped from the journal, so none can tell: raise its limit"
)]
async fn a_count_that_the_journal_cannot_give_fails() {
    let server = MockServer::builder().journal_limit(1).start().await.unwrap();
    let two = server.app("k").expect(2, Filter::any());
    get(&server, "k", JANE).await;
    get(&server, "k", JANE).await;
    two.check();
}

#[tokio::test]
async fn what_the_journal_dropped_does_not_undo_what_held() {
    let server = MockServer::builder().journal_limit(1).start().await.unwrap();
    let _one_or_more = server.app("k").expect(1.., Filter::any());
    let _few = server.app("k").expect(..=2, Filter::any());
    get(&server, "k", JANE).await;
    get(&server, "k", JANE).await;
}

#[tokio::test]
#[should_panic(expected = "operation: there is no `get_profiles`, expected one of get_profile, ")]
async fn what_no_request_can_be_is_not_expected() {
    let server = MockServer::start().await;
    let _never = server.app("k").expect(0, Filter::any().operation("get_profiles"));
}

#[tokio::test]
#[should_panic(expected = "the test's own reason")]
async fn an_unmet_expectation_does_not_hide_the_tests_own_failure() {
    let server = MockServer::start().await;
    let _unmet = server.app("k").expect(5, Filter::any());
    panic!("the test's own reason");
}
