//! Accepting connections, until the server stops or finishes.

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep},
};

use super::connections::Connections;
use crate::{app::server_state::ServerState, webhooks};

/// How many connections may wait to be accepted. With the usual 128 a test that opens more at once
/// waits a second for some of them, until TCP asks again.
const BACKLOG: u32 = 1024;
/// How long accepting pauses when the system has no file left for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How long a finishing server waits for its last answers.
const FINISH_LIMIT: Duration = Duration::from_secs(5);
/// How often a finishing server looks whether its last answers are out.
const FINISH_PAUSE: Duration = Duration::from_millis(2);

/// Asks a server to finish; dropped when it has.
#[derive(Debug)]
pub(crate) struct Finish(
    #[expect(dead_code, reason = "its end is the message")] pub(crate) oneshot::Sender<()>,
);

/// A listening socket.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Elsewhere a port whose connections linger could not be taken again; on Windows one could take it
    // from a server that still listens.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

enum Event {
    Accepted(io::Result<TcpStream>),
    DeliveriesWanted,
    Finish(Finish),
    Stop,
}

/// Accepts until the server is dropped or told to finish; the connections end with it.
pub(crate) async fn accept(
    listener: Arc<TcpListener>,
    server: Arc<ServerState>,
    mut stopped: oneshot::Receiver<Finish>,
) {
    let mut connections = Connections::default();
    // Ends with this future. An idle server has no second task.
    let mut delivering = JoinSet::new();
    let wanted = Arc::clone(&server.apps.defaults.deliveries_wanted);
    let mut wanted = pin!(wanted.notified());
    let _finished = loop {
        let event = poll_fn(|context| {
            connections.reap(context);
            if let Poll::Ready(finish) = Pin::new(&mut stopped).poll(context) {
                return Poll::Ready(finish.map_or(Event::Stop, Event::Finish));
            }
            if delivering.is_empty() && wanted.as_mut().poll(context).is_ready() {
                return Poll::Ready(Event::DeliveriesWanted);
            }
            listener
                .poll_accept(context)
                .map(|accepted| Event::Accepted(accepted.map(|(stream, _)| stream)))
        });
        match event.await {
            Event::Accepted(Ok(stream)) => {
                // Refused only by a socket that is closed already.
                let _closed = stream.set_nodelay(true);
                connections.add(stream, &server, server.connection_limit);
            }
            Event::Accepted(Err(_)) => {
                // No file left, or the client gave up first. Waiting costs the fewest clients.
                connections.make_room();
                sleep(ACCEPT_PAUSE).await;
            }
            Event::DeliveriesWanted => {
                delivering.spawn(webhooks::work(Arc::clone(&server)));
            }
            Event::Finish(finish) => break finish,
            Event::Stop => return,
        }
    };
    drop(listener);
    let deadline = Instant::now() + FINISH_LIMIT;
    while Instant::now() < deadline {
        poll_fn(|context| {
            connections.reap(context);
            Poll::Ready(())
        })
        .await;
        connections.drop_idle();
        if connections.is_empty() {
            return;
        }
        sleep(FINISH_PAUSE).await;
    }
}
