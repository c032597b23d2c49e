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
    // A thread that answers has its name.
    assert!(knows(address, "on a thread"));
    assert!(threads_of_servers() > 0);
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
fn a_test_without_a_runtime_finishes_as_well() {
    let server = MockServer::start_on_thread();
    server.app("k").put_body(Identity::customer("finished"), "{}");
    let address = server.address();
    assert!(knows(address, "finished"));
    server.finish_blocking();
    assert!(!knows(address, "finished"));
}

#[tokio::test]
async fn a_server_on_its_own_thread_finishes_wherever_it_is_asked_to() {
    MockServer::start_on_thread().finish_blocking();
}

#[tokio::test]
#[should_panic(
    expected = "finish_blocking would never end: the server's task has no thread to run on; \
                use start_on_thread, or finish"
)]
async fn finishing_on_the_servers_own_thread_fails_the_test() {
    MockServer::start().await.finish_blocking();
}

/// A client that blocks the one thread of the test and gives up.
fn ask_and_block(server: &MockServer) -> std::io::Result<usize> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(server.address())?;
    stream.set_read_timeout(Some(std::time::Duration::from_millis(1)))?;
    stream.write_all(request("k", JANE).as_bytes())?;
    stream.read(&mut [0; 1])
}

const UNSERVED: &str =
    "a client waited in vain: the server's task has no thread to run on; use start_on_thread";

#[tokio::test]
async fn an_expectation_says_that_a_client_blocked_the_servers_thread() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let server = MockServer::start().await;
    let one = server.app("k").expect(1, adapty_mock::Filter::any());
    ask_and_block(&server).unwrap_err();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(one))).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    assert_eq!(message.lines().nth(1), Some(UNSERVED), "{message}");
}

#[tokio::test]
async fn an_expectation_does_not_say_so_of_clients_that_were_served() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let server = MockServer::start().await;
    let none = server.app("k").expect(0, adapty_mock::Filter::any());
    get(&server, "k", JANE).await;
    let panic = catch_unwind(AssertUnwindSafe(|| drop(none))).unwrap_err();
    let message = panic.downcast::<String>().unwrap();
    assert!(!message.contains("in vain"), "{message}");
}

#[tokio::test]
#[ignore = "fails on purpose; the next one runs it"]
async fn blocks_the_servers_thread() {
    let server = MockServer::start().await;
    ask_and_block(&server).expect("an answer");
}

#[test]
fn a_test_that_fails_as_it_blocked_the_servers_thread_says_so() {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lifetime::blocks_the_servers_thread", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(stderr.contains(&format!("adapty-mock: {UNSERVED}\n")), "{stderr}");
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
