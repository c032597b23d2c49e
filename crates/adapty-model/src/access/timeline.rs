//! What becomes of a profile's access as time passes, told beforehand.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use time::OffsetDateTime;

use super::policy::Policy;
use super::reasons::{Access, Readable};
use super::under_policy::UnderPolicy;
use crate::profile::{AccessLevel, Profile};

/// One change of what a profile answers: at this instant, and until the next change of the same level, the
/// level's answer is this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Change<'p> {
    /// When the answer changes; the new one holds at this very instant.
    pub at: OffsetDateTime,
    /// The answer from then on, and its reason.
    pub access: Access<'p, 'p>,
}

/// `2025-01-10 11:34:40 UTC premium: denied, expired 2025-01-10 11:34:40 UTC`.
impl fmt::Display for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Readable(self.at), self.access)
    }
}

impl Profile {
    /// Every change of access after an instant, by dates only, as far as this profile's dates go.
    ///
    /// In order of time; what changes at one instant in the order of the levels' ids. A change is of the
    /// reason or of the row that decides too, not only of whether access is granted. What is so at `from`
    /// itself is no change: ask [`access`](Self::access). Empty for a profile whose answers stay.
    ///
    /// ```
    /// # use adapty_model::{AccessLevel, Profile, time::{Duration, OffsetDateTime}};
    /// # let mut profile = Profile::new(adapty_model::uuid::Uuid::nil());
    /// # let now = OffsetDateTime::UNIX_EPOCH;
    /// let mut trial = AccessLevel::new("premium", now + Duration::days(7));
    /// trial.starts_at = Some(now + Duration::DAY);
    /// profile.access_levels.push(trial);
    ///
    /// let told: Vec<String> = profile.timeline(now).iter().map(ToString::to_string).collect();
    /// assert_eq!(told, [
    ///     "1970-01-02 00:00:00 UTC premium: granted until 1970-01-08 00:00:00 UTC",
    ///     "1970-01-08 00:00:00 UTC premium: denied, expired 1970-01-08 00:00:00 UTC",
    /// ]);
    /// ```
    #[must_use]
    pub fn timeline(&self, from: impl Into<OffsetDateTime>) -> Vec<Change<'_>> {
        self.under(Policy::DatesOnly).timeline(from)
    }
}

impl<'p> UnderPolicy<'p> {
    /// Every change of access after an instant, as [`Profile::timeline`] tells it.
    #[must_use]
    pub fn timeline(self, from: impl Into<OffsetDateTime>) -> Vec<Change<'p>> {
        let from = from.into();
        let sandbox = self.sandbox();
        let mut rows: BTreeMap<&'p str, Vec<&'p AccessLevel>> = BTreeMap::new();
        for level in self.levels() {
            rows.entry(&level.access_level_id).or_default().push(level);
        }
        let mut timeline = Vec::new();
        for (level_id, rows) in rows {
            let decide = |row: usize, at| {
                let level = rows[row];
                Ranked { access: self.decide(&sandbox, level, level_id, at), row }
            };
            // What each row says, the one that decides last; at an instant only the rows that change by then are
            // asked again.
            let mut said: Vec<Ranked<'p>> = (0..rows.len()).map(|row| decide(row, from)).collect();
            let mut ranked: BTreeSet<Ranked<'p>> = said.iter().copied().collect();
            let counted = rows.iter().enumerate().filter(|(_, level)| !sandbox.has(level));
            let mut instants: Vec<(OffsetDateTime, usize)> = counted
                .flat_map(|(row, level)| self.changes(level).map(move |at| (at, row)))
                .filter(|(at, _)| *at > from)
                .collect();
            instants.sort_unstable();
            let mut before = ranked.last().copied();
            for changed in instants.chunk_by(|one, other| one.0 == other.0) {
                for (at, row) in changed {
                    let after = decide(*row, *at);
                    ranked.remove(&std::mem::replace(&mut said[*row], after));
                    ranked.insert(after);
                }
                let after = ranked.last().copied();
                if after.map(|after| after.access) != before.map(|before| before.access) {
                    let at = changed[0].0;
                    timeline.extend(after.map(|after| Change { at, access: after.access }));
                }
                before = after;
            }
        }
        // Stable: what changes at one instant stays in the order of the ids.
        timeline.sort_by_key(|change| change.at);
        timeline
    }
}

/// What one row says, in the order of how much it counts.
#[derive(Clone, Copy)]
struct Ranked<'p> {
    access: Access<'p, 'p>,
    row: usize,
}

impl Ord for Ranked<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.access.compare(&other.access).then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Ranked<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked<'_> {}
