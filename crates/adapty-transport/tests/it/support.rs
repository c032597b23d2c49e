//! One-word set-up: a server to break, a client to ask it, and a watch over both.

use std::{
    fs,
    future::Future,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use adapty_mock::{App, Fault, MockServer, Plan};
use adapty_transport::adapty_model::Profile;
use adapty_transport::{
    ApiKey, Client, ClientBuilder, Error, ErrorKind, Identity, Response, RetryBudget, RetryPolicy,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::{Builder, Runtime},
    time::{sleep, timeout},
};

use crate::listener;

pub(crate) const KEY: &str = "secret_live_BEHrYLTr.ce5zuDEWz06lFRNiaJC8mrLtL8fUwswD";
pub(crate) const CUSTOMER: &str = "77B14FB4-FD2A-4D38-AA3A-4C433F79863C";

/// The newer page's profile, byte for byte.
pub(crate) const PROFILE: &str =
    include_str!("../../fixtures/get_profile.200.newer-page.lifetime_premium.json");

/// No test waits longer, whatever is broken.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(60);

/// Long enough for an answer on a busy machine, short enough to wait for thrice.
pub(crate) const MOMENT: Duration = Duration::from_millis(200);

pub(crate) fn customer() -> Identity {
    Identity::customer(CUSTOMER)
}

/// A client of `url` whose retries do not keep a test waiting, and are as many as it wants.
pub(crate) fn builder(url: &str) -> ClientBuilder {
    listener::listen();
    let key = ApiKey::new(KEY).unwrap();
    let quick = RetryPolicy::new(2).backoff(Duration::from_millis(1), Duration::from_millis(2));
    Client::builder(key).base_url(url).retry(quick).retry_budget(RetryBudget::unlimited())
}

/// The same, not waiting long for a server that is silent.
pub(crate) fn hurried(url: &str) -> ClientBuilder {
    builder(url).attempt_timeout(MOMENT).connect_timeout(MOMENT)
}

/// The same, for a server that is silent once and must answer in time then.
pub(crate) fn patient(url: &str) -> ClientBuilder {
    builder(url).attempt_timeout(Duration::from_secs(1))
}

/// Runs `work` on a runtime of its own, and fails when anything is left running afterwards.
#[track_caller]
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    run_within(WATCHDOG, work)
}

/// Runs `work` on several threads.
#[track_caller]
pub(crate) fn run_on_threads<T>(work: impl Future<Output = T>) -> T {
    listener::listen();
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async { timeout(WATCHDOG, work).await }).expect("the watchdog barked")
}

/// The same as [`run`] for a test that moves the clock on, and the watchdog's with it.
#[track_caller]
pub(crate) fn run_ahead<T>(work: impl Future<Output = T>) -> T {
    run_within(10 * WATCHDOG, work)
}

