//! The server: its settings, its socket, its end.

use std::{
    collections::HashMap,
    future::{Future, poll_fn},
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::sleep,
};

use crate::{
    App, Edition, Request,
    app::Beginning,
    connections::Connections,
    door::Door,
    journal::{Exchange, Journal},
    profiles::{Profiles, Stored},
    request_id::RequestIds,
};

/// How many connections may wait to be accepted. With the usual 128 a test that opens more at once
/// waits a second for some of them, until TCP asks again.
const BACKLOG: u32 = 1024;
/// How long accepting pauses when the system has no file left for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How often a finishing server looks whether its last answers are out.
const FINISH_PAUSE: Duration = Duration::from_millis(2);

/// A fake Adapty server on a port of its own.
///
/// It stops when dropped: its connections close, and after the runtime's next turn nothing of it
/// is left. If something failed inside it, or a test's [`Expectation`](crate::Expectation) is not
/// met, the drop panics, and so the test fails.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    running: Running,
    /// Dropped, it ends the server; sent to, it lets the server finish.
    stop: Option<oneshot::Sender<Finish>>,
}

impl MockServer {
    /// Starts on a free port of the loopback interface, as a task of the caller's runtime.
    ///
    /// # Panics
    ///
    /// When no socket can be bound, or outside a tokio runtime with I/O and time enabled.
    pub async fn start() -> Self {
        Self::builder().start().await.expect("the loopback interface has a free port")
    }

    /// Starts on a free port of the loopback interface, on a thread of its own: for tests without
    /// a runtime, and for one server that all tests of a binary share.
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use adapty_mock::MockServer;
    ///
    /// static SERVER: LazyLock<MockServer> = LazyLock::new(MockServer::start_on_thread);
    ///
    /// let app = SERVER.app("a key of this test alone");
    /// assert!(app.requests().is_empty());
    /// ```
    ///
    /// # Panics
    ///
    /// When no socket can be bound or no thread started.
    #[must_use]
    pub fn start_on_thread() -> Self {
        Self::builder().start_on_thread().expect("the loopback interface has a free port")
    }

    /// Settings for a server.
    #[must_use]
    pub fn builder() -> Builder {
        Builder {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            keys: Vec::new(),
            app_limit: 1000,
            connection_limit: 1000,
            admin: true,
            beginning: Beginning {
                profiles: Profiles::examples(),
                edition: Edition::default(),
                journal_limit: 1000,
                redirects_missing_slash: false,
            },
        }
    }

    /// The origin to point a client at: `http://127.0.0.1:49153`, no path, no slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `key` sees, made on first use.
    ///
    /// # Panics
    ///
    /// - When the server has a list of keys and this is not on it.
    /// - When there are as many keys as the server may have.
    #[must_use]
    #[track_caller]
    pub fn app(&self, key: &str) -> App {
        match self.shared.door.app(key) {
            Ok(app) => app,
            Err(refusal) => panic!("{}", refusal.reason()),
        }
    }

    /// Makes `key` one more key of `app`, as when keys are rotated.
    ///
    /// # Panics
    ///
    /// When there are as many keys as the server may have.
    #[track_caller]
    pub fn add_key(&self, key: &str, app: &App) {
        let added = self.shared.door.name(key, Some(app.clone()));
        assert!(added.is_some(), "{}", crate::reply::Refusal::TooManyApps.reason());
    }

    /// Every app there is, in no order.
    #[must_use]
    pub fn apps(&self) -> Vec<App> {
        self.shared.door.apps()
    }

