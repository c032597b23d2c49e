//! One connection: how it is used, and found to be idle or closed.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{runtime, task::JoinHandle, time::timeout};

use super::stream::{ByteCounters, ByteCounts, CountingStream, Stream};
use crate::error::{Error, ErrorKind};

/// The most bytes a response's head may have; hyper's own limit of 100 headers holds as well.
pub(crate) const MAX_HEAD: usize = 64 * 1024;

/// An unused connection is closed between once and twice this time after its last response.
const IDLE_LIMIT: Duration = Duration::from_secs(45);

/// One open connection. Its socket closes when this is dropped.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    task: JoinHandle<()>,
    runtime: runtime::Id,
    usage: Arc<Usage>,
    at_lease: ByteCounts,
    reused: bool,
}

#[derive(Default)]
struct Usage {
    counters: Arc<ByteCounters>,
    /// Set by every lease, cleared by the idle watch: what stays clear for a whole watch was idle.
    used: AtomicBool,
    leased: AtomicBool,
}

impl Connection {
    pub(super) async fn over(stream: Stream) -> Result<Self, Error> {
        let usage = Arc::new(Usage::default());
        let io = TokioIo::new(CountingStream::new(stream, Arc::clone(&usage.counters)));
        let (sender, driver) =
            http1::Builder::new().max_buf_size(MAX_HEAD).handshake(io).await.map_err(|cause| {
                Error::new(ErrorKind::Connect, "no connection").caused_by(cause)
            })?;
        let watched = Arc::clone(&usage);
        usage.leased.store(true, Relaxed);
        let task = tokio::spawn(async move {
            let mut driver = pin!(driver);
            // What ends the connection is reported to the call that uses it, if there is one.
            while timeout(IDLE_LIMIT, driver.as_mut()).await.is_err() {
                if watched.was_idle() {
                    return;
                }
            }
        });
        let at_lease = usage.counters.read();
        let runtime = runtime::Handle::current().id();
        Ok(Self { sender, task, runtime, usage, at_lease, reused: false })
    }

    /// Takes an idle connection into use again; `false` when it is closed.
    pub(crate) async fn lease_again(&mut self) -> bool {
        self.usage.leased.store(true, Relaxed);
        self.reused = true;
        self.at_lease = self.usage.counters.read();
        self.sender.ready().await.is_ok()
    }

    pub(crate) fn end_lease(&self) {
        self.usage.used.store(true, Relaxed);
        self.usage.leased.store(false, Relaxed);
    }

    /// Whether its task runs where the caller does. Another runtime may not be running at all.
    pub(crate) fn is_of(&self, runtime: runtime::Id) -> bool {
        self.runtime == runtime
    }

    /// Whether nothing can be sent any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// The request is on its way, and no more in the future, when this returns.
    pub(crate) fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + use<> {
        self.sender.send_request(request)
    }

    pub(crate) fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether a byte went out since the lease began.
    pub(crate) fn has_sent(&self) -> bool {
        self.usage.counters.read().sent > self.at_lease.sent
    }

    /// Whether a byte came in since the lease began.
    pub(crate) fn has_received(&self) -> bool {
        self.usage.counters.read().received > self.at_lease.received
    }
}

impl Usage {
    fn was_idle(&self) -> bool {
        !self.used.swap(false, Relaxed) && !self.leased.load(Relaxed)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The task owns the socket. In most states hyper would end it by itself soon; so it ends
        // in all of them, now.
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_connection_unused_for_a_whole_watch_is_idle() {
        let usage = Usage::default();
        usage.used.store(true, Relaxed);
        assert!(!usage.was_idle());
        assert!(usage.was_idle());
        usage.leased.store(true, Relaxed);
        assert!(!usage.was_idle());
    }

    /// A connection on a clock that stands still, and the server's end of it.
    async fn connection() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let theirs = listener.accept().await.unwrap().0;
        tokio::time::pause();
        (Connection::over(Stream::Plain(ours)).await.unwrap(), theirs)
    }

    /// Lets time pass, and the tasks have their turns.
    async fn pass(seconds: u64) {
        tokio::task::yield_now().await;
        tokio::time::advance(Duration::from_secs(seconds)).await;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_connection_that_was_used_since_the_last_watch_stays_for_the_next() {
        let (connection, _theirs) = connection().await;
        connection.end_lease();
        pass(46).await;
        assert!(!connection.is_closed());
        pass(46).await;
        assert!(connection.is_closed());
    }

    #[tokio::test]
    async fn a_connection_in_use_outlasts_every_watch() {
        let (mut connection, _theirs) = connection().await;
        connection.end_lease();
        pass(46).await;
        assert!(connection.lease_again().await);
        pass(46).await;
        pass(46).await;
        assert!(!connection.is_closed());
    }

    #[tokio::test]
    async fn dropping_a_connection_ends_its_task_whatever_that_waits_for() {
        let (mut connection, _theirs) = connection().await;
        // More than the two sockets hold, and nobody reads.
        let mut request = Request::new(Full::default());
        let huge = HeaderValue::try_from("a".repeat(64 * 1024 * 1024)).unwrap();
        request.headers_mut().insert("x", huge);
        let answer = timeout(Duration::from_secs(1), connection.send(request)).await;
        let task = connection.task.abort_handle();
        assert!(answer.is_err() && connection.has_sent() && !task.is_finished());
        drop(connection);
        tokio::task::yield_now().await;
        assert!(task.is_finished());
    }
}
