//! The API key is the app.

use std::sync::LazyLock;

use adapty_mock::{Answer, Edition, Fault, Identity, MockServer, Plan};
use proptest::prelude::*;

use crate::support::*;

#[tokio::test]
async fn apps_are_told_in_the_order_of_first_use_and_each_once() {
    let server = MockServer::start().await;
    for key in ["c", "a", "b"] {
        get(&server, key, key).await;
    }
    server.add_key("d", &server.app("a"));
    let customers = server
        .apps()
        .iter()
        .map(|app| app.requests()[0].customer_user_id().map(str::to_owned))
        .collect::<Vec<_>>();
    assert_eq!(customers, ["c", "a", "b"].map(|it| Some(it.to_owned())));
}

#[tokio::test]
async fn two_keys_do_not_see_each_other() {
    let server = MockServer::start().await;
    let (one, other) = (server.app("one"), server.app("other"));
    one.put_body(Identity::customer("only.here@example.com"), "{}");
    one.put_faults_for(Identity::customer("faulty"), Plan::new().then(Answer::new(503)).forever());
    one.set_edition(Edition::OlderPage);
    assert_eq!(get(&server, "one", "only.here@example.com").await.status(), 200);
    assert_eq!(get(&server, "other", "only.here@example.com").await.status(), 404);
    assert_eq!(get(&server, "one", "faulty").await.status(), 503);
    let seen = get(&server, "other", "faulty").await;
    assert_eq!(seen.body(), fixture!("get_profile.404.openapi.profile_does_not_exist"));
    assert_eq!((one.requests().len(), other.requests().len()), (2, 2));
}

#[tokio::test]
async fn a_server_of_given_keys_answers_others_with_the_documented_401() {
    let server = MockServer::builder().api_key("let in").start().await.unwrap();
    assert_eq!(get(&server, "let in", JANE).await.status(), 200);
    let seen = get(&server, "not", JANE).await;
    assert_eq!(
        (seen.status(), seen.reason().as_str()),
        (401, "the key is not on this server's list")
    );
    assert_eq!(seen.body(), fixture!("get_profile.401.older-page.not_authenticated"));
    let refused = server.unauthenticated_requests();
    assert_eq!((refused.len(), refused[0].operation.as_deref()), (1, Some("get_profile")));
}

#[tokio::test]
async fn a_key_that_goes_on_after_a_listed_one_and_a_dot_opens_an_app_of_its_own() {
    let server = MockServer::builder().api_key("listed").start().await.unwrap();
    server.app("listed").remove_profiles();
    assert_eq!(get(&server, "listed.one-test", JANE).await.status(), 200);
    assert_eq!(get(&server, "listed", JANE).await.status(), 404);
    for key in ["listed-one-test", "other.listed", "liste.d", ".listed"] {
        assert_eq!(get(&server, key, JANE).await.status(), 401, "{key}");
    }
    let app = server.app("listed.one-test");
    assert_eq!((app.key_suffix(), app.is_named()), (Some("one-test"), true));
    assert_eq!(server.app("listed").key_suffix(), None);
    assert_eq!(server.app("listed.again.listed").key_suffix(), None);
}

#[tokio::test]
async fn several_keys_open_one_app() {
    let server = MockServer::builder()
        .api_key_of("old", "app")
        .api_key_of("new", "app")
        .api_key("else")
        .start()
        .await;
    let server = server.unwrap();
    server.app("old").put_body(Identity::customer("x"), "{}");
    assert_eq!(get(&server, "new", "x").await.status(), 200);
    assert_eq!(get(&server, "else", "x").await.status(), 404);
    server.add_key("newest", &server.app("new"));
    assert_eq!(get(&server, "newest", "x").await.status(), 200);
}

#[tokio::test]
async fn a_key_given_to_another_app_opens_that_one_on_open_connections_too() {
    use tokio::io::AsyncWriteExt;
    let server = MockServer::start().await;
    let other = server.app("other");
    other.put_body(Identity::customer("me"), "other");
    let mut stream = connect(&server).await;
    for status in [404, 200] {
        let text = request("key", "me").replace("Connection: close\r\n", "");
        stream.write_all(text.as_bytes()).await.unwrap();
        assert_eq!(answer(&mut stream).await.status(), status);
        server.add_key("key", &other);
    }
}