    /// The requests that belong to no app, for want of a key that opens one; oldest first.
    #[must_use]
    pub fn keyless_requests(&self) -> Vec<Request> {
        self.shared.keyless().requests(0).collect()
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Stops accepting, lets the answers under way go out, and ends.
    ///
    /// Answers that never end (a `timeout`, an endless head or body) are cut.
    ///
    /// # Panics
    ///
    /// When something failed inside the server.
    pub async fn finish(mut self) {
        let (finished, wait) = oneshot::channel();
        if let Some(stop) = self.stop.take() {
            // A server that is gone already has nothing to finish.
            let _gone = stop.send(Finish(finished));
        }
        let _gone = wait.await;
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        match &mut self.running {
            Running::Task(task) => task.abort(),
            Running::Thread(thread) => {
                if let Some(thread) = thread.take()
                    && thread.join().is_err()
                {
                    self.shared.failed("the server's thread panicked");
                }
            }
        }
        let failures = std::mem::take(&mut *self.shared.failures());
        // A test that fails already has its reason; a second panic would abort the process.
        if !thread::panicking() {
            assert!(failures.is_empty(), "adapty-mock failed: {}", failures.join("; "));
        }
    }
}

/// Settings of a [`MockServer`].
#[derive(Debug)]
pub struct Builder {
    address: SocketAddr,
    keys: Vec<Key>,
    app_limit: usize,
    connection_limit: usize,
    admin: bool,
    beginning: Beginning,
}

impl Builder {
    /// Listens here; port 0 takes a free one. Default: `127.0.0.1:0`.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Puts a key, with an app of its own, on the list. As soon as there is a list, the server
    /// answers all other keys with the documented 401. Default: no list, any key works.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.keys.push(Key { key: key.into(), app: None });
        self
    }

    /// Puts a key on the list, as one of those that open the app of this name.
    #[must_use]
    pub fn api_key_of(mut self, key: impl Into<String>, app: impl Into<String>) -> Self {
        self.keys.push(Key { key: key.into(), app: Some(app.into()) });
        self
    }

    /// How many keys there may be. Default: 1000.
    #[must_use]
    pub fn app_limit(mut self, limit: usize) -> Self {
        self.app_limit = limit;
        self
    }

    /// How many connections may be open; beyond it the one idle longest is closed. Default: 1000.
    #[must_use]
    pub fn connection_limit(mut self, limit: usize) -> Self {
        self.connection_limit = limit;
        self
    }

    /// Whether paths under `/__admin/`, `/livez` and `/readyz` are answered. Default: they are.
    #[must_use]
    pub fn admin(mut self, admin: bool) -> Self {
        self.admin = admin;
        self
    }

    /// How many requests each app's journal keeps, 0 for none; 1 MiB at most, whatever their
    /// number. Default: 1000.
    #[must_use]
    pub fn journal_limit(mut self, limit: usize) -> Self {
        self.beginning.journal_limit = limit;
        self
    }

    /// The edition every app begins with. Default: [`Edition::AsWritten`].
    #[must_use]
    pub fn edition(mut self, edition: Edition) -> Self {
        self.beginning.edition = edition;
        self
    }

    /// Answers a path that lacks its last slash with 301 to the right one. Default: 404.
    #[must_use]
    pub fn redirects_missing_slash(mut self, redirects: bool) -> Self {
        self.beginning.redirects_missing_slash = redirects;
        self
    }

    /// Adds a profile that every app begins with, served byte for byte as given.
    ///
    /// # Errors
    ///
    /// - It is not JSON; the message has line and column.
    /// - Neither `data.profile_id` nor `data.customer_user_id` says who it is.
    /// - There are 100 000 already.
    pub fn profile_json(mut self, body: impl Into<Vec<u8>>) -> Result<Self, String> {
        let stored = Stored::given(body.into().into())?;
        self.beginning.profiles.put(stored)?;
        Ok(self)
    }

    /// Starts as a task of the caller's runtime, which must have I/O and time enabled.
    ///
    /// # Errors
    ///
    /// - What binding says: the port is taken, or may not be used, or no such interface.
    /// - More keys than the server may have ([`io::ErrorKind::InvalidInput`]).
    pub async fn start(self) -> io::Result<MockServer> {
        let listener = listen(self.address)?;
        let address = listener.local_addr()?;
        let shared = self.share()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, Arc::clone(&shared), stopped));
        Ok(MockServer { address, shared, running: Running::Task(task), stop: Some(stop) })
    }

    /// Starts on a thread of its own.
    ///
    /// # Errors
    ///
    /// - As [`Builder::start`].
    /// - The system starts no more threads.
    pub fn start_on_thread(self) -> io::Result<MockServer> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _entered = runtime.enter();
            listen(self.address)?
        };
        let address = listener.local_addr()?;
        let shared = self.share()?;
        let (stop, stopped) = oneshot::channel();
        let accepting = accept(listener, Arc::clone(&shared), stopped);
        let thread = thread::Builder::new()
            .name("adapty-mock".to_owned())
            .spawn(move || runtime.block_on(accepting))?;
        Ok(MockServer { address, shared, running: Running::Thread(Some(thread)), stop: Some(stop) })
    }

    fn share(self) -> io::Result<Arc<Shared>> {
        let journal_limit = self.beginning.journal_limit;
        let door = Door::new(self.keys.is_empty(), self.app_limit, Arc::new(self.beginning));
        let mut named = HashMap::new();
        for Key { key, app: name } in self.keys {
            let app = name.as_ref().and_then(|name| named.get(name).cloned());
            let app = door.name(&key, app).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, "more keys than the server may have")
            })?;
            if let Some(name) = name {
                named.insert(name, app);
            }
        }
        Ok(Arc::new(Shared {
            request_ids: RequestIds::new(),
            door,
            connection_limit: self.connection_limit,
            admin: self.admin,
            keyless: Mutex::new(Journal::new(journal_limit)),
            failures: Mutex::new(Vec::new()),
            turns: AtomicU64::new(0),
        }))
    }
}

