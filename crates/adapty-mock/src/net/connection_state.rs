//! What is known of one connection from outside its task.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

use crate::app::server_state::ServerState;

/// What is known of one connection from outside its task.
#[derive(Debug)]
pub(super) struct ConnectionState {
    /// When it last had an answer, or was opened, by the server's logical clock.
    last_tick: AtomicU64,
    state: AtomicU8,
    closes_on_reuse: AtomicBool,
}

/// No request is under way.
const IDLE: u8 = 0;
/// A request is being answered.
const ANSWERING: u8 = 1;
/// An answer is on its way out.
const WRITING: u8 = 2;

impl ConnectionState {
    pub(super) fn new(server: &ServerState) -> Self {
        Self {
            last_tick: AtomicU64::new(server.tick()),
            state: AtomicU8::new(IDLE),
            closes_on_reuse: AtomicBool::new(false),
        }
    }

    /// A request is being answered.
    pub(super) fn answering(&self) {
        self.state.store(ANSWERING, Ordering::Relaxed);
    }

    /// The answer is there; it is still to be written.
    pub(super) fn answered(&self, server: &ServerState) {
        self.last_tick.store(server.tick(), Ordering::Relaxed);
        self.state.store(WRITING, Ordering::Relaxed);
    }

    /// All that was to be written is with the system.
    pub(super) fn written(&self) {
        if self.state.load(Ordering::Relaxed) == WRITING {
            self.state.store(IDLE, Ordering::Relaxed);
        }
    }

    /// The connection will be silent, or noisy without end, until the client leaves.
    pub(super) fn idle(&self) {
        self.state.store(IDLE, Ordering::Relaxed);
    }

    /// The next request will find the connection closing.
    pub(super) fn close_on_reuse(&self) {
        self.closes_on_reuse.store(true, Ordering::Relaxed);
    }

    pub(super) fn closes_on_reuse(&self) -> bool {
        self.closes_on_reuse.load(Ordering::Relaxed)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.state.load(Ordering::Relaxed) != IDLE
    }

    pub(super) fn last_tick(&self) -> u64 {
        self.last_tick.load(Ordering::Relaxed)
    }
}
