//! What is recorded of each request, and what never is.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Wake, Waker},
    time::Duration,
};

use adapty_mock::{Filter, Identity, MockServer};
use tokio::io::AsyncWriteExt;

use crate::support::*;

#[tokio::test]
async fn a_request_is_recorded_as_it_came_with_its_answer() {
    let server = MockServer::start().await;
    let seen = get(&server, "k", "nobody").await;
    let requests = server.app("k").requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((request.number, request.method.as_str(), request.path.as_str()), (1, "GET", PATH));
    assert_eq!(request.customer_user_id(), Some("nobody"));
    assert_eq!(
        (request.header("Host"), request.header("CONNECTION")),
        (Some("mock"), Some("close"))
    );
    assert_eq!((request.status, request.fault.as_deref()), (Some(404), None));
    assert_eq!(request.reason, "no profile of this app has this id");
    assert_eq!(Some(&request.request_id), seen.header("request-id").as_ref());
    assert!(request.received_at.elapsed().unwrap() < Duration::from_secs(3600));
}

#[tokio::test]
async fn a_body_is_recorded_up_to_8_kib() {
    let server = MockServer::start().await;
    let body = "x".repeat(9000);
    let text =
        request("k", JANE).replacen("\r\n\r\n", "\r\nContent-Length: 9000\r\n\r\n", 1) + &body;
    send(&server, &text).await;
    assert_eq!(server.app("k").requests()[0].body, body[..8192]);
}

#[tokio::test]
async fn the_key_is_nowhere() {
    const KEY: &str = "secret_live_AAAAAAAA.bbbbbbbbbbbbbbbb";
    let server = MockServer::builder().api_key(KEY).start().await.unwrap();
    for scheme in ["Api-Key ", "Bearer ", "", "Api-Key  "] {
        let headers = format!(
            "Authorization: {scheme}{KEY}\r\nX-Api-Key: {KEY}\r\nadapty-customer-user-id: a\r\n"
        );
        send(&server, &call(&headers)).await;
    }
    let (app, unauthenticated) = (server.app(KEY), server.unauthenticated_requests());
    assert_eq!((app.requests().len(), unauthenticated.len()), (1, 3));
    let astray = format!(
        "Authorization: Api-Key {KEY}\r\nX-Note: a{KEY}b{KEY}\r\nContent-Length: {}\r\n",
        KEY.len()
    );
    send(&server, &(call(&astray).replace("/profile/ ", &format!("/profile/?key={KEY} ")) + KEY))
        .await;
    let found = app.requests().pop().unwrap();
    assert_eq!((found.path, found.body), (format!("{PATH}?key=***"), "***".to_owned()));
    let said = format!(
        "{server:?} {app:?} {:?} {unauthenticated:?} {}",
        app.requests(),
        unauthenticated[0]
    );
    assert!(!said.contains("bbbbbbbb"), "{said}");
    assert!(
        !format!("{:?}", MockServer::builder().api_key(KEY).api_key_of(KEY, "a"))
            .contains("bbbbbbbb")
    );
    assert_eq!(app.requests()[0].header("authorization"), Some("***"));
}

#[tokio::test]
async fn a_customer_is_in_no_debug_text_of_the_server() {
    let server = MockServer::start().await;
    get(&server, "k", JANE).await;
    send(&server, &call(&format!("adapty-customer-user-id: {JANE}\r\n"))).await;
    assert_eq!(server.unauthenticated_requests().len(), 1);
    let said = format!("{server:?} {:?} {:?}", server.app("k"), MockServer::builder());
    assert!(!said.contains(JANE), "{said}");
}

