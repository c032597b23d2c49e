//! The server: its address, its apps, its end.

use std::{io, net::SocketAddr, sync::Arc, thread};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    app::{App, other_keys::OtherKeyCounts, server_state::ServerState},
    blocking::block_on,
    journal::Request,
    net::{Finish, accept, listen},
};

/// A fake Adapty server on a port of its own.
///
/// It stops when dropped: its connections close, and once the runtime has run again nothing of it
/// is left. If something failed inside it, the drop panics, and so the test fails; where
/// it lives on, the next [`Expectation`](crate::Expectation) to be checked does.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    state: Arc<ServerState>,
    running: Running,
    /// Dropped, it ends the server; sent to, it lets the server finish.
    stop: Option<oneshot::Sender<Finish>>,
}

impl MockServer {
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
        match self.state.apps.named(key) {
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
        if let Err(refusal) = self.state.apps.add_key(key, Some(app.clone())) {
            panic!("{}", refusal.reason());
        }
    }

    /// Every app there is, in the order of first use.
    #[must_use]
    pub fn apps(&self) -> Vec<App> {
        self.state.apps.all()
    }

    /// How many requests came under keys that no test named, in words, since the start or since every app
    /// was reset; `None` where none did. See [`App::is_named`].
    ///
    /// `3 requests came with a key that is no app of this test; 1 request came without a valid key`
    #[must_use]
    pub fn requests_under_other_keys(&self) -> Option<String> {
        self.state.other_keys().since(&OtherKeyCounts::default())
    }

    /// The requests that belong to no app, for want of a valid key; oldest first.
    #[must_use]
    pub fn unauthenticated_requests(&self) -> Vec<Request> {
        self.state.unauthenticated_requests()
    }

    /// Stops accepting, lets the answers under way go out for at most 5 seconds, and ends.
    ///
    /// Answers that never end (a `timeout`, an endless head or body) are cut at once.
    ///
    /// # Panics
    ///
    /// When something failed inside the server.
    pub async fn finish(mut self) {
        let _gone = self.ask_to_finish().await;
    }

    /// [`MockServer::finish`] for tests without a runtime: it blocks the thread.
    ///
    /// # Panics
    ///
    /// - When something failed inside the server.
    /// - On the one thread that the server's task runs on, which could not finish then.
    #[track_caller]
    pub fn finish_blocking(mut self) {
        if let Some(advice) = self.state.apps.defaults.unserved.while_blocking() {
            panic!("finish_blocking would never end: {advice}, or finish");
        }
        let _gone = block_on(self.ask_to_finish(), None);
    }

    /// What this gives ends when the server has finished.
    fn ask_to_finish(&mut self) -> oneshot::Receiver<()> {
        let (finished, wait) = oneshot::channel();
        self.state.apps.defaults.unserved.end();
        if let Some(stop) = self.stop.take() {
            // A server that is gone already has nothing to finish.
            let _gone = stop.send(Finish(finished));
        }
        wait
    }
}

impl MockServer {
    pub(crate) fn on_task(address: SocketAddr, state: Arc<ServerState>) -> io::Result<Self> {
        let listener = Arc::new(listen(address)?);
        let address = listener.local_addr()?;
        if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
            state.apps.defaults.unserved.watch(Arc::clone(&listener));
        }
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(listener, Arc::clone(&state), stopped));
        Ok(Self { address, state, running: Running::Task(task), stop: Some(stop) })
    }

    pub(crate) fn on_thread(address: SocketAddr, state: Arc<ServerState>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = {
            let _entered = runtime.enter();
            Arc::new(listen(address)?)
        };
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let accepting = accept(listener, Arc::clone(&state), stopped);
        let thread = thread::Builder::new()
            .name("adapty-mock".to_owned())
            .spawn(move || runtime.block_on(accepting))?;
        Ok(Self { address, state, running: Running::Thread(Some(thread)), stop: Some(stop) })
    }
}

impl Drop for MockServer {
    #[expect(clippy::print_stderr, reason = "what a failing test prints is shown with it")]
    fn drop(&mut self) {
        drop(self.stop.take());
        let unserved = &self.state.apps.defaults.unserved;
        // The test's own failure will be a bare timeout; this is printed beside it.
        if thread::panicking()
            && let Some(message) = unserved.message()
        {
            eprintln!("adapty-mock: {message}");
        }
        unserved.end();
        match &mut self.running {
            Running::Task(task) => task.abort(),
            Running::Thread(thread) => {
                if let Some(thread) = thread.take()
                    && thread.join().is_err()
                {
                    self.state.failures().add("the server's thread panicked");
                }
            }
        }
        // A test that fails already has its reason; a second panic would abort the process.
        if !thread::panicking()
            && let Some(failures) = self.state.failures().message()
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

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::journal::Filter;

    #[test]
    #[should_panic(expected = "adapty-mock failed: something")]
    fn a_failure_inside_the_server_fails_the_test() {
        let server = MockServer::start_on_thread();
        server.state.failures().add("something");
    }

    #[test]
    #[should_panic(expected = "adapty-mock failed: something")]
    fn a_failure_inside_a_server_that_lives_on_fails_the_expectation() {
        static SERVER: LazyLock<MockServer> = LazyLock::new(MockServer::start_on_thread);
        let nothing = SERVER.app("k").expect(0, Filter::any());
        SERVER.state.failures().add("something");
        drop(nothing);
    }

    #[tokio::test]
    #[should_panic(expected = "adapty-mock failed: something")]
    async fn finishing_does_not_hide_a_failure() {
        let server = MockServer::start().await;
        server.state.failures().add("something");
        server.finish().await;
    }
}
