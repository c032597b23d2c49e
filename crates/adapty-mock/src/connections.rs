//! The open connections of one server, and which of them go when there are too many.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
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
    busy: AtomicBool,
    doomed: AtomicBool,
    pub(crate) last_app: LastApp,
}

impl Line {
    fn new(shared: &Shared) -> Self {
        Self {
            last_turn: AtomicU64::new(shared.turn()),
            busy: AtomicBool::new(false),
            doomed: AtomicBool::new(false),
            last_app: LastApp::default(),
        }
    }

    /// A request is being answered.
    pub(crate) fn busy(&self) {
        self.busy.store(true, Ordering::Relaxed);
    }

    /// A request has been answered.
    pub(crate) fn idle(&self, shared: &Shared) {
        self.last_turn.store(shared.turn(), Ordering::Relaxed);
        self.busy.store(false, Ordering::Relaxed);
    }

    /// The next request will find the connection closing.
    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::Relaxed)
    }

    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    fn last_turn(&self) -> u64 {
        self.last_turn.load(Ordering::Relaxed)
    }
}
