//! Requests under keys that no test named: a client with a wrong key is as good as silent to its test.
//!
//! A key is named by the server's list of keys, by [`MockServer::app`](crate::MockServer::app) and by
//! every admin request; a key that goes on after a named one and a dot is named with it, so that a suite
//! may make a key for each test from the one it was given.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The requests of one server that came under other keys than those that tests named.
#[derive(Debug, Default)]
pub(crate) struct OtherKeys(Mutex<OtherKeyCounts>);

/// How many such requests had come at some moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct OtherKeyCounts {
    /// By the number of the app that the key opened.
    apps: HashMap<u64, u64>,
    /// Under keys that opened none.
    refused: u64,
    /// Under nothing that could be a key.
    without: u64,
}

impl OtherKeys {
    /// Counts a request of an app that nobody named.
    pub(super) fn count_of_app(&self, number: u64) {
        *self.counts().apps.entry(number).or_default() += 1;
    }

    /// Counts no request of this app any longer: it was named.
    pub(super) fn name_app(&self, number: u64) {
        self.counts().apps.remove(&number);
    }

    /// Counts a request whose key opened no app.
    pub(super) fn count_refused(&self) {
        self.counts().refused += 1;
    }

    /// Counts a request without a key.
    pub(super) fn count_without(&self) {
        self.counts().without += 1;
    }

    /// The counts of now.
    pub(crate) fn now(&self) -> OtherKeyCounts {
        self.counts().clone()
    }

    /// Begins anew.
    pub(super) fn clear(&self) {
        *self.counts() = OtherKeyCounts::default();
    }

    /// How many have come since then, in words; `None` where none has.
    pub(crate) fn since(&self, before: &OtherKeyCounts) -> Option<String> {
        let now = self.counts();
        let of_app = |(number, count): (&u64, &u64)| {
            count.saturating_sub(before.apps.get(number).copied().unwrap_or(0))
        };
        let other =
            now.apps.iter().map(of_app).sum::<u64>() + now.refused.saturating_sub(before.refused);
        let without = now.without.saturating_sub(before.without);
        let other = came(other, "with a key that is no app of this test");
        let without = came(without, "without a valid key");
        let all: Vec<_> = other.into_iter().chain(without).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn counts(&self) -> MutexGuard<'_, OtherKeyCounts> {
        // Each change is whole or has not happened.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn came(count: u64, how: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 request came {how}")),
        _ => Some(format!("{count} requests came {how}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_since_then_is_counted() {
        let keys = OtherKeys::default();
        keys.count_of_app(1);
        keys.count_of_app(2);
        keys.count_without();
        let before = keys.now();
        assert_eq!(keys.since(&before), None);
        keys.count_of_app(1);
        keys.count_refused();
        keys.count_without();
        assert_eq!(
            keys.since(&before).unwrap(),
            "2 requests came with a key that is no app of this test; 1 request came without a valid key"
        );
        keys.name_app(1);
        keys.name_app(2);
        assert!(keys.since(&before).unwrap().starts_with("1 request came with a key"));
        keys.clear();
        assert_eq!(keys.since(&OtherKeyCounts::default()), None);
    }
}
