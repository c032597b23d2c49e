//! The open connections of one server, and which of them go when there are too many.

use std::{
    collections::HashMap,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    net::TcpStream,
    task::{AbortHandle, Id, JoinSet},
};

use super::{connection::serve, connection_state::ConnectionState};
use crate::app::server_state::ServerState;

/// The connections of one server; dropping it ends them all.
#[derive(Debug, Default)]
pub(super) struct Connections {
    tasks: JoinSet<()>,
    open: HashMap<Id, (AbortHandle, Arc<ConnectionState>)>,
}

impl Connections {
    /// Serves one more. If there are `limit` already it takes the place of the one idle longest, or
    /// when none is idle, of the one whose answer has been under way longest.
    pub(super) fn add(&mut self, stream: TcpStream, server: &Arc<ServerState>, limit: usize) {
        while self.open.len() >= limit && self.make_room() {}
        let state = Arc::new(ConnectionState::new(server));
        let task = self.tasks.spawn(serve(stream, Arc::clone(server), Arc::clone(&state)));
        self.open.insert(task.id(), (task, state));
    }

    /// Ends the connection that has been idle longest, or answering longest; says whether there was one.
    pub(super) fn make_room(&mut self) -> bool {
        let longest =
            self.open.iter().min_by_key(|(_, (_, state))| (state.is_busy(), state.last_tick()));
        let Some((&id, _)) = longest else { return false };
        if let Some((task, _)) = self.open.remove(&id) {
            task.abort();
        }
        true
    }

    /// Ends all that are idle.
    pub(super) fn drop_idle(&mut self) {
        self.open.retain(|_, (task, state)| {
            if !state.is_busy() {
                task.abort();
            }
            state.is_busy()
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Forgets those that ended.
    pub(super) fn reap(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(ended)) = self.tasks.poll_join_next_with_id(context) {
            let id = match &ended {
                Ok((id, ())) => *id,
                Err(error) => error.id(),
            };
            self.open.remove(&id);
        }
    }
}
