//! The table of the profiles of which events tell when a date passes: what was last told of each, and when the
//! next date is.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use adapty_model::{Identity, time::OffsetDateTime};

use crate::budget::Reservation;

/// What it takes of the budget to watch a profile, beside its ids.
pub(super) const OVERHEAD: usize = 256;

/// The profiles that are watched.
#[derive(Debug, Default)]
pub(super) struct WatchedProfiles {
    pub(super) by_identity: HashMap<Identity, Watched>,
    /// When a date of which profile passes next; those of one instant in the order in which they were noted.
    pub(super) due: BTreeMap<(OffsetDateTime, u64), Identity>,
    noted: u64,
    /// While the clock is set, nothing is told of dates that are then counted anew.
    pub(super) is_clock_being_set: bool,
}

/// What was last told of a profile.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) due: Option<(OffsetDateTime, u64)>,
    /// Which levels there are, and whether each is active.
    pub(super) levels: BTreeMap<String, bool>,
    /// The chains of transactions whose period is not over.
    pub(super) running: BTreeSet<ChainId>,
    /// None where the budget is spent by others.
    pub(super) _room: Option<Reservation>,
}

/// What names a chain of transactions: two stores may have the same id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChainId {
    pub(super) store: String,
    /// The first transaction of the chain.
    pub(super) original: String,
}

impl WatchedProfiles {
    /// When a date passes next.
    pub(super) fn next(&self) -> Option<OffsetDateTime> {
        self.due.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_identity.is_empty()
    }

    pub(super) fn forget(&mut self, identity: &Identity) {
        if let Some(due) = self.by_identity.remove(identity).and_then(|watched| watched.due) {
            self.due.remove(&due);
        }
    }

    /// Notes when the next date of a profile passes.
    pub(super) fn note(
        &mut self,
        at: OffsetDateTime,
        identity: &Identity,
    ) -> (OffsetDateTime, u64) {
        self.noted += 1;
        let due = (at, self.noted);
        self.due.insert(due, identity.clone());
        due
    }

    /// Notes that an event told of a level.
    pub(super) fn told(&mut self, identity: &Identity, level: &str, is_active: bool) {
        if let Some(watched) = self.by_identity.get_mut(identity) {
            watched.levels.insert(level.to_owned(), is_active);
        }
    }

    /// Takes the first date off that passes; whose it is.
    pub(super) fn take_first(&mut self) -> Option<Identity> {
        let (_, identity) = self.due.pop_first()?;
        if let Some(watched) = self.by_identity.get_mut(&identity) {
            watched.due = None;
        }
        Some(identity)
    }
}