#[tokio::test]
async fn the_oldest_requests_fall_out_and_are_counted() {
    let server = MockServer::builder().journal_limit(2).start().await.unwrap();
    for customer in ["1", "2", "3"] {
        get(&server, "k", customer).await;
    }
    let app = server.app("k");
    assert_eq!(app.requests().iter().map(|request| request.number).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(app.dropped_requests(), 1);
}

#[tokio::test]
async fn a_journal_of_no_length_keeps_nothing() {
    let server = MockServer::builder().journal_limit(0).start().await.unwrap();
    get(&server, "k", JANE).await;
    assert_eq!((server.app("k").requests().len(), server.app("k").dropped_requests()), (0, 1));
}

#[tokio::test]
async fn large_requests_push_out_more_than_one() {
    let server = MockServer::start().await;
    let mut stream = connect(&server).await;
    let filler = format!("X-Filler: {}\r\n", "x".repeat(60_000));
    for _ in 0..100 {
        let text = request("k", JANE).replace("Connection: close\r\n", &filler);
        stream.write_all(text.as_bytes()).await.unwrap();
        answer(&mut stream).await;
    }
    let app = server.app("k");
    assert!(app.requests().len() < 20, "{}", app.requests().len());
    assert_eq!(app.requests().len() as u64 + app.dropped_requests(), 100);
}

#[tokio::test]
async fn waiting_ends_with_the_last_request_wanted() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let about_jane = Filter::any().about(Identity::customer(JANE));
    let (came, _, _) = tokio::join!(
        app.wait_for(2, &about_jane, Duration::from_secs(30)),
        get(&server, "k", JANE),
        get(&server, "k", JANE)
    );
    assert_eq!(came, 2);
}

#[tokio::test(start_paused = true)]
async fn waiting_ends_with_its_time() {
    let server = MockServer::start().await;
    assert_eq!(server.app("k").wait_for(1, &Filter::any(), Duration::from_secs(3600)).await, 0);
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_request_wakes_those_who_wait_for_it_and_no_others() {
    const WAITERS: usize = 400;
    let server = MockServer::builder().journal_limit(10).start().await.unwrap();
    let app = server.app("k");
    let woken: Vec<_> = (0..WAITERS).map(|_| Arc::new(Woken::default())).collect();
    let filters: Vec<_> =
        (0..WAITERS).map(|n| Filter::any().about(Identity::customer(n.to_string()))).collect();
    let mut waiting = Vec::new();
    for (filter, woken) in filters.iter().zip(&woken) {
        let mut wait = Box::pin(app.wait_for(2, filter, Duration::from_secs(600)));
        let waker = Waker::from(Arc::clone(woken));
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        waiting.push(wait);
    }
    for customer in ["nobody"; 20].iter().chain(&["7"; 2]) {
        get(&server, "k", customer).await;
    }
    for (n, woken) in woken.iter().enumerate() {
        assert_eq!(woken.0.load(Ordering::Relaxed), usize::from(n == 7), "{n}");
    }
    assert_eq!(waiting.swap_remove(7).await, 2);
}

#[tokio::test]
async fn waiting_counts_what_the_journal_no_longer_holds() {
    let server = MockServer::builder().journal_limit(0).start().await.unwrap();
    let app = server.app("k");
    let any = Filter::any();
    let (came, _, _) = tokio::join!(
        app.wait_for(2, &any, Duration::from_secs(30)),
        get(&server, "k", JANE),
        get(&server, "k", JANE)
    );
    assert_eq!(came, 2);
}

#[tokio::test]
async fn a_reset_begins_the_count_of_those_who_wait_anew() {
    let server = MockServer::start().await;
    let app = server.app("k");
    get(&server, "k", JANE).await;
    let any = Filter::any();
    let mut wait = pin!(app.wait_for(2, &any, Duration::from_secs(600)));
    assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    app.reset();
    get(&server, "k", JANE).await;
    assert!(wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    get(&server, "k", JANE).await;
    assert_eq!(wait.await, 2);
}

#[test]
fn a_test_without_a_runtime_waits_as_well() {
    let server = MockServer::start_on_thread();
    let (app, address) = (server.app("k"), server.address());
    assert_eq!(app.wait_for_blocking(1, &Filter::any(), Duration::from_millis(1)), 0);
    std::thread::scope(|scope| {
        scope.spawn(|| (knows(address, JANE), knows(address, JANE)));
        assert_eq!(app.wait_for_blocking(2, &Filter::any(), Duration::from_secs(600)), 2);
    });
    assert_eq!(app.wait_for_blocking(2, &Filter::any(), Duration::MAX), 2);
}

#[tokio::test]
#[should_panic(
    expected = "wait_for_blocking would never end: the server's task has no thread to run on; \
                use start_on_thread, or wait_for"
)]
async fn waiting_on_the_servers_own_thread_fails_the_test() {
    let server = MockServer::start().await;
    server.app("k").wait_for_blocking(1, &Filter::any(), Duration::from_secs(600));
}