#[tokio::test]
async fn one_connection_may_change_its_key() {
    use tokio::io::AsyncWriteExt;
    let server = MockServer::start().await;
    server.app("one").put_body(Identity::customer("me"), "{}");
    let mut stream = connect(&server).await;
    for (key, status) in [("one", 200), ("two", 404), ("one", 200)] {
        let text = request(key, "me").replace("Connection: close\r\n", "");
        stream.write_all(text.as_bytes()).await.unwrap();
        assert_eq!(answer(&mut stream).await.status(), status);
    }
}

#[tokio::test]
async fn one_key_too_many_is_told_so() {
    let server = MockServer::builder().app_limit(2).start().await.unwrap();
    for key in ["one", "two", "one"] {
        assert_eq!(get(&server, key, JANE).await.status(), 200);
    }
    let seen = get(&server, "three", JANE).await;
    assert_eq!(seen.status(), 503);
    assert_eq!(
        seen.reason(),
        "this server holds as many apps as it may; this key would be one more"
    );
    assert!(seen.body().contains("\"too_many_apps\""));
}

#[tokio::test]
async fn keys_of_apps_that_have_nothing_after_a_reset_of_all_give_way_to_new_ones() {
    let server = MockServer::builder().app_limit(3).start().await.unwrap();
    let held = server.app("held");
    for key in ["one", "two"] {
        assert_eq!(get(&server, key, JANE).await.status(), 200);
    }
    assert_eq!(get(&server, "three", JANE).await.status(), 503);
    let reset = "POST /__admin/reset-all HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n\
                 Authorization: Api-Key one\r\n\r\n";
    assert_eq!(send(&server, reset).await.body(), r#"{"reset":3}"#);
    assert_eq!(get(&server, "two", JANE).await.status(), 200);
    held.put_body(Identity::customer("me"), "{}");
    assert_eq!(get(&server, "three", JANE).await.status(), 200, "`one` gives way");
    assert_eq!(get(&server, "four", JANE).await.status(), 503, "each has something");
    assert_eq!(get(&server, "held", "me").await.body(), "{}");
}

#[tokio::test]
#[should_panic(expected = "this server holds as many apps as it may")]
async fn one_app_too_many_fails_the_test() {
    let server = MockServer::builder().app_limit(0).start().await.unwrap();
    let _app = server.app("one");
}

#[tokio::test]
async fn a_reset_leaves_the_other_apps_alone() {
    let server = MockServer::start().await;
    let (one, other) = (server.app("one"), server.app("other"));
    for app in [&one, &other] {
        app.remove_profiles();
        app.put_faults(Plan::new().then(Answer::new(500)).forever());
    }
    one.reset();
    assert_eq!(get(&server, "one", JANE).await.status(), 200);
    assert_eq!(get(&server, "other", JANE).await.status(), 500);
}

static SHARED: LazyLock<MockServer> = LazyLock::new(MockServer::start_on_thread);

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each app has a body of its own and a plan that breaks one answer in three.
    #[test]
    fn two_hundred_apps_at_once_answer_as_one_after_another(
        order in Just((0..600).collect::<Vec<usize>>()).prop_shuffle()
    ) {
        let answers = |order: &[usize], at_once: usize| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(ask_all(order, at_once))
        };
        let sorted: Vec<usize> = (0..600).collect();
        prop_assert_eq!(answers(&order, 200), answers(&sorted, 1));
    }
}

/// Asks app `n % 200` for each `n` of `order`, so many at once; gives each app's answers, sorted.
async fn ask_all(order: &[usize], at_once: usize) -> Vec<Vec<(u16, String)>> {
    let mut answers = vec![Vec::new(); 200];
    for app in 0..200 {
        let faults =
            Plan::new().then(Fault::None).times(2).then(Answer::new(503).body(format!("{app}")));
        let handle = SHARED.app(&format!("{app}"));
        handle.reset();
        handle.put_body(Identity::customer("me"), format!("{{\"app\": {app}}}"));
        handle.put_faults(faults);
    }
    for batch in order.chunks(at_once) {
        let mut asked = tokio::task::JoinSet::new();
        for n in batch {
            let app = n % 200;
            asked.spawn(async move { (app, get(&SHARED, &format!("{app}"), "me").await) });
        }
        while let Some(seen) = asked.join_next().await {
            let (app, seen) = seen.expect("asking does not panic");
            answers[app].push((seen.status(), seen.body()));
        }
    }
    answers.iter_mut().for_each(|answers| answers.sort());
    answers
}
