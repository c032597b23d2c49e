//! The open connections of one server, and which of them go when there are too many.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    task::{AbortHandle, Id, JoinSet},
    time::Instant,
};

use crate::{serve, server::Shared};

/// The connections of one server; dropping it ends them all.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    tasks: JoinSet<()>,
    lines: HashMap<Id, (AbortHandle, Arc<Line>)>,
}

impl Connections {
    /// Serves one more, in the place of the one idle longest if there are `limit` already. When
    /// none of them is idle the newcomer is dropped.
    pub(crate) fn add(&mut self, stream: TcpStream, shared: &Arc<Shared>, limit: usize) {
        if self.lines.len() >= limit && !self.drop_idlest() {
            return;
        }
        let line = Arc::new(Line::new());
        let task =
            self.tasks.spawn(serve::connection(stream, Arc::clone(shared), Arc::clone(&line)));
        self.lines.insert(task.id(), (task, line));
    }

    /// Ends the connection that is idle longest; says whether there was one.
    pub(crate) fn drop_idlest(&mut self) -> bool {
        let idle = self.lines.iter().filter(|(_, (_, line))| !line.is_busy());
        let Some((&id, _)) = idle.min_by_key(|(_, (_, line))| line.since()) else { return false };
        if let Some((task, _)) = self.lines.remove(&id) {
            task.abort();
        }
        true
    }

    /// Ends all that are idle.
    pub(crate) fn drop_idle(&mut self) {
        while self.drop_idlest() {}
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
    opened: Instant,
    /// Milliseconds from `opened` to the last answer.
    since: AtomicU64,
    busy: AtomicBool,
    doomed: AtomicBool,
}

impl Line {
    fn new() -> Self {
        Self {
            opened: Instant::now(),
            since: AtomicU64::new(0),
            busy: AtomicBool::new(false),
            doomed: AtomicBool::new(false),
        }
    }

    /// A request is being answered.
    pub(crate) fn busy(&self) {
        self.busy.store(true, Ordering::Relaxed);
    }

    /// A request has been answered.
    pub(crate) fn idle(&self) {
        let since = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.since.store(since, Ordering::Relaxed);
        self.busy.store(false, Ordering::Relaxed);
    }

    /// The next request will find the connection closing.
    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_doomed(&self) -> bool {
        self.doomed.load(Ordering::Relaxed)
    }

    /// Until when the connection may stay without a request; `None` when that has passed.
    pub(crate) fn idle_until(&self, limit: Duration) -> Option<Instant> {
        let now = Instant::now();
        if self.is_busy() {
            return Some(now + limit);
        }
        let deadline = self.since() + limit;
        (deadline > now).then_some(deadline)
    }

    fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }

    fn since(&self) -> Instant {
        self.opened + Duration::from_millis(self.since.load(Ordering::Relaxed))
    }
}
