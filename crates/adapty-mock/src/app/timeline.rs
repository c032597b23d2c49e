//! The future of one profile, played without touching it: each change of access, with its reason.

use std::{collections::BTreeMap, fmt, sync::Arc};

use adapty_model::{Identity, Profile, ProfileResponse, time::OffsetDateTime};
use serde::{Serialize, Serializer};

use super::{clock::ClockError, profile::StoredProfile, state::State};
use crate::dates;

/// How many changes a timeline tells.
const LIMIT: usize = 10_000;

/// One change of a customer's access.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AccessChange {
    /// When it changes; the first of each level is how it is now.
    #[serde(serialize_with = "as_text")]
    pub at: OffsetDateTime,
    /// The access level.
    pub access_level_id: String,
    /// Whether there is access from then on.
    pub granted: bool,
    /// Why, in words, as the model's decision says it.
    pub reason: String,
}

/// Why a future is not told.
#[derive(Debug)]
pub(crate) enum TimelineError {
    NoProfile,
    /// Its body is none, in words.
    Unreadable(String),
    TooManyChanges,
    /// The clock of the future does not go on.
    Clock(ClockError),
}

impl fmt::Display for TimelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProfile => f.write_str("no profile of this app has this id"),
            Self::Unreadable(what) => write!(f, "the profile cannot be read: {what}"),
            Self::TooManyChanges => {
                write!(f, "there are more than {LIMIT} changes; ask for less time")
            }
            Self::Clock(error) => error.fmt(f),
        }
    }
}

impl From<ClockError> for TimelineError {
    fn from(error: ClockError) -> Self {
        Self::Clock(error)
    }
}

impl State {
    /// Each change of a profile's access until an instant.
    pub(crate) fn timeline(
        &self,
        identity: &Identity,
        until: OffsetDateTime,
    ) -> Result<Vec<AccessChange>, TimelineError> {
        let stored = self.profiles().get(identity).ok_or(TimelineError::NoProfile)?;
        let mut now = self.now();
        let mut future = self.future_of(stored, now)?;
        let mut known = BTreeMap::new();
        let mut changes = Vec::new();
        loop {
            let profile = read(future.profiles().get(identity).ok_or(TimelineError::NoProfile)?)?;
            for (access_level_id, (granted, reason)) in answers(&profile, now) {
                let answer = (granted, reason.clone());
                if known.insert(access_level_id.clone(), answer.clone()) == Some(answer) {
                    continue;
                }
                if changes.len() == LIMIT {
                    return Err(TimelineError::TooManyChanges);
                }
                changes.push(AccessChange { at: now, access_level_id, granted, reason });
            }
            let next = [future.next_due(), profile.next_change(now)].into_iter().flatten().min();
            match next.filter(|next| *next <= until) {
                Some(next) => now = next,
                None => return Ok(changes),
            }
            future.set_clock(now)?;
        }
    }

    /// A state of one profile and its subscriptions alone, whose clock stands at this instant.
    fn future_of(
        &self,
        stored: &Arc<StoredProfile>,
        now: OffsetDateTime,
    ) -> Result<Self, ClockError> {
        let mut future = Self::empty(&self.budget, &self.ids);
        future.copy_profile(stored);
        let copied = future.copy_subscriptions(self, stored);
        copied.map_err(|over| ClockError::NoRoom(over.to_string()))?;
        future.set_clock(now)?;
        Ok(future)
    }
}

fn read(stored: &StoredProfile) -> Result<Profile, TimelineError> {
    let read = ProfileResponse::from_json(&stored.written());
    read.map(|response| response.data).map_err(|error| TimelineError::Unreadable(error.to_string()))
}

/// Whether there is access to each level of a profile, and why.
fn answers(profile: &Profile, at: OffsetDateTime) -> BTreeMap<String, (bool, String)> {
    let levels = profile.access_levels.iter().map(|level| &level.access_level_id);
    let answer = |id: &String| {
        let access = profile.access(id, at);
        (id.clone(), (access.is_granted(), access.to_string()))
    };
    levels.map(answer).collect()
}

fn as_text<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&dates::write(*at))
}
