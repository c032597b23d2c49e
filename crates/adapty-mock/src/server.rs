//! The server: its settings, its socket, its end.

mod builder;
mod shared;

use std::{
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{Instant, sleep},
};

pub use self::builder::Builder;
pub(crate) use self::shared::Shared;
use crate::{App, Request, connections::Connections, refusal::Refusal};

/// How many connections may wait to be accepted. With the usual 128 a test that opens more at once
/// waits a second for some of them, until TCP asks again.
const BACKLOG: u32 = 1024;
/// How long accepting pauses when the system has no file left for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// How long a finishing server waits for its last answers.
const FINISH_LIMIT: Duration = Duration::from_secs(5);
/// How often a finishing server looks whether its last answers are out.
const FINISH_PAUSE: Duration = Duration::from_millis(2);

/// A fake Adapty server on a port of its own.
///
/// It stops when dropped: its connections close, and after the runtime's next turn nothing of it
/// is left. If something failed inside it, the drop panics, and so the test fails; where
/// it lives on, the next [`Expectation`](crate::Expectation) to be checked does.
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
        Builder::new()
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
        assert!(added.is_some(), "{}", Refusal::TooManyApps.reason());
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

    /// Stops accepting, lets the answers under way go out for at most 5 seconds, and ends.
    ///
    /// Answers that never end (a `timeout`, an endless head or body) are cut at once.
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

impl MockServer {
    fn on_task(listener: TcpListener, shared: Arc<Shared>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, Arc::clone(&shared), stopped));
        Ok(Self { address, shared, running: Running::Task(task), stop: Some(stop) })
    }

    fn on_thread(address: SocketAddr, shared: Arc<Shared>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _entered = runtime.enter();
            listen(address)?
        };
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let accepting = accept(listener, Arc::clone(&shared), stopped);
        let thread = thread::Builder::new()
            .name("adapty-mock".to_owned())
            .spawn(move || runtime.block_on(accepting))?;
        Ok(Self { address, shared, running: Running::Thread(Some(thread)), stop: Some(stop) })
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
                    self.shared.failures().add("the server's thread panicked");
                }
            }
        }
        // A test that fails already has its reason; a second panic would abort the process.
        if !thread::panicking()
            && let Some(failures) = self.shared.failures().told()
        {
            panic!("{failures}");
        }
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
                connections.make_room();
                sleep(ACCEPT_PAUSE).await;
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

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::Filter;

    #[test]
    #[should_panic(expected = "adapty-mock failed: something")]
    fn a_failure_inside_the_server_fails_the_test() {
        let server = MockServer::start_on_thread();
        server.shared.failures().add("something");
    }

    #[test]
    #[should_panic(expected = "adapty-mock failed: something")]
    fn a_failure_inside_a_server_that_lives_on_fails_the_expectation() {
        static SERVER: LazyLock<MockServer> = LazyLock::new(MockServer::start_on_thread);
        let nothing = SERVER.app("k").expect(0, Filter::any());
        SERVER.shared.failures().add("something");
        drop(nothing);
    }

    #[tokio::test]
    #[should_panic(expected = "adapty-mock failed: something")]
    async fn finishing_does_not_hide_a_failure() {
        let server = MockServer::start().await;
        server.shared.failures().add("something");
        server.finish().await;
    }
}
