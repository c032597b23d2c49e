//! The open connections of one server, and which of them go when there are too many.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use tokio::{
    net::TcpStream,
    task::{AbortHandle, Id, JoinSet},
};

use crate::{door::LastApp, serve, server::Shared};

/// The connections of one server; dropping it ends them all.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    tasks: JoinSet<()>,
    lines: HashMap<Id, (AbortHandle, Arc<Line>)>,
}

impl Connections {
    /// Serves one more. If there are `limit` already it takes the place of the one idle longest, or
    /// when none is idle, of the one whose answer has been under way longest.
    pub(crate) fn add(&mut self, stream: TcpStream, shared: &Arc<Shared>, limit: usize) {
        while self.lines.len() >= limit && self.make_room() {}
        let line = Arc::new(Line::new(shared));
        let task =
            self.tasks.spawn(serve::connection(stream, Arc::clone(shared), Arc::clone(&line)));
        self.lines.insert(task.id(), (task, line));
    }

    /// Ends the connection that is missed least; says whether there was one.
    pub(crate) fn make_room(&mut self) -> bool {
        let least =
            self.lines.iter().min_by_key(|(_, (_, line))| (line.is_busy(), line.last_turn()));
        let Some((&id, _)) = least else { return false };
        if let Some((task, _)) = self.lines.remove(&id) {
            task.abort();
        }
        true
    }

    /// Ends all that are idle.
    pub(crate) fn drop_idle(&mut self) {
        self.lines.retain(|_, (task, line)| {
            if !line.is_busy() {
                task.abort();
            }
            line.is_busy()
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Clears away those that ended.
    pub(crate) fn reap(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(ended)) = self.tasks.poll_join_next_with_id(context) {
            let id = match &ended {
                Ok((id, ())) => *id,
                Err(error) => error.id(),
            };
            self.lines.remove(&id);
        }
    }
}

/// What is known of one connection from outside its task.
#[derive(Debug)]
pub(crate) struct Line {
    /// When it last had an answer, or was opened, in the server's count of such turns.
    last_turn: AtomicU64,
    state: AtomicU8,
    doomed: AtomicBool,
    pub(crate) last_app: LastApp,
}

/// No request is under way.
const IDLE: u8 = 0;
/// A request is being answered.
const ANSWERING: u8 = 1;
/// An answer is on its way out.
const WRITING: u8 = 2;

impl Line {
    fn new(shared: &Shared) -> Self {
        Self {
            last_turn: AtomicU64::new(shared.turn()),
            state: AtomicU8::new(IDLE),
            doomed: AtomicBool::new(false),
            last_app: LastApp::default(),
        }
    }

    /// A request is being answered.
    pub(crate) fn answering(&self) {
        self.state.store(ANSWERING, Ordering::Relaxed);
    }

    /// The answer is there; it is still to be written.
    pub(crate) fn answered(&self, shared: &Shared) {
        self.last_turn.store(shared.turn(), Ordering::Relaxed);
        self.state.store(WRITING, Ordering::Relaxed);
    }

    /// All that was to be written is with the system.
    pub(crate) fn written(&self) {
        if self.state.load(Ordering::Relaxed) == WRITING {
            self.state.store(IDLE, Ordering::Relaxed);
        }
    }

    /// The connection will be silent, or noisy without end, until the client leaves.
    pub(crate) fn forgotten(&self) {
        self.state.store(IDLE, Ordering::Relaxed);
    }

    /// The next request will find the connection closing.
    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::Relaxed)
    }

    fn is_busy(&self) -> bool {
        self.state.load(Ordering::Relaxed) != IDLE
    }

    fn last_turn(&self) -> u64 {
        self.last_turn.load(Ordering::Relaxed)
    }
}
