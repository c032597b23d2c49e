//! What a test expects to be asked.

use std::{
    fmt::{self, Write},
    ops::{RangeFrom, RangeInclusive, RangeToInclusive},
    panic::Location,
    thread,
};

use crate::{
    app::{App, other_keys::OtherKeyCounts, possible},
    journal::Filter,
};

/// How many requests of an app a message lists.
const LISTED: usize = 20;

/// How many requests are expected: `2`, `1..`, `1..=3`, `..=3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    least: u64,
    most: u64,
}

impl From<u64> for Times {
    fn from(exactly: u64) -> Self {
        Self { least: exactly, most: exactly }
    }
}

impl From<RangeFrom<u64>> for Times {
    fn from(range: RangeFrom<u64>) -> Self {
        Self { least: range.start, most: u64::MAX }
    }
}

impl From<RangeInclusive<u64>> for Times {
    fn from(range: RangeInclusive<u64>) -> Self {
        Self { least: *range.start(), most: *range.end() }
    }
}

impl From<RangeToInclusive<u64>> for Times {
    fn from(range: RangeToInclusive<u64>) -> Self {
        Self { least: 0, most: range.end }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (least, most) if least == most => write!(f, "exactly {least}"),
            (least, u64::MAX) => write!(f, "at least {least}"),
            (0, most) => write!(f, "at most {most}"),
            (least, most) => write!(f, "{least} to {most}"),
        }
    }
}

impl App {
    /// Expects `times` requests that `filter` means, from now on until the value is dropped.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// use adapty_mock::{Filter, Identity, MockServer};
    ///
    /// let server = MockServer::start().await;
    /// let app = server.app("a key");
    /// let _never = app.expect(0, Filter::any().about(Identity::customer("jane.doe@example.com")));
    /// // … and at the end of the test, when `_never` is dropped, it is checked.
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// As [`App::count`].
    #[track_caller]
    pub fn expect(&self, times: impl Into<Times>, filter: Filter) -> Expectation {
        Expectation::new(self.clone(), times.into(), filter)
    }
}

/// An expectation of one app; made by [`App::expect`], it fails the test when it is dropped without having held.
///
/// It counts the requests that come after it was made.
#[derive(Debug)]
#[must_use = "an expectation is checked when it is dropped: let it live as long as the test"]
pub struct Expectation {
    app: App,
    times: Times,
    filter: Filter,
    after: u64,
    /// What had come under other keys by then.
    other_keys: OtherKeyCounts,
    made_at: &'static Location<'static>,
}

impl Expectation {
    #[track_caller]
    fn new(app: App, times: Times, filter: Filter) -> Self {
        possible(filter.check());
        let (after, other_keys) = (app.recorded(), app.other_keys());
        Self { app, times, filter, after, other_keys, made_at: Location::caller() }
    }

    /// Checks now.
    ///
    /// # Panics
    ///
    /// - When fewer or more requests came than expected; the message lists the requests.
    /// - When so many came that the journal no longer holds them all, and those could tell.
    /// - When something failed inside the server.
    #[track_caller]
    pub fn check(&self) {
        if let Some(failure) = self.failure() {
            panic!("{failure}");
        }
    }

    fn failure(&self) -> Option<String> {
        if let Some(failures) = self.app.failures() {
            return Some(failures);
        }
        let (requests, lost) = self.app.requests_after(self.after);
        let matching = requests.iter().filter(|request| self.filter.matches(request)).count();
        // A dropped request may or may not have matched: the expectation has to hold either way.
        let (fewest, most) = (matching as u64, matching as u64 + lost);
        if self.times.least <= fewest && most <= self.times.most {
            return None;
        }
        let mut text = format!(
            "expected {} {} (at {}), came {matching}",
            self.times, self.filter, self.made_at
        );
        if lost > 0 {
            let _infallible = write!(
                text,
                "; {lost} more were dropped from the journal, so none can tell: raise its limit"
            );
        }
        if let Some(unserved) = self.app.unserved() {
            let _infallible = write!(text, "\n{unserved}");
        }
        if let Some(under_other_keys) = self.app.other_keys_since(&self.other_keys) {
            let _infallible = write!(text, "\n{under_other_keys}");
        }
        let _infallible = writeln!(text, "\nrequests since then: {}", requests.len());
        for request in requests.iter().take(LISTED) {
            let mark = if self.filter.matches(request) { "counted" } else { "other  " };
            let _infallible = writeln!(text, "  {mark} {request}");
        }
        if requests.len() > LISTED {
            let _infallible = writeln!(text, "  … and {} more", requests.len() - LISTED);
        }
        Some(text)
    }
}

impl Drop for Expectation {
    fn drop(&mut self) {
        // A test that fails already has its reason; a second panic would abort the process.
        if !thread::panicking() {
            self.check();
        }
    }
}
