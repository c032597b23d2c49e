//! The idle connections.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;

use super::{connection::Connection, connector::Connector};
use crate::error::Error;

/// The most connections kept open for later calls, those of all runtimes together.
const MAX_IDLE: usize = 1024;
/// Below this many, closed ones are not looked for.
const SWEEP_THRESHOLD: usize = 16;

/// A client's connections: the idle ones, and the way to open more.
pub(crate) struct Pool {
    connector: Connector,
    idle: Mutex<Idle>,
}

struct Idle {
    /// The one used last lies on top and is taken first, so that the others can grow old.
    connections: Vec<Connection>,
    /// How many are kept; one more is closed after its response.
    room: usize,
    /// At how many the closed among them are dropped; far enough from how many lived last time
    /// that it costs next to nothing a call.
    sweep_at: usize,
}

impl Pool {
    pub(crate) fn new(connector: Connector) -> Self {
        Self::with_room(connector, MAX_IDLE)
    }

    fn with_room(connector: Connector, room: usize) -> Self {
        let idle = Idle { connections: Vec::new(), room, sweep_at: SWEEP_THRESHOLD };
        Self { connector, idle: Mutex::new(idle) }
    }

    /// A connection of the caller's own until it is dropped or put back.
    pub(crate) async fn lease(&self, new: bool) -> Result<Connection, Error> {
        if !new {
            while let Some(mut connection) = self.pop() {
                if connection.lease_again().await {
                    return Ok(connection);
                }
            }
        }
        // Apart: it is large, and seldom.
        Box::pin(self.connector.connect()).await
    }

    /// Keeps a connection whose response was read to its end.
    pub(crate) fn put_back(&self, connection: Connection) {
        connection.end_lease();
        self.idle().keep(connection);
    }

    fn pop(&self) -> Option<Connection> {
        let here = Handle::current().id();
        let connections = &mut self.idle().connections;
        let newest = connections.iter().rposition(|connection| connection.is_of(here))?;
        Some(connections.remove(newest))
    }

    /// Closes what is idle.
    pub(crate) fn clear(&self) {
        let closed = std::mem::take(&mut self.idle().connections);
        drop(closed);
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // Nothing under this lock can panic half-way through a change.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Idle {
    fn keep(&mut self, connection: Connection) {
        if self.connections.len() >= self.sweep_at {
            self.connections.retain(|connection| !connection.is_closed());
            self.sweep_at = (2 * self.connections.len()).max(SWEEP_THRESHOLD);
        }
        if self.connections.len() < self.room {
            self.connections.push(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{io::AsyncReadExt, net::TcpListener, task::yield_now};

    use super::*;
    use crate::http::base_url::BaseUrl;

    impl Pool {
        /// How many connections are kept.
        pub(crate) fn len(&self) -> usize {
            self.idle().connections.len()
        }
    }

    /// A pool with so many idle connections, and the server's ends of them.
    async fn filled(count: usize) -> (Pool, TcpListener, Vec<tokio::net::TcpStream>) {
        filled_with_room(count, MAX_IDLE).await
    }

    async fn filled_with_room(
        count: usize,
        room: usize,
    ) -> (Pool, TcpListener, Vec<tokio::net::TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let base = BaseUrl::parse(&url, false).unwrap();
        let connector = Connector::new(&base, None, Duration::from_secs(3));
        let pool = Pool::with_room(connector, room);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..count {
            ours.push(pool.lease(true).await.unwrap());
            theirs.push(listener.accept().await.unwrap().0);
        }
        ours.into_iter().for_each(|connection| pool.put_back(connection));
        (pool, listener, theirs)
    }

    #[tokio::test]
    async fn connections_that_closed_are_dropped_as_others_come() {
        let (pool, _listener, theirs) = filled(3 * SWEEP_THRESHOLD).await;
        drop(theirs);
        while pool.idle().connections.iter().any(|connection| !connection.is_closed()) {
            yield_now().await;
        }
        for _ in 0..2 * SWEEP_THRESHOLD {
            let connection = pool.lease(true).await.unwrap();
            pool.put_back(connection);
        }
        assert_eq!(pool.len(), 2 * SWEEP_THRESHOLD);
    }

    #[tokio::test]
    async fn connections_that_live_are_kept() {
        let (pool, _listener, _theirs) = filled(3 * SWEEP_THRESHOLD).await;
        for _ in 0..SWEEP_THRESHOLD {
            let connection = pool.lease(false).await.unwrap();
            pool.put_back(connection);
        }
        assert_eq!(pool.len(), 3 * SWEEP_THRESHOLD);
    }

    #[tokio::test]
    async fn one_connection_more_than_there_is_room_for_is_closed() {
        let (pool, _listener, mut theirs) = filled_with_room(3, 2).await;
        assert_eq!(pool.len(), 2);
        assert_eq!(theirs.pop().unwrap().read(&mut [0]).await.unwrap(), 0);
    }
}
