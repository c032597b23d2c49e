//! Clients that are clumsy or hostile harm only themselves.

use std::time::Duration;

use adapty_mock::{Answer, Fault, Filter, MockServer, Plan};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::*;

/// Somebody else is served as usual.
async fn unharmed(server: &MockServer) {
    assert_eq!(get(server, "somebody else", JANE).await.status(), 200);
}

async fn idle(server: &MockServer, count: usize) -> Vec<TcpStream> {
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(connect(server).await);
    }
    streams
}

#[tokio::test]
async fn a_head_that_does_not_come_is_the_first_to_make_room() {
    let server = MockServer::builder().connection_limit(2).start().await.unwrap();
    let mut slow = connect(&server).await;
    slow.write_all(b"GET /api/v2/server-side-api/profile/ HTTP/1.1\r\nHost:").await.unwrap();
    for _ in 0..3 {
        unharmed(&server).await;
        let _idle = idle(&server, 1).await;
    }
    assert!(matches!(slow.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_waited_for_half_a_minute() {
    let server = MockServer::start().await;
    let mut stream = connect(&server).await;
    let text = request("k", JANE).replacen("\r\n\r\n", "\r\nContent-Length: 10\r\n\r\n", 1);
    stream.write_all(text.as_bytes()).await.unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(rest(&mut stream).await.status(), 408);
    assert_eq!(begun.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    let server = MockServer::start().await;
    let mut stream = connect(&server).await;
    let line = format!("X-Filler: {}\r\n", "x".repeat(8000));
    stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let mut sent = 0;
    while sent < 10_000_000 && stream.write_all(line.as_bytes()).await.is_ok() {
        sent += line.len();
    }
    assert!(sent < 10_000_000, "the server still reads");
    unharmed(&server).await;
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let server = MockServer::start().await;
    let mut stream = connect(&server).await;
    let text = request("k", JANE).replacen("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n", 1);
    stream.write_all(text.as_bytes()).await.unwrap();
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    let mut sent = 0;
    while sent < 50_000_000 && stream.write_all(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 50_000_000, "the server still reads");
    unharmed(&server).await;
}

#[tokio::test]
async fn the_connection_idle_longest_makes_room() {
    let server = MockServer::builder().connection_limit(10).start().await.unwrap();
    let mut streams = idle(&server, 10).await;
    unharmed(&server).await;
    assert_eq!(streams[0].read(&mut [0; 1]).await.unwrap(), 0, "the first is closed");
    streams[9].write_all(request("k", JANE).as_bytes()).await.unwrap();
    assert_eq!(answer(&mut streams[9]).await.status(), 200, "the last is not");
}

#[tokio::test]
async fn thousands_of_idle_connections_do_not_starve_a_client() {
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files }).unwrap();
    let server = MockServer::builder().connection_limit(100).start().await.unwrap();
    let _streams = idle(&server, 2000).await;
    unharmed(&server).await;
}

#[tokio::test]
async fn where_none_is_idle_the_longest_answer_under_way_makes_room() {
    let server = MockServer::builder().connection_limit(1).start().await.unwrap();
    let app = server.app("k");
    app.put_faults(Plan::new().then(Fault::None).after(Duration::from_secs(600)));
    let mut busy = connect(&server).await;
    busy.write_all(request("k", JANE).as_bytes()).await.unwrap();
    app.wait_for(1, &Filter::any(), Duration::from_secs(30)).await;
    unharmed(&server).await;
    assert!(matches!(busy.read(&mut [0; 1]).await, Ok(0) | Err(_)));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = MockServer::start().await;
    let mut stream = connect(&server).await;
    let first = request("k", JANE).replace("Connection: close\r\n", "");
    let text = format!("{first}{}", request("k", "nobody"));
    stream.write_all(text.as_bytes()).await.unwrap();
    let seen = rest(&mut stream).await;
    let statuses: Vec<_> =
        seen.text().lines().filter(|line| line.contains("HTTP/1.1 ")).map(str::to_owned).collect();
    assert_eq!(seen.status(), 200);
    assert!(statuses.last().unwrap().ends_with("HTTP/1.1 404 Not Found"), "{statuses:?}");
}

#[tokio::test]
async fn a_pipelined_fault_comes_after_the_answer_before_it() {
    let server = MockServer::start().await;
    server.app("k").put_faults(Plan::new().then(Fault::None).then(Fault::EmptyResponse));
    let first = request("k", JANE).replace("Connection: close\r\n", "");
    let seen = send(&server, &format!("{first}{first}")).await;
    assert_eq!(seen.body(), fixture!("create_profile.200.openapi.empty_lists"));
}

#[tokio::test]
async fn a_client_that_has_said_all_still_gets_its_answer() {
    let server = MockServer::start().await;
    server.app("k").put_faults(
        Plan::new().then(Answer::new(200).body("late")).after(Duration::from_millis(2)),
    );
    let mut stream = connect(&server).await;
    stream.write_all(request("k", JANE).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await.body(), "late");
}

#[tokio::test]
async fn clients_that_vanish_leave_nothing_behind() {
    let server = MockServer::start().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for end in ["", "GET /", &request("k", JANE)] {
        let mut stream = connect(&server).await;
        stream.write_all(end.as_bytes()).await.unwrap();
        stream.set_zero_linger().unwrap();
    }
    unharmed(&server).await;
    for _ in 0..1000 {
        if tasks() == before {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("{} tasks are left", tasks() - before);
}

#[tokio::test]
async fn what_is_no_request_is_told_so_and_closed() {
    let server = MockServer::start().await;
    let lines = "X-Line: 1\r\n".repeat(101);
    for (text, status, reason) in [
        ("\u{16}\u{3}\u{1} a TLS greeting, say\r\n\r\n", 400, "this is not an HTTP/1.1 request"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "this is not an HTTP/1.1 request"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "this is not an HTTP/1.1 request"),
        (
            &call(&lines),
            431,
            "the request's head is larger than 64 KiB, or has more than 100 lines",
        ),
    ] {
        let seen = send(&server, text).await;
        assert_eq!((seen.status(), seen.reason().as_str()), (status, reason));
        assert_eq!(seen.header("request-id").map(|id| id.len()), Some(32));
        unharmed(&server).await;
    }
}