#[track_caller]
fn run_within<T>(limit: Duration, work: impl Future<Output = T>) -> T {
    listener::listen();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let outcome =
        runtime.block_on(async { timeout(limit, work).await }).expect("the watchdog barked");
    runtime.block_on(async {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(runtime.metrics().num_alive_tasks(), 0, "tasks left running");
    outcome
}

/// Asks once for the usual customer.
#[track_caller]
pub(crate) fn ask(builder: ClientBuilder) -> Result<Response<Profile>, Error> {
    let client = builder.build().unwrap();
    run(async move { client.get_profile(customer()).await })
}

/// Asks, and leaves a little after the request is there, for good; then waits for the connection to
/// be closed, and a little for what must not come.
#[track_caller]
pub(crate) fn leave(builder: ClientBuilder, server: &RawServer) {
    let client = builder.build().unwrap();
    let a_little = || sleep(Duration::from_millis(5));
    run(async move {
        tokio::select! {
            _ = client.get_profile(customer()) => panic!("the call ended"),
            () = async { server.until_requests(1).await; a_little().await } => {}
        }
        drop(client);
        server.until_closed().await;
        a_little().await;
    });
}

#[track_caller]
pub(crate) fn fails(builder: ClientBuilder) -> Error {
    ask(builder).expect_err("a profile came")
}

#[track_caller]
pub(crate) fn succeeds(builder: ClientBuilder) -> Response<Profile> {
    ask(builder).unwrap_or_else(|error| panic!("{error:?}"))
}

#[track_caller]
pub(crate) fn kinds(error: &Error) -> Vec<ErrorKind> {
    error.attempts().iter().map(|attempt| attempt.kind).collect()
}

/// A port whose clients must have closed their sockets by the end of the test.
struct Port(u16);

impl Port {
    /// Whether a client here still has a socket to it, or has not noticed that it was closed.
    fn is_held(&self) -> bool {
        let sockets = fs::read_to_string("/proc/self/net/tcp").unwrap();
        let there = format!(":{:04X}", self.0);
        sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|row| {
            let [_, _, remote, state, ..] = row[..] else { panic!("no row of sockets: {row:?}") };
            remote.ends_with(&there) && ["01", "08"].contains(&state)
        })
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let began = Instant::now();
        while !thread::panicking() && self.is_held() {
            assert!(began.elapsed() < WATCHDOG, "a connection was left open");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A fake Adapty of one test's own, where something goes wrong with every answer.
pub(crate) struct Fake {
    _port: Port,
    server: MockServer,
    pub(crate) app: App,
}

impl Fake {
    /// Nothing goes wrong.
    pub(crate) fn well() -> Self {
        Self::of(MockServer::start_on_thread())
    }

    /// Nothing goes wrong, on the threads of the caller's runtime.
    pub(crate) async fn on_threads() -> Self {
        Self::of(MockServer::start().await)
    }

    fn of(server: MockServer) -> Self {
        let app = server.app(KEY);
        let port = server.url().rsplit(':').next().unwrap().parse().unwrap();
        Self { _port: Port(port), server, app }
    }

    pub(crate) fn with(plan: Plan) -> Self {
        let fake = Self::well();
        fake.app.put_faults(plan);
        fake
    }

    pub(crate) fn always(fault: impl Into<Fault>) -> Self {
        Self::with(Plan::new().then(fault).forever())
    }

    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) fn requests(&self) -> usize {
        self.app.requests().len()
    }
}

/// A listening socket on a thread of its own that does with each connection what its script says.
pub(crate) struct RawServer {
    _port: Port,
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    _runtime: Runtime,
}

/// One accepted connection.
pub(crate) struct Peer<S = TcpStream> {
    pub(crate) stream: S,
    /// Which connection of its server this is, from 0.
    pub(crate) number: usize,
    requests: Arc<AtomicUsize>,
}

impl RawServer {
    pub(crate) fn open<F>(script: impl Fn(Peer) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self {
            _port: Port(address.port()),
            address,
            connections: Arc::default(),
            open: Arc::default(),
            requests: Arc::default(),
            _runtime: runtime,
        };
        let (connections, open) = (Arc::clone(&server.connections), Arc::clone(&server.open));
        let requests = Arc::clone(&server.requests);
        server._runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // What a script says must be there before it goes on.
                stream.set_nodelay(true).unwrap();
                let number = connections.fetch_add(1, SeqCst);
                open.fetch_add(1, SeqCst);
                let peer = Peer { stream, number, requests: Arc::clone(&requests) };
                let (open, visit) = (Arc::clone(&open), script(peer));
                tokio::spawn(async move {
                    // The client may leave in the middle; the test judges by what the client saw.
                    let _ = visit.await;
                    open.fetch_sub(1, SeqCst);
                });
            }
        });
        server
    }

    /// Answers every request with these bytes, keeping connections open.
    pub(crate) fn saying(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::open(move |mut peer| {
            let answer = answer.clone();
            async move {
                while peer.request().await.is_ok() {
                    peer.stream.write_all(answer.as_bytes()).await?;
                }
                Ok(())
            }
        })
    }

    /// Answers one request a connection with these bytes, then closes.
    pub(crate) fn saying_once(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::open(move |mut peer| {
            let answer = answer.clone();
            async move {
                peer.request().await?;
                peer.stream.write_all(answer.as_bytes()).await?;
                peer.stream.shutdown().await?;
                peer.wait_for_the_end().await
            }
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }

    /// Waits until so many requests have come.
    pub(crate) async fn until_requests(&self, count: usize) {
        while self.requests() < count {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits until every connection is closed; its scripts must end when the client leaves.
    pub(crate) async fn until_closed(&self) {
        while self.open.load(SeqCst) > 0 {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Something that has happened, told from one thread to another.
#[derive(Clone, Default)]
pub(crate) struct Flag(Arc<AtomicBool>);

impl Flag {
    pub(crate) fn raise(&self) {
        self.0.store(true, SeqCst);
    }

    pub(crate) async fn wait(&self) {
        while !self.0.load(SeqCst) {
            sleep(Duration::from_millis(1)).await;
        }
    }

    /// Waits as a busy program does: the runtime of this thread hears nothing meanwhile.
    pub(crate) fn block(&self) {
        let began = Instant::now();
        while !self.0.load(SeqCst) {
            assert!(began.elapsed() < WATCHDOG, "the watchdog barked");
            thread::yield_now();
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Peer<S> {
    /// The next request's head, counted.
    pub(crate) async fn request(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await?);
        }
        self.arrived();
        String::from_utf8(head).map_err(io::Error::other)
    }

    /// The next request with its body, counted.
    pub(crate) async fn request_with_body(&mut self) -> io::Result<String> {
        let mut request = self.request().await?;
        let lines = request.to_lowercase();
        let length = lines.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body).await?;
        request.push_str(&String::from_utf8(body).map_err(io::Error::other)?);
        Ok(request)
    }

    /// Writes these bytes.
    pub(crate) async fn say(&mut self, bytes: &str) -> io::Result<()> {
        self.stream.write_all(bytes.as_bytes()).await
    }

    /// Counts a request.
    pub(crate) fn arrived(&self) {
        self.requests.fetch_add(1, SeqCst);
    }

    /// Reads until the client leaves.
    pub(crate) async fn wait_for_the_end(&mut self) -> io::Result<()> {
        let mut buffer = [0; 1024];
        while self.stream.read(&mut buffer).await? > 0 {}
        Ok(())
    }
}

impl Peer<TcpStream> {
    /// The same peer behind another stream, such as TLS over its own.
    pub(crate) async fn through<S, F>(
        self,
        wrap: impl FnOnce(TcpStream) -> F,
    ) -> io::Result<Peer<S>>
    where
        F: Future<Output = io::Result<S>>,
    {
        Ok(Peer { stream: wrap(self.stream).await?, number: self.number, requests: self.requests })
    }

    /// Resets the connection.
    pub(crate) fn reset(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }
}

/// Whoever listens at an address that has room for no more connections.
pub(crate) struct Crowd {
    address: SocketAddr,
    _waiting: Vec<std::net::TcpStream>,
    _listener: TcpListener,
    _runtime: Runtime,
}

impl Crowd {
    pub(crate) fn gather() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let inside = runtime.enter();
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let waiting: Vec<_> = (0..64)
            .map_while(|_| std::net::TcpStream::connect_timeout(&address, MOMENT).ok())
            .collect();
        assert!(waiting.len() < 64, "the backlog has no end");
        drop(inside);
        Self { address, _waiting: waiting, _listener: listener, _runtime: runtime }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same place by a name, all of whose addresses are tried.
    pub(crate) fn url_by_name(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }
}

/// A well-formed answer.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
}

/// The newer page's profile as an answer.
pub(crate) fn profile() -> String {
    answer("200 OK", &["content-type: application/json", "request-id: 758f01df"], PROFILE)
}
