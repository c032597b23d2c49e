//! Connections that nobody serves, as the server's task has no thread to run on: a client that blocks
//! the one thread of a test's runtime waits for an answer which that thread should give.

#[cfg(unix)]
use std::os::fd::AsFd as _;
#[cfg(windows)]
use std::os::windows::io::AsSocket as _;
use std::{
    io::{self, ErrorKind},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

use tokio::net::TcpListener;

/// What to do about it.
const ADVICE: &str = "the server's task has no thread to run on; use start_on_thread";

/// Looks for connections that nobody serves.
#[derive(Debug, Default)]
pub(crate) struct Unserved(Mutex<Option<Watch>>);

#[derive(Debug)]
struct Watch {
    /// The socket that the server accepts from.
    listener: Arc<TcpListener>,
    /// The one thread of the server's runtime.
    thread: ThreadId,
}

impl Unserved {
    /// Watches a server whose runtime has the calling thread and no other.
    pub(crate) fn watch(&self, listener: Arc<TcpListener>) {
        *self.lock() = Some(Watch { listener, thread: thread::current().id() });
    }

    /// Lets go of the socket: the server no longer accepts.
    pub(crate) fn end(&self) {
        *self.lock() = None;
    }

    /// What blocking this thread would mean, if it is the server's only one.
    pub(crate) fn while_blocking(&self) -> Option<&'static str> {
        self.lock().as_ref().filter(|watch| watch.is_here()).map(|_| ADVICE)
    }

    /// What to say when a client waits to be accepted while the server's only thread is here.
    pub(crate) fn message(&self) -> Option<String> {
        let watch = self.lock();
        let watch = watch.as_ref().filter(|watch| watch.is_here())?;
        let waits = match watch.accept() {
            Ok(()) => true,
            Err(error) => error.kind() == ErrorKind::ConnectionAborted,
        };
        waits.then(|| format!("a client waited in vain: {ADVICE}"))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Watch>> {
        // Each change is whole or has not happened.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Accepts a connection that waits now. The runtime cannot say whether one does, as nothing runs it.
    fn accept(&self) -> io::Result<()> {
        #[cfg(unix)]
        let socket = self.listener.as_fd().try_clone_to_owned()?;
        #[cfg(windows)]
        let socket = self.listener.as_socket().try_clone_to_owned()?;
        std::net::TcpListener::from(socket).accept().map(drop)
    }

    fn is_here(&self) -> bool {
        thread::current().id() == self.thread
    }
}
