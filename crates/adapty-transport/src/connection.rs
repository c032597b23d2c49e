//! Connections: how one is opened, used, and found to be idle or dead.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use http_body_util::Empty;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    runtime,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    base_url::BaseUrl,
    error::{Error, ErrorKind, Limit},
    meter::{Meter, Metered, Reading, Stream},
    tls::{self, Tls},
};

/// The most bytes an answer's head may have; hyper's own limit of 100 headers holds as well.
pub(crate) const LARGEST_HEAD: usize = 64 * 1024;

/// An unused connection is closed between once and twice this time after its last answer.
const IDLE_LIMIT: Duration = Duration::from_secs(45);

/// How long one address of a host is tried alone before the next is tried beside it (RFC 8305).
const ADDRESS_HEAD_START: Duration = Duration::from_millis(250);

/// Opens connections to one host.
pub(crate) struct Connector {
    host: String,
    port: u16,
    tls: Option<Tls>,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(base: &BaseUrl, tls: Option<Tls>, limit: Duration) -> Self {
        Self { host: base.host.clone(), port: base.port, tls, limit }
    }

    /// Name, TCP and TLS, all within the connect limit.
    pub(crate) async fn connect(&self) -> Result<Connection, Error> {
        let passed = |_| {
            let message = format!("no connection within the connect limit of {:?}", self.limit);
            Error::new(ErrorKind::Connect, message).at_limit(Limit::Connect)
        };
        let stream = timeout(self.limit, self.open()).await.map_err(passed)??;
        Connection::over(stream).await
    }

    async fn open(&self) -> Result<Stream, Error> {
        let refused =
            |cause: io::Error| Error::new(ErrorKind::Connect, "no connection").caused_by(cause);
        let tcp = self.reach().await.map_err(refused)?;
        tcp.set_nodelay(true).map_err(refused)?;
        let Some(tls) = &self.tls else {
            return Ok(Stream::Plain(tcp));
        };
        match tls.handshake(tcp).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(cause) if tls::is_refusal(&cause) => {
                Err(Error::new(ErrorKind::Tls, "no secure connection").caused_by(cause))
            }
            Err(cause) => Err(refused(cause)),
        }
    }

    async fn reach(&self) -> io::Result<TcpStream> {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return TcpStream::connect((address, self.port)).await;
        }
        let found = lookup_host((self.host.as_str(), self.port)).await?;
        first_to_answer(alternating(found)).await
    }
}

/// IPv6 and IPv4 in turn, beginning with the resolver's first choice.
fn alternating(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<_> = addresses.collect();
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut ours, mut others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    ours.reverse();
    others.reverse();
    let mut mixed = Vec::with_capacity(ours.len() + others.len());
    while !(ours.is_empty() && others.is_empty()) {
        mixed.extend(ours.pop());
        mixed.extend(others.pop());
    }
    mixed
}

/// Tries each address after the other's head start or failure, and keeps the first that answers.
/// The rest end with this future.
async fn first_to_answer(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut waiting = addresses.into_iter();
    let mut tried = JoinSet::new();
    loop {
        let next = waiting.next();
        let is_last = next.is_none();
        if let Some(address) = next {
            tried.spawn(TcpStream::connect(address));
        }
        let finished = if is_last {
            tried.join_next().await
        } else {
            match timeout(ADDRESS_HEAD_START, tried.join_next()).await {
                Ok(finished) => finished,
                Err(_) => continue,
            }
        };
        match finished {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(cause))) => failure = cause,
            Some(Err(cause)) => failure = io::Error::other(cause),
            None => return Err(failure),
        }
    }
}

/// One open connection. Its socket closes when this is dropped.
pub(crate) struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    task: JoinHandle<()>,
    runtime: runtime::Id,
    usage: Arc<Usage>,
    at_lease: Reading,
    reused: bool,
}

#[derive(Default)]
struct Usage {
    meter: Arc<Meter>,
    /// Set by every lease, cleared by the idle watch: what stays clear for a whole watch was idle.
    used: AtomicBool,
    leased: AtomicBool,
}

