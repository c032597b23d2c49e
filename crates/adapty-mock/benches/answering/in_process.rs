//! Servers as a Rust test has them: started, asked, dropped; alone and by the hundred.

use std::{future::Future, time::Instant};

use adapty_mock::MockServer;
use tokio::task::yield_now;

use crate::{Goal::AtMost, bare, compare, load::ask, process, row};

const AT_ONCE: usize = 200;

pub(crate) fn measure() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        idle().await;
        start_to_drop().await;
        at_once().await;
        after_a_thousand().await;
    });
}

async fn mock_round() {
    let server = MockServer::start().await;
    ask(server.address(), 1).await;
    drop(server);
    yield_now().await;
}

async fn bare_round() {
    let (address, serving) = bare::start().await;
    ask(address, 1).await;
    serving.abort();
    yield_now().await;
}

async fn start_to_drop() {
    let (mut bare, mut mock) = (Vec::new(), Vec::new());
    for _ in 0..500 {
        bare.push(microseconds(bare_round()).await);
        mock.push(microseconds(mock_round()).await);
    }
    compare("in-process start, answer, drop", &bare, &mock, " µs", AtMost(1.15));
}

async fn at_once() {
    let (mut bare, mut mock) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        bare.push(microseconds(all_bare()).await);
        mock.push(microseconds(all_mock()).await);
    }
    compare("200 servers at once: start, answer, drop", &bare, &mock, " µs", AtMost(1.2));
}

async fn all_bare() {
    let mut servers = Vec::new();
    for _ in 0..AT_ONCE {
        servers.push(bare::start().await);
    }
    for (address, _) in &servers {
        ask(*address, 1).await;
    }
    servers.iter().for_each(|(_, serving)| serving.abort());
    yield_now().await;
}

async fn all_mock() {
    let mut servers = Vec::new();
    for _ in 0..AT_ONCE {
        servers.push(MockServer::start().await);
    }
    for server in &servers {
        ask(server.address(), 1).await;
    }
    drop(servers);
    yield_now().await;
}

/// What a server that nobody asks costs.
async fn idle() {
    let usage = || (process::resident_kib("self"), process::threads(), process::files());
    // What the first server brings along, the runtime and the examples, is not a further one's.
    mock_round().await;
    let mut servers = Vec::with_capacity(1000);
    let before = usage();
    for _ in 0..AT_ONCE {
        servers.push(MockServer::start().await);
    }
    let after = usage();
    let each = AT_ONCE as f64;
    row("each further idle server: memory", (after.0 - before.0) / each, " KiB", AtMost(8.0));
    row("each further idle server: threads", (after.1 - before.1) / each, "", AtMost(0.0));
    row("each further idle server: files", (after.2 - before.2) / each, "", AtMost(1.0));
    drop(servers);
    turn().await;
}

async fn after_a_thousand() {
    turn().await;
    let before = (process::threads(), process::files());
    for _ in 0..1000 {
        mock_round().await;
    }
    turn().await;
    row("threads after 1000 servers − before", process::threads() - before.0, "", AtMost(0.0));
    row("files after 1000 servers − before", process::files() - before.1, "", AtMost(0.0));
}

/// Lets what was aborted be dropped.
async fn turn() {
    for _ in 0..10 {
        yield_now().await;
    }
}

async fn microseconds(round: impl Future<Output = ()>) -> f64 {
    let begun = Instant::now();
    round.await;
    begun.elapsed().as_secs_f64() * 1e6
}
