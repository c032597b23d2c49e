//! What one server holds: its apps, and what belongs to none of them.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{apps::Apps, failures::Failures, other_keys::OtherKeys};
use crate::{
    journal::{Exchange, Journal, Request},
    reply::{Refusal, request_id::RequestIds},
};

/// What the connections of one server share.
#[derive(Debug)]
pub(crate) struct ServerState {
    pub(crate) request_ids: RequestIds,
    pub(crate) apps: Apps,
    pub(crate) connection_limit: usize,
    /// Whether admin requests are answered.
    pub(crate) admin: bool,
    unauthenticated: Mutex<Journal>,
    ticks: AtomicU64,
}

impl ServerState {
    pub(crate) fn new(
        apps: Apps,
        connection_limit: usize,
        admin: bool,
        journal_limit: usize,
    ) -> Self {
        let unauthenticated =
            Mutex::new(Journal::new(journal_limit, &apps.defaults.journal_budget));
        Self {
            request_ids: RequestIds::new(),
            apps,
            connection_limit,
            admin,
            unauthenticated,
            ticks: AtomicU64::new(0),
        }
    }

    /// A logical clock: it only says what came before what.
    pub(crate) fn tick(&self) -> u64 {
        self.ticks.fetch_add(1, Ordering::Relaxed)
    }

    /// Records a request that belongs to no app, and was refused for this reason.
    pub(crate) fn record_unauthenticated(&self, refusal: Refusal, exchange: Exchange<'_>) {
        match refusal {
            Refusal::UnknownKey | Refusal::TooManyApps => self.other_keys().count_refused(),
            _ => self.other_keys().count_without(),
        }
        self.unauthenticated().record(exchange);
    }

    /// Makes every app what it was at first; says how many there are.
    pub(crate) fn reset(&self) -> usize {
        self.unauthenticated().clear();
        self.other_keys().clear();
        self.apps.reset()
    }

    /// What failed inside the server.
    pub(crate) fn failures(&self) -> &Failures {
        &self.apps.defaults.failures
    }

    /// What came under keys that no test named.
    pub(crate) fn other_keys(&self) -> &OtherKeys {
        &self.apps.defaults.other_keys
    }

    /// The requests that belong to no app, oldest first.
    pub(crate) fn unauthenticated_requests(&self) -> Vec<Request> {
        self.unauthenticated().requests(0).collect()
    }

    fn unauthenticated(&self) -> MutexGuard<'_, Journal> {
        // Each change is whole before anything can panic, so a poisoned state is a good one.
        self.unauthenticated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
