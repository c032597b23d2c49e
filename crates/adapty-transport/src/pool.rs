use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    connection::{Connection, Connector},
    error::Error,
};

/// The most connections kept open for later calls; one more is closed after its answer.
const MOST_IDLE: usize = 1024;

/// A client's connections: those in nobody's hands, and the way to open more.
pub(crate) struct Pool {
    connector: Connector,
    /// The one used last lies on top and is taken first, so that the others can grow old.
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    pub(crate) fn new(connector: Connector) -> Self {
        Self { connector, idle: Mutex::new(Vec::new()) }
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
        self.connector.connect().await
    }

    /// Keeps a connection whose answer was read to its end.
    pub(crate) fn put_back(&self, connection: Connection) {
        connection.end_lease();
        let mut idle = self.idle();
        if idle.len() < MOST_IDLE {
            idle.push(connection);
        }
    }

    fn pop(&self) -> Option<Connection> {
        self.idle().pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // Nothing under this lock can panic half-way through a change.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
