//! Failures of the server itself; they fail the tests it serves.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

/// What failed inside one server.
#[derive(Debug, Default)]
pub(crate) struct Failures(Mutex<Vec<String>>);

impl Failures {
    pub(crate) fn add(&self, what: &str) {
        self.all().push(what.to_owned());
    }

    /// All of them in one line; `None` where nothing failed.
    pub(crate) fn message(&self) -> Option<String> {
        let all = self.all();
        (!all.is_empty()).then(|| format!("adapty-mock failed: {}", all.join("; ")))
    }

    /// Adds one if the caller panics while it holds this.
    pub(crate) fn panic_guard(&self) -> PanicGuard<'_> {
        PanicGuard(self)
    }

    fn all(&self) -> MutexGuard<'_, Vec<String>> {
        // A push is whole or has not happened.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever panics while holding it lets the test fail.
pub(crate) struct PanicGuard<'a>(&'a Failures);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.add("answering a connection panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_under_the_guard_is_reported() {
        let failures = Failures::default();
        let answering = thread::scope(|scope| {
            let answering = || {
                let _panic_guard = failures.panic_guard();
                panic!("a bug");
            };
            scope.spawn(answering).join()
        });
        assert!(answering.is_err());
        assert_eq!(
            failures.message().as_deref(),
            Some("adapty-mock failed: answering a connection panicked")
        );
    }

    #[test]
    fn without_a_failure_nothing_is_reported() {
        let failures = Failures::default();
        drop(failures.panic_guard());
        assert_eq!(failures.message(), None);
    }
}
