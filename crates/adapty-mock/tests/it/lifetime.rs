//! The server's beginning and end, on the caller's runtime and on its own thread.

use std::fs;

use adapty_mock::{Identity, MockServer};
use tokio::{io::AsyncWriteExt, task::yield_now};

use crate::support::*;

fn threads_of_servers() -> usize {
    let names =
        fs::read_dir("/proc/self/task").expect("Linux tells its threads").filter_map(Result::ok);
    let names = names.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.trim() == "adapty-mock").count()
}

/// Lets what was aborted be dropped.
async fn turn() {
    for _ in 0..10 {
        yield_now().await;
    }
}

#[tokio::test]
async fn after_a_drop_nothing_is_left_running() {
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let server = MockServer::start().await;
    server.app("k").put_body(Identity::customer("dropped"), "{}");
    let address = server.address();
    let mut stream = connect(&server).await;
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    turn().await;
    assert!(tasks() > before);
    drop(server);
    turn().await;
    assert_eq!(tasks(), before);
    assert!(rest(&mut stream).await.bytes.is_empty());
    assert!(!knows(address, "dropped"));
}

#[test]
fn a_server_on_its_own_thread_serves_blocking_tests_and_takes_the_thread_along() {
    let server = MockServer::start_on_thread();
    server.app("k").put_body(Identity::customer("on a thread"), "{}");
    let address = server.address();
    assert!(threads_of_servers() > 0);
    assert!(knows(address, "on a thread"));
    drop(server);
    assert!(!knows(address, "on a thread"));
}

#[tokio::test]
async fn finishing_lets_the_answer_under_way_go_out() {
    use adapty_mock::{Fault, Filter, Plan};
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_faults(Plan::new().then(Fault::None).after(std::time::Duration::from_millis(5)));
    let mut idle = connect(&server).await;
    let mut stream = connect(&server).await;
    stream.write_all(request("k", JANE).as_bytes()).await.unwrap();
    app.wait_for(1, &Filter::any(), std::time::Duration::from_secs(30)).await;
    server.finish().await;
    assert_eq!(rest(&mut stream).await.status(), 200);
    assert!(rest(&mut idle).await.bytes.is_empty());
}

#[tokio::test]
async fn finishing_lets_a_large_answer_go_out_whole() {
    use tokio::io::AsyncReadExt;
    let server = MockServer::start().await;
    let body = "x".repeat(20_000_000);
    server.app("k").put_body(Identity::customer("large"), body.clone());
    let mut stream = connect(&server).await;
    stream.write_all(request("k", "large").as_bytes()).await.unwrap();
    stream.read_exact(&mut [0; 1000]).await.unwrap();
    let (seen, ()) = tokio::join!(rest(&mut stream), server.finish());
    assert!(seen.bytes.len() + 1000 > body.len() && seen.end == End::Closed);
}

#[tokio::test(start_paused = true)]
async fn finishing_waits_five_seconds_for_an_answer_under_way_and_no_longer() {
    use adapty_mock::{Fault, Filter, Plan};
    use std::time::Duration;
    let server = MockServer::start().await;
    let app = server.app("k");
    app.put_faults(Plan::new().then(Fault::None).after(Duration::from_secs(3600)));
    let mut vanished = connect(&server).await;
    vanished.write_all(request("k", JANE).as_bytes()).await.unwrap();
    app.wait_for(1, &Filter::any(), Duration::from_secs(30)).await;
    drop(vanished);
    let begun = tokio::time::Instant::now();
    server.finish().await;
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[test]
fn starting_and_asking_can_cross_threads() {
    fn send<T: Send>(_: T) {}
    fn sync<T: Send + Sync>() {}
    send(MockServer::start());
    send(MockServer::builder().start());
    sync::<MockServer>();
    sync::<adapty_mock::App>();
    sync::<adapty_mock::Expectation>();
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let server = MockServer::start().await;
    let error = MockServer::builder().listen(server.address()).start().await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}
