//! What a client tells whoever counts.

use std::time::Duration;

use crate::{error::ErrorKind, http::attempt::ConnectionUse};

/// Counts what a client does: each method is called at the end of what it tells of, by the task that
/// made the call, and should return soon.
///
/// What is told has neither key nor id. A call that is dropped is not told of, nor is its last attempt.
/// Nothing is told, and nothing allocated, in a client without [`metrics`](crate::ClientBuilder::metrics).
pub trait Metrics: Send + Sync {
    /// An attempt has ended.
    fn attempt_ended(&self, attempt: &AttemptMetrics) {
        let _ = attempt;
    }

    /// A call has ended; its attempts were told before.
    fn call_ended(&self, call: &CallMetrics) {
        let _ = call;
    }
}

/// One attempt of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttemptMetrics {
    /// The operation's name, such as `get_profile`.
    pub operation: &'static str,
    /// Which attempt of its call, from 1: what is above it was sent again.
    pub number: u32,
    /// The wait before it.
    pub backoff: Duration,
    /// From its beginning, connecting included, until its response was read or it failed.
    pub took: Duration,
    /// The HTTP status, when one arrived.
    pub status: Option<u16>,
    /// How it failed; `None` when it did not.
    pub error: Option<ErrorKind>,
    /// The connection it had, be it that of a shared request: how often one is
    /// [`Reused`](ConnectionUse::Reused), where it [is not shared](Self::is_shared), tells how well the pool does.
    pub connection: ConnectionUse,
    /// Whether it waited for the request of an equal read instead of sending one.
    pub is_shared: bool,
}

/// One call of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallMetrics {
    /// The operation's name, such as `get_profile`.
    pub operation: &'static str,
    /// How many attempts it took; 0 when nothing was tried.
    pub attempts: u32,
    /// From its beginning to its end, waits included.
    pub took: Duration,
    /// How it ended, `None` being well. [`ProfileNotFound`](ErrorKind::ProfileNotFound) and its like are
    /// answers to many who ask.
    pub error: Option<ErrorKind>,
    /// Whether it ended for want of a [`RetryBudget`](crate::RetryBudget).
    pub retry_budget_exhausted: bool,
}