/// What the connections of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) request_ids: RequestIds,
    pub(crate) door: Door,
    connection_limit: usize,
    /// Whether the admin door is open.
    pub(crate) admin: bool,
    keyless: Mutex<Journal>,
    failures: Mutex<Vec<String>>,
    turns: AtomicU64,
}

impl Shared {
    /// Counts on: a clock that only says what came before what.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Records a request that belongs to no app.
    pub(crate) fn record_keyless(&self, exchange: Exchange<'_>) {
        self.keyless().record(exchange);
    }

    /// Makes every app what it was at its beginning; says how many there are.
    pub(crate) fn reset(&self) -> usize {
        self.keyless().clear();
        let apps = self.door.apps();
        apps.iter().for_each(App::reset);
        apps.len()
    }

    /// Notes a failure of the server itself.
    pub(crate) fn failed(&self, what: &str) {
        self.failures().push(what.to_owned());
    }

    fn keyless(&self) -> MutexGuard<'_, Journal> {
        // Each change is whole before anything can panic, so a poisoned state is a good one.
        self.keyless.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failures(&self) -> MutexGuard<'_, Vec<String>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One entry of the list of keys.
struct Key {
    key: String,
    app: Option<String>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("key", &"***").field("app", &self.app).finish()
    }
}

#[derive(Debug)]
enum Running {
    Task(JoinHandle<()>),
    Thread(Option<thread::JoinHandle<()>>),
}

/// Asks a server to finish; dropped when it has.
#[derive(Debug)]
struct Finish(#[expect(dead_code, reason = "its end is the message")] oneshot::Sender<()>);

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

enum Event {
    Accepted(io::Result<TcpStream>),
    Finish(Finish),
    Stop,
}

/// Accepts until the server is dropped or told to finish; the connections end with it.
async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut stopped: oneshot::Receiver<Finish>,
) {
    let mut connections = Connections::default();
    let _finished = loop {
        let event = poll_fn(|context| {
            connections.reap(context);
            if let Poll::Ready(finish) = Pin::new(&mut stopped).poll(context) {
                return Poll::Ready(finish.map_or(Event::Stop, Event::Finish));
            }
            listener
                .poll_accept(context)
                .map(|accepted| Event::Accepted(accepted.map(|(stream, _)| stream)))
        });
        match event.await {
            Event::Accepted(Ok(stream)) => {
                // Refused only by a socket that is closed already.
                let _closed = stream.set_nodelay(true);
                connections.add(stream, &shared, shared.connection_limit);
            }
            Event::Accepted(Err(_)) => {
                // No file left, or the client gave up first. Waiting costs the fewest clients.
                connections.drop_idlest();
                sleep(ACCEPT_PAUSE).await;
            }
            Event::Finish(finish) => break finish,
            Event::Stop => return,
        }
    };
    drop(listener);
    loop {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "adapty-mock failed: answering a connection panicked")]
    fn a_failure_inside_the_server_fails_the_test() {
        let server = MockServer::start_on_thread();
        server.shared.failed("answering a connection panicked");
    }

    #[tokio::test]
    #[should_panic(expected = "adapty-mock failed: something")]
    async fn finishing_does_not_hide_a_failure() {
        let server = MockServer::start().await;
        server.shared.failed("something");
        server.finish().await;
    }
}
