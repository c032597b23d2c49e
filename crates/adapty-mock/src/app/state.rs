//! What an app holds. It changes only through the commands here and beside, each whole or not at all,
//! under the one lock of [`App`](super::App).

use std::sync::Arc;

use adapty_model::{Identity, time::OffsetDateTime};
use uuid::Uuid;

use super::{
    clock::Clock,
    currencies::Currencies,
    failures::Failures,
    paywalls::Paywalls,
    private_data::PrivateData,
    profile::{StoredProfile, Unchangeable},
    profiles::{Profiles, Table, TwoProfiles},
    rate_limit::{RateLimit, RateLimiter, TooManyRequests},
    settings::MissingProfile,
    store_tokens::{ImportedPurchase, PaddleErrors, PaddleToken, Tokens},
};
use crate::{
    budget::{Budget, OverBudget},
    editions::{Edition, WireFormat},
    faults::FaultPlans,
    identity::RequestedIdentity,
    journal::{Exchange, Journal},
    raw_json::Object,
    rng::Rng,
};

/// What every app of a server starts with, and what a reset returns to.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(crate) profiles: Arc<Table>,
    /// What all apps of the server may keep together.
    pub(crate) budget: Arc<Budget>,
    pub(crate) edition: Edition,
    pub(crate) journal_limit: usize,
    pub(crate) redirects_missing_slash: bool,
    /// What failed inside the server, for whoever checks an expectation.
    pub(crate) failures: Failures,
}

/// What one app holds.
pub(crate) struct State {
    clock: Clock,
    profiles: Profiles,
    /// Random numbers that are the same in every app: what ids are made of.
    ids: Rng,
    /// Counts the commands that changed something.
    changes: u64,
    last_timestamp: i64,
    edition: Edition,
    /// How many answers were given under this edition.
    answered: u64,
    pub(crate) missing_profile: MissingProfile,
    pub(crate) redirects_missing_slash: bool,
    rate_limiter: Option<RateLimiter>,
    pub(crate) paywalls: Paywalls,
    pub(crate) currencies: Currencies,
    pub(crate) stripe_tokens: Tokens<ImportedPurchase>,
    pub(crate) paddle_tokens: Tokens<PaddleToken>,
    pub(crate) paddle_errors: PaddleErrors,
    pub(crate) faults: FaultPlans,
    pub(crate) journal: Journal,
}

impl State {
    pub(super) fn new(defaults: &Defaults) -> Self {
        Self {
            clock: Clock,
            profiles: Profiles::new(Arc::clone(&defaults.profiles), &defaults.budget),
            ids: Rng::new(0),
            changes: 0,
            last_timestamp: 0,
            edition: defaults.edition,
            answered: 0,
            missing_profile: MissingProfile::default(),
            redirects_missing_slash: defaults.redirects_missing_slash,
            rate_limiter: None,
            paywalls: Paywalls::new(&defaults.budget),
            currencies: Currencies::new(),
            stripe_tokens: Tokens::new(&defaults.budget),
            paddle_tokens: Tokens::new(&defaults.budget),
            paddle_errors: PaddleErrors::default(),
            faults: FaultPlans::default(),
            journal: Journal::new(defaults.journal_limit),
        }
    }

    /// Returns to the defaults; the journal's numbers go on.
    pub(super) fn reset(&mut self, defaults: &Defaults) {
        let mut journal = std::mem::replace(&mut self.journal, Journal::new(0));
        journal.clear();
        *self = Self { journal, ..Self::new(defaults) };
    }

    /// Notes that a command has changed something.
    pub(super) fn count_change(&mut self) {
        self.changes += 1;
    }

    /// How many commands have changed something so far.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Records a request and its response.
    pub(crate) fn record(&mut self, exchange: Exchange<'_>) {
        self.journal.record(exchange);
    }
}

/// Profiles.
impl State {
    pub(crate) fn profiles(&self) -> &Profiles {
        &self.profiles
    }

    /// Whom the headers name; an error when they name two.
    pub(crate) fn find_profile(
        &self,
        requested: &RequestedIdentity<'_>,
    ) -> Result<Option<Arc<StoredProfile>>, TwoProfiles> {
        self.profiles.find(requested).map(Option::<&Arc<_>>::cloned)
    }

    /// Adds all of the profiles or none, each in the place of any that shares one of its ids.
    pub(crate) fn put_profiles(&mut self, stored: Vec<StoredProfile>) -> Result<(), String> {
        self.profiles.put_all(stored)?;
        self.changes += 1;
        Ok(())
    }

    /// Takes a profile away; says whether there was one.
    pub(crate) fn delete_profile(&mut self, identity: &Identity) -> Result<bool, OverBudget> {
        let deleted = self.profiles.remove(identity)?;
        self.changes += u64::from(deleted);
        Ok(deleted)
    }

    /// Takes every profile away.
    pub(crate) fn delete_profiles(&mut self) {
        self.profiles.clear();
        self.changes += 1;
    }

    /// Changes the `data` of a profile's body, whole or not at all. Its `timestamp`, if it has one, is
    /// that of the change.
    pub(super) fn change_profile(
        &mut self,
        stored: &StoredProfile,
        change: impl Fn(&mut Object<'_>) -> Result<(), Unchangeable>,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let timestamp = self.next_timestamp();
        let changed = stored.changed(|data| {
            change(data)?;
            if data.get("timestamp").is_some() {
                data.put("timestamp", &timestamp);
            }
            Ok(())
        })?;
        let changed = self.profiles.replace(changed)?;
        self.changes += 1;
        Ok(changed)
    }

    /// Changes what the app keeps of a customer beside the profile's body.
    pub(super) fn change_private(
        &mut self,
        stored: &StoredProfile,
        change: impl FnOnce(&mut PrivateData),
    ) -> Result<Arc<StoredProfile>, OverBudget> {
        let mut private = PrivateData::clone(&stored.private);
        change(&mut private);
        let changed = self.profiles.replace(stored.with_private(private))?;
        self.changes += 1;
        Ok(changed)
    }

    /// The app's time.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// An id that no other command of the app made.
    pub(super) fn next_uuid(&mut self) -> Uuid {
        let random = u128::from(self.ids.number()) << 64 | u128::from(self.ids.number());
        uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid()
    }

    /// The time of a change in Unix milliseconds, later than that of every change before.
    pub(super) fn next_timestamp(&mut self) -> i64 {
        let now = self.now().unix_timestamp_nanos() / 1_000_000;
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        self.last_timestamp = now.max(self.last_timestamp.saturating_add(1));
        self.last_timestamp
    }
}

/// Editions and limits.
impl State {
    pub(crate) fn edition(&self) -> Edition {
        self.edition
    }

    pub(crate) fn set_edition(&mut self, edition: Edition) {
        self.edition = edition;
        self.answered = 0;
    }

    /// The wire format of the next answer; `None` is as written.
    pub(crate) fn next_wire_format(&mut self) -> Option<WireFormat> {
        let format = self.edition.wire_format(self.answered);
        self.answered += 1;
        format
    }

    pub(crate) fn set_rate_limit(&mut self, limit: Option<RateLimit>) {
        self.rate_limiter = limit.map(RateLimiter::new);
    }

    /// Counts a request; an error is one too many.
    pub(crate) fn count_request(&mut self) -> Result<(), TooManyRequests> {
        self.rate_limiter.as_mut().map_or(Ok(()), RateLimiter::count)
    }
}