#[tokio::test]
async fn waiting_on_another_thread_of_the_runtime_is_well() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let any = Filter::any();
    let wait = tokio::task::spawn_blocking(move || {
        app.wait_for_blocking(1, &any, Duration::from_secs(600))
    });
    get(&server, "k", JANE).await;
    assert_eq!(wait.await.unwrap(), 1);
}

#[tokio::test]
async fn every_condition_of_a_filter_counts() {
    let server = MockServer::start().await;
    let app = server.app("k");
    get(&server, "k", JANE).await;
    let one = |filter: Filter| assert_eq!(app.count(&filter), 1, "{filter}");
    let none = |filter: Filter| assert_eq!(app.count(&filter), 0, "{filter}");
    one(Filter::any().about(Identity::customer(JANE)).method("GET").path(PATH).status(200));
    none(Filter::any().about(Identity::customer("nobody")));
    none(Filter::any().about(uuid::Uuid::nil()));
    none(Filter::any().method("POST"));
    none(Filter::any().path("/"));
    none(Filter::any().status(404));
    none(Filter::any().fault("timeout"));
}

#[tokio::test]
#[should_panic(expected = "operation: there is no `get_profiles`, expected one of get_profile, ")]
async fn a_filter_that_no_request_can_fit_is_not_counted() {
    let server = MockServer::start().await;
    let _count = server.app("k").count(&Filter::any().operation("get_profiles"));
}

#[tokio::test]
#[should_panic(expected = "fault: there is no `delay`, expected one of none, status, ")]
async fn a_filter_that_no_request_can_fit_is_not_waited_for() {
    let server = MockServer::start().await;
    let filter = Filter::any().fault("delay");
    server.app("k").wait_for(1, &filter, Duration::ZERO).await;
}

#[test]
#[should_panic(expected = "method: there is no `get`, expected one of GET, ")]
fn a_filter_that_no_request_can_fit_blocks_nobody() {
    let server = MockServer::start_on_thread();
    server.app("k").wait_for_blocking(1, &Filter::any().method("get"), Duration::ZERO);
}

#[tokio::test]
async fn the_reason_of_an_answer_says_what_was_done() {
    let server = MockServer::start().await;
    let level = r#"{"access_level_id": "premium"}"#;
    let bought = r#"{"purchase_type": "one_time_purchase", "store": "app_store", "store_product_id": "p",
        "store_transaction_id": "1", "store_original_transaction_id": "1",
        "purchased_at": "2024-01-15T10:30:00Z", "price": {"country": "US", "currency": "USD", "value": 1}}"#;
    create(&server, "new", "{}").await;
    create(&server, "new", "{}").await;
    update(&server, "new", r#"{"first_name": "Jane"}"#).await;
    grant(&server, "new", level).await;
    revoke(&server, "new", level).await;
    transact(&server, "new", bought).await;
    get(&server, "k", "new").await;
    delete(&server, "new").await;
    let reasons: Vec<_> =
        server.app("k").requests().into_iter().map(|request| request.reason).collect();
    assert_eq!(
        reasons,
        [
            "profile created",
            "profile updated",
            "profile updated",
            "access level granted",
            "access level revoked",
            "transaction set",
            "profile found",
            "profile deleted",
        ]
    );
}
