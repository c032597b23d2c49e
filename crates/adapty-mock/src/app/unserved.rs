//! Connections that nobody serves, as the server's task has no thread to run on: a client that blocks
//! the one thread of a test's runtime waits for an answer which that thread should give.

use std::{
    io::ErrorKind,
    net::TcpListener,
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
};

/// What to do about it.
const ADVICE: &str = "the server's task has no thread to run on; use start_on_thread";

/// Looks for connections that nobody serves.
#[derive(Debug, Default)]
pub(crate) struct Unserved(Mutex<Option<Watch>>);

#[derive(Debug)]
struct Watch {
    /// The socket that the server accepts from.
    listener: TcpListener,
    /// The one thread of the server's runtime.
    thread: ThreadId,
}

impl Unserved {
    /// Watches a server whose runtime has the calling thread and no other.
    pub(crate) fn watch(&self, listener: TcpListener) {
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
        let waits = match watch.listener.accept() {
            Ok(_) => true,
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
    fn is_here(&self) -> bool {
        thread::current().id() == self.thread
    }
}
