//! What the connections of one server share.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    App,
    door::Door,
    failures::Failures,
    journal::{Exchange, Journal},
    request_id::RequestIds,
};

/// What the connections of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) request_ids: RequestIds,
    pub(crate) door: Door,
    pub(super) connection_limit: usize,
    /// Whether the admin door is open.
    pub(crate) admin: bool,
    keyless: Mutex<Journal>,
    turns: AtomicU64,
}

impl Shared {
    pub(super) fn new(
        door: Door,
        connection_limit: usize,
        admin: bool,
        journal_limit: usize,
    ) -> Self {
        Self {
            request_ids: RequestIds::new(),
            door,
            connection_limit,
            admin,
            keyless: Mutex::new(Journal::new(journal_limit)),
            turns: AtomicU64::new(0),
        }
    }

    /// Counts on: a clock that only says what came before what.
    pub(crate) fn turn(&self) -> u64 {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Records a request that belongs to no app.
    pub(crate) fn record_keyless(&self, exchange: Exchange<'_>) {
        self.keyless().record(exchange);
    }

    /// Makes every app what it was at its beginning; says how many there are.
    pub(crate) fn reset(&self) -> usize {
        self.keyless().clear();
        let apps = self.door.apps();
        apps.iter().for_each(App::reset);
        apps.len()
    }

    /// What failed inside the server.
    pub(crate) fn failures(&self) -> &Failures {
        &self.door.beginning.failures
    }

    /// The journal of what belongs to no app.
    pub(super) fn keyless(&self) -> MutexGuard<'_, Journal> {
        // Each change is whole before anything can panic, so a poisoned state is a good one.
        self.keyless.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