impl Connection {
    async fn over(stream: Stream) -> Result<Self, Error> {
        let usage = Arc::new(Usage::default());
        let io = TokioIo::new(Metered::new(stream, Arc::clone(&usage.meter)));
        let (sender, exchange) =
            http1::Builder::new().max_buf_size(LARGEST_HEAD).handshake(io).await.map_err(
                |cause| Error::new(ErrorKind::Connect, "no connection").caused_by(cause),
            )?;
        let watched = Arc::clone(&usage);
        usage.leased.store(true, Relaxed);
        let task = tokio::spawn(async move {
            let mut exchange = pin!(exchange);
            // What ends the exchange is told to the call it belongs to, if there is one.
            while timeout(IDLE_LIMIT, exchange.as_mut()).await.is_err() {
                if watched.was_idle() {
                    return;
                }
            }
        });
        let at_lease = usage.meter.read();
        let runtime = runtime::Handle::current().id();
        Ok(Self { sender, task, runtime, usage, at_lease, reused: false })
    }

    /// Takes an idle connection into use again; `false` when it is closed.
    pub(crate) async fn lease_again(&mut self) -> bool {
        self.usage.leased.store(true, Relaxed);
        self.reused = true;
        self.at_lease = self.usage.meter.read();
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

    pub(crate) async fn send(
        &mut self,
        request: Request<Empty<Bytes>>,
    ) -> hyper::Result<Response<Incoming>> {
        self.sender.send_request(request).await
    }

    pub(crate) fn is_reused(&self) -> bool {
        self.reused
    }

    /// Whether a byte went out since the lease began.
    pub(crate) fn has_sent(&self) -> bool {
        self.usage.meter.read().sent > self.at_lease.sent
    }

    /// Whether a byte came in since the lease began.
    pub(crate) fn has_received(&self) -> bool {
        self.usage.meter.read().received > self.at_lease.received
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
    use tokio::{
        net::{TcpListener, TcpSocket},
        time::Instant,
    };

    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn the_two_families_take_turns_from_the_resolvers_first_choice_on() {
        let found = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        let mixed = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
        assert_eq!(alternating(found.into_iter()), mixed);
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_no_connection() {
        let error = first_to_answer(Vec::new()).await.unwrap_err();
        assert_eq!(error.to_string(), "the name has no address");
    }

    #[tokio::test]
    async fn an_address_that_refuses_gives_way_to_the_next() {
        let deaf = TcpSocket::new_v4().unwrap();
        deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = open.local_addr().unwrap();
        let found = vec![deaf.local_addr().unwrap(), address];
        assert_eq!(first_to_answer(found).await.unwrap().peer_addr().unwrap(), address);
    }

    #[test]
    fn a_connection_unused_for_a_whole_watch_is_idle() {
        let usage = Usage::default();
        usage.used.store(true, Relaxed);
        assert!(!usage.was_idle());
        assert!(usage.was_idle());
        usage.leased.store(true, Relaxed);
        assert!(!usage.was_idle());
    }

    /// An address where nobody is ever let in, and what keeps it so.
    async fn silent_address() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = timeout(MOMENT, TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
            assert!(waiting.len() < 64, "the backlog has no end");
        }
        (address, waiting, listener)
    }

    #[tokio::test]
    async fn an_address_that_is_silent_does_not_keep_the_next_from_being_tried() {
        let (silent, _waiting, _listener) = silent_address().await;
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let found = vec![silent, open.local_addr().unwrap()];
        tokio::time::pause();
        let began = Instant::now();
        let reached = first_to_answer(found).await.unwrap();
        assert_eq!(reached.peer_addr().unwrap(), open.local_addr().unwrap());
        assert!((250..255).contains(&began.elapsed().as_millis()));
    }

    #[tokio::test]
    async fn an_address_that_answers_at_once_is_the_only_one_tried() {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let found = vec![first.local_addr().unwrap(), second.local_addr().unwrap()];
        let reached = first_to_answer(found).await.unwrap();
        assert_eq!(reached.peer_addr().unwrap(), first.local_addr().unwrap());
        assert!(timeout(MOMENT, second.accept()).await.is_err());
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
        let mut request = Request::new(Empty::new());
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
