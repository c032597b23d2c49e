//! The signals that end a command.

use std::{future::poll_fn, io, task::Poll};

use tokio::signal::unix::{self, SignalKind};

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
}

impl Signal {
    /// Its number on every Unix.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Interrupt => 2,
            Self::Terminate => 15,
        }
    }
}

/// The signals as they come; from its making on they no longer end the process by themselves.
pub(super) struct Signals([(Signal, unix::Signal); 2]);

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self([
            (Signal::Interrupt, unix::signal(SignalKind::interrupt())?),
            (Signal::Terminate, unix::signal(SignalKind::terminate())?),
        ]))
    }

    /// The next to come.
    pub(super) async fn next(&mut self) -> Signal {
        poll_fn(|context| {
            for (signal, coming) in &mut self.0 {
                if let Poll::Ready(Some(())) = coming.poll_recv(context) {
                    return Poll::Ready(*signal);
                }
            }
            Poll::Pending
        })
        .await
    }
}
