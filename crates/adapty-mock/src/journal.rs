//! The journal: which requests came, and how each was answered.

mod request;
mod filter;
mod entry;
mod masking;

use std::{collections::VecDeque, fmt, sync::Arc};

pub(crate) use self::entry::Entry;
pub(crate) use self::entry::Exchange;
pub use self::filter::Filter;
pub use self::request::Request;
use crate::budget::Budget;

/// How many bytes the entries of one journal may hold together.
const BYTES_LIMIT: usize = 1024 * 1024;

/// The last requests of one app, at most so many and so large.
pub(crate) struct Journal {
    entries: VecDeque<Arc<Entry>>,
    budget: Arc<Budget>,
    limit: usize,
    bytes: usize,
    recorded: u64,
    dropped: u64,
}

impl Journal {
    /// An empty journal for `limit` requests; 0 keeps nothing.
    pub(crate) fn new(limit: usize, budget: &Arc<Budget>) -> Self {
        let budget = Arc::clone(budget);
        Self { entries: VecDeque::new(), budget, limit, bytes: 0, recorded: 0, dropped: 0 }
    }

    /// Whether it keeps nothing.
    pub(crate) fn is_off(&self) -> bool {
        self.limit == 0
    }

    /// Records a request. Where the server has no room for it, the oldest go; and where that is not
    /// enough, it is dropped itself: no request is refused for the journal's sake.
    pub(crate) fn record(&mut self, exchange: Exchange<'_>) {
        self.recorded += 1;
        if self.is_off() {
            self.dropped += 1;
            return;
        }
        let mut entry = Entry::new(self.recorded, exchange);
        while entry.reserve(&self.budget).is_err() {
            if self.entries.is_empty() {
                self.dropped += 1;
                return;
            }
            self.drop_oldest();
        }
        self.bytes += entry.size();
        while self.entries.len() >= self.limit
            || (self.bytes > BYTES_LIMIT && !self.entries.is_empty())
        {
            self.drop_oldest();
        }
        self.entries.push_back(Arc::new(entry));
    }

    /// Forgets everything; numbers go on where they were.
    pub(crate) fn clear(&mut self) {
        self.entries = VecDeque::new();
        self.bytes = 0;
        self.dropped = 0;
    }

    /// How many requests were ever recorded.
    pub(crate) fn recorded(&self) -> u64 {
        self.recorded
    }

    /// How many no longer are in it.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The number of the oldest request in it, or of the next to come.
    pub(crate) fn oldest(&self) -> u64 {
        self.entries.front().map_or(self.recorded + 1, |entry| entry.number)
    }

    /// The requests after number `after`, oldest first.
    pub(crate) fn requests(&self, after: u64) -> impl Iterator<Item = Request> + '_ {
        let after = self.entries.iter().filter(move |entry| entry.number > after);
        after.map(|entry| entry.request())
    }

    /// All of it, oldest first, as it is now.
    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        self.entries.iter().map(Arc::clone).collect()
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            self.bytes -= oldest.size();
            self.dropped += 1;
        }
    }
}

impl fmt::Debug for Journal {
    /// How many, and of nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("recorded", &self.recorded).finish_non_exhaustive()
    }
}
