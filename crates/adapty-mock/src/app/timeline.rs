//! The future of one profile, played without touching it: each change of access, with its reason.

use std::{collections::BTreeMap, fmt};

use adapty_model::{Identity, Profile, ProfileResponse, time::OffsetDateTime};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::{clock::ClockError, profile::StoredProfile, state::State};
use crate::dates;

/// How many changes a timeline tells, and how often something may happen to the profile in it.
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
    /// The future of a profile until an instant, of which nothing is played yet.
    pub(crate) fn timeline(
        &self,
        identity: &Identity,
        until: OffsetDateTime,
    ) -> Result<Timeline, TimelineError> {
        let stored = self.profiles().get(identity).ok_or(TimelineError::NoProfile)?;
        let mut future = Self::empty(&self.budget, &self.ids);
        future.copy_profile(stored);
        let copied = future.copy_subscriptions(self, stored);
        copied.map_err(|over| ClockError::NoRoom(over.to_string()))?;
        future.set_clock(self.now())?;
        let identity = identity.clone();
        Ok(Timeline {
            future,
            identity,
            until,
            played: 0,
            known: BTreeMap::new(),
            told: Vec::new(),
        })
    }
}

/// A profile's future, played step by step: it holds nothing of the app.
pub(crate) struct Timeline {
    /// A state of the one profile and its subscriptions alone.
    future: State,
    identity: Identity,
    until: OffsetDateTime,
    /// How often something happened to the profile.
    played: usize,
    /// What was told last of each level: whether there is access, and why.
    known: BTreeMap<String, (bool, String)>,
    told: Vec<AccessChange>,
}

impl Timeline {
    /// Goes on until something happens to the profile next; says whether that was all.
    pub(crate) fn play(&mut self) -> Result<bool, TimelineError> {
        let now = self.future.now();
        let next = self.future.next_due().filter(|next| *next <= self.until);
        let stored = self.future.profiles().get(&self.identity).ok_or(TimelineError::NoProfile)?;
        // As long as nothing happens, the profile's answers change by its own dates alone.
        let levels = by_level(read(stored)?);
        let mut changes = Vec::new();
        for (id, profile) in &levels {
            changes.push((now, id, profile.access(id, now)));
            let by_date = profile.timeline(now).into_iter();
            let by_date = by_date.take_while(|change| {
                change.at <= self.until && next.is_none_or(|next| change.at < next)
            });
            changes.extend(by_date.map(|change| (change.at, id, change.access)));
        }
        // Stable: what changes at one instant stays in the order of the ids.
        changes.sort_by_key(|(at, ..)| *at);
        for (at, id, access) in changes {
            let answer = (access.is_granted(), access.to_string());
            if self.known.get(id) == Some(&answer) {
                continue;
            }
            if self.told.len() == LIMIT {
                return Err(TimelineError::TooManyChanges);
            }
            let (granted, reason) = answer.clone();
            self.known.insert(id.clone(), answer);
            self.told.push(AccessChange { at, access_level_id: id.clone(), granted, reason });
        }
        let Some(next) = next else { return Ok(true) };
        if self.played == LIMIT {
            return Err(TimelineError::TooManyChanges);
        }
        self.played += 1;
        self.future.set_clock(next)?;
        Ok(false)
    }

    /// What was played.
    pub(crate) fn told(self) -> Vec<AccessChange> {
        self.told
    }
}

fn read(stored: &StoredProfile) -> Result<Profile, TimelineError> {
    let read = ProfileResponse::from_json(&stored.written());
    read.map(|response| response.data).map_err(|error| TimelineError::Unreadable(error.to_string()))
}

/// A profile taken apart: for each access level one that has no rows but those of it.
fn by_level(profile: Profile) -> BTreeMap<String, Profile> {
    let mut levels = BTreeMap::new();
    for row in profile.access_levels {
        let of_level = levels.entry(row.access_level_id.clone());
        of_level.or_insert_with(|| Profile::new(Uuid::nil())).access_levels.push(row);
    }
    levels
}

fn as_text<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&dates::write(*at))
}
