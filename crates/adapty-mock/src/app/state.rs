//! What an app holds. It changes only through the commands here and beside, each whole or not at all,
//! under the one lock of [`App`](super::App).

use std::{collections::HashSet, sync::Arc};

use adapty_model::{Identity, time::OffsetDateTime};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{
    clock::Clock,
    currencies::Currencies,
    failures::Failures,
    listeners::Listening,
    other_keys::OtherKeys,
    outbox::{Endpoint, Outbox},
    paywalls::Paywalls,
    private_data::PrivateData,
    profile::{StoredProfile, Unchangeable},
    profiles::{Profiles, Table, TwoProfiles},
    put::Put,
    rate_limit::{RateLimiter, TooManyRequests},
    settings::{PREMIUM, Settings},
    store_tokens::{ImportedPurchase, PaddleErrors, PaddleToken, Tokens},
    subscription_table::Subscriptions,
    unserved::Unserved,
    waiters::Waiters,
    watched_profiles::WatchedProfiles,
};
use crate::{
    budget::{Budget, NotKept, OverBudget, Reservation},
    editions::{Edition, WireFormat},
    faults::FaultPlans,
    identity::RequestedIdentity,
    journal::{Exchange, Filter, Journal},
    raw_json::Object,
    rng::RandomIds,
};

/// What every app of a server starts with, and what a reset returns to.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(crate) profiles: Arc<Table>,
    /// What all apps of the server may keep together.
    pub(crate) budget: Arc<Budget>,
    /// What their journals may keep, so that nothing is ever refused for a journal's sake.
    pub(crate) journal_budget: Arc<Budget>,
    pub(crate) edition: Edition,
    pub(crate) journal_limit: usize,
    pub(crate) settings: Arc<Settings>,
    /// Where every app sends its events.
    pub(crate) webhook: Option<Endpoint>,
    /// What the ids of profiles, purchases and events are drawn from.
    pub(crate) ids: Arc<RandomIds>,
    /// Notified when an app has an event to deliver.
    pub(crate) deliveries_wanted: Arc<Notify>,
    /// What failed inside the server, for whoever checks an expectation.
    pub(crate) failures: Failures,
    /// What came under keys that no test named.
    pub(crate) other_keys: OtherKeys,
    /// Who waits for the server's only thread.
    pub(crate) unserved: Unserved,
}

/// What one app holds.
pub(crate) struct State {
    pub(super) clock: Clock,
    pub(super) budget: Arc<Budget>,
    profiles: Profiles,
    pub(super) subscriptions: Subscriptions,
    pub(super) watched: WatchedProfiles,
    pub(crate) outbox: Outbox,
    /// What ids are drawn from, that of the server: one who hears of several apps takes no two for one.
    pub(super) ids: Arc<RandomIds>,
    /// Counts the commands that changed something.
    changes: u64,
    last_timestamp: i64,
    edition: Edition,
    /// How many answers were given under this edition.
    answered: u64,
    settings: Arc<Settings>,
    /// The room of settings that were set; what every app starts with takes none.
    settings_room: Reservation,
    rate_limiter: Option<RateLimiter>,
    pub(crate) paywalls: Paywalls,
    pub(crate) currencies: Currencies,
    pub(crate) stripe_tokens: Tokens<ImportedPurchase>,
    pub(crate) paddle_tokens: Tokens<PaddleToken>,
    pub(crate) paddle_errors: PaddleErrors,
    pub(crate) faults: FaultPlans,
    pub(super) journal: Journal,
    pub(super) waiters: Waiters,
}

impl State {
    pub(super) fn new(defaults: &Defaults) -> Self {
        let mut state = Self {
            profiles: Profiles::new(Arc::clone(&defaults.profiles), &defaults.budget),
            edition: defaults.edition,
            settings: Arc::clone(&defaults.settings),
            rate_limiter: defaults
                .settings
                .rate_limit
                .map(|limit| RateLimiter::new(limit, OffsetDateTime::now_utc())),
            journal: Journal::new(defaults.journal_limit, &defaults.journal_budget),
            outbox: Outbox::to(defaults.webhook.as_ref(), &defaults.budget),
            ..Self::empty(&defaults.budget, &defaults.ids)
        };
        state.watch_all();
        state
    }

    /// An app without profiles and a journal, all else as by default.
    pub(super) fn empty(budget: &Arc<Budget>, ids: &Arc<RandomIds>) -> Self {
        Self {
            clock: Clock::Real,
            budget: Arc::clone(budget),
            profiles: Profiles::new(Arc::default(), budget),
            subscriptions: Subscriptions::default(),
            watched: WatchedProfiles::default(),
            outbox: Outbox::new(budget),
            ids: Arc::clone(ids),
            changes: 0,
            last_timestamp: 0,
            edition: Edition::default(),
            answered: 0,
            settings: Arc::default(),
            settings_room: budget.reserve(0).expect("nothing fits into every budget"),
            rate_limiter: None,
            paywalls: Paywalls::new(budget),
            currencies: Currencies::new(budget),
            stripe_tokens: Tokens::new(budget),
            paddle_tokens: Tokens::new(budget),
            paddle_errors: PaddleErrors::default(),
            faults: FaultPlans::new(budget),
            journal: Journal::new(0, budget),
            waiters: Waiters::default(),
        }
    }

    /// Returns to the defaults; the numbers of the journal and of deliveries go on, so that none stands for
    /// two. Who waits goes on waiting, and who listens to events listening.
    pub(super) fn reset(&mut self, defaults: &Defaults) {
        let mut journal =
            std::mem::replace(&mut self.journal, Journal::new(0, &defaults.journal_budget));
        journal.clear();
        let mut waiters = std::mem::take(&mut self.waiters);
        waiters.forget();
        let mut outbox = std::mem::replace(&mut self.outbox, Outbox::new(&defaults.budget));
        outbox.reset(defaults.webhook.as_ref());
        *self = Self { journal, waiters, outbox, ..Self::new(defaults) };
        self.watch_all();
    }

    /// What the server may keep.
    pub(crate) fn budget(&self) -> &Arc<Budget> {
        self.profiles.budget()
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
        if !self.waiters.is_empty() {
            self.waiters.tell(&exchange.request());
        }
        self.journal.record(exchange);
    }

    /// The requests so far.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Takes in one who waits for `count` requests; gives its number.
    pub(super) fn enter_waiter(&mut self, filter: Filter, count: usize) -> u64 {
        let came = self.journal.requests(0).filter(|request| filter.matches(request)).count();
        self.waiters.enter(filter, count, came)
    }
}

/// Where events go.
impl State {
    /// Sets where the events of an environment are sent, or that they are not.
    pub(crate) fn set_endpoint(&mut self, is_sandbox: bool, endpoint: Option<Endpoint>) {
        let was_open = self.outbox.is_open();
        self.outbox.set_endpoint(is_sandbox, endpoint);
        self.watch_from_now_on(was_open);
    }

    /// Every event to come, for one who listens.
    pub(crate) fn listen(&mut self) -> Listening {
        let was_open = self.outbox.is_open();
        let listening = self.outbox.listen();
        self.watch_from_now_on(was_open);
        listening
    }

    fn watch_from_now_on(&mut self, was_open: bool) {
        if self.outbox.is_open() != was_open {
            self.watch_all();
        }
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
    pub(crate) fn put_profiles(&mut self, stored: Vec<StoredProfile>) -> Result<Put, NotKept> {
        let replaced = self.all_identities(stored.iter().flat_map(StoredProfile::identities));
        let put = self.profiles.put_all(stored)?;
        self.forget_all_of(&replaced);
        self.changes += 1;
        for stored in &put {
            // A later one of the list may have taken its place.
            let id = stored.identities().last();
            let known = id.and_then(|id| self.profiles.get(&id));
            if known.is_some_and(|known| Arc::ptr_eq(known, stored)) {
                self.watch(stored);
            }
        }
        Ok(Put::of(put.iter().map(|stored| |named| stored.put(named))))
    }

    /// Changes the body of a profile by a JSON Merge Patch; `None` where there is no such profile.
    pub(crate) fn patch_profile(
        &mut self,
        identity: &Identity,
        patch: &[u8],
    ) -> Result<Option<Put>, NotKept> {
        let Some(stored) = self.profiles.get(identity) else { return Ok(None) };
        let patched = self.profiles.replace(stored.patched(patch, self.now())?)?;
        self.changes += 1;
        self.watch(&patched);
        Ok(Some(Put::of(std::iter::once(|named| patched.put(named)))))
    }

    /// Adds a profile that is new, in the place of any that shares one of its ids.
    pub(super) fn put_new(
        &mut self,
        stored: StoredProfile,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let replaced = self.all_identities(stored.identities());
        let put = self.profiles.put_all(vec![stored])?.remove(0);
        self.forget_all_of(&replaced);
        self.changes += 1;
        self.watch(&put);
        Ok(put)
    }

    /// Takes a profile away; says whether there was one.
    pub(crate) fn delete_profile(&mut self, identity: &Identity) -> Result<bool, OverBudget> {
        let known = self.all_identities([identity.clone()].into_iter());
        let deleted = self.profiles.remove(identity)?;
        self.forget_all_of(&known);
        self.changes += u64::from(deleted);
        Ok(deleted)
    }

    /// Takes every profile away.
    pub(crate) fn delete_profiles(&mut self) {
        self.profiles.clear();
        self.subscriptions.clear();
        self.watched = WatchedProfiles::default();
        self.changes += 1;
    }

    /// All identities of the profiles that are known by any of these and may have bought something, or are watched.
    fn all_identities(&self, any: impl Iterator<Item = Identity>) -> HashSet<Identity> {
        if self.subscriptions.is_empty() && self.watched.is_empty() {
            return HashSet::new();
        }
        let known = any.filter_map(|identity| self.profiles.get(&identity));
        known.flat_map(|known| known.identities()).collect()
    }

    /// Forgets what profiles that are gone had bought, and what was told of them.
    fn forget_all_of(&mut self, identities: &HashSet<Identity>) {
        self.subscriptions.remove_all_of(identities);
        identities.iter().for_each(|identity| self.watched.forget(identity));
    }

    /// Puts profiles whose dates are counted anew in the place of what they were, and watches them as they now are.
    pub(super) fn put_counted(&mut self, counted: Vec<StoredProfile>) {
        let put = self.profiles.put_counted(counted);
        put.iter().for_each(|stored| self.watch(stored));
    }

    /// Takes in a profile of another state.
    pub(super) fn copy_profile(&mut self, stored: &Arc<StoredProfile>) {
        self.profiles.copy(stored);
    }

    /// Changes the `data` of a profile's body, whole or not at all. Its `timestamp`, if it has one, is
    /// that of the change.
    pub(super) fn change_profile(
        &mut self,
        stored: &StoredProfile,
        change: impl Fn(&mut Object<'_>) -> Result<(), Unchangeable>,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        self.change_profile_and_private(stored, None, change)
    }

    /// The same, and what the app keeps of the customer beside the body, both or neither.
    pub(super) fn change_profile_and_private(
        &mut self,
        stored: &StoredProfile,
        private: Option<PrivateData>,
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
        let changed = match private {
            Some(private) => changed.with_private(private),
            None => changed,
        };
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

    /// The time of a change in Unix milliseconds, later than that of every change before.
    pub(super) fn next_timestamp(&mut self) -> i64 {
        let now = self.now().unix_timestamp_nanos() / 1_000_000;
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        self.last_timestamp = now.max(self.last_timestamp.saturating_add(1));
        self.last_timestamp
    }
}

/// Time.
impl State {
    /// The app's time.
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Whether the clock stands still.
    pub(crate) fn is_clock_set(&self) -> bool {
        matches!(self.clock, Clock::Set(_))
    }

    /// Lets happen what has come due since the last look, on the machine's clock. While the clock is set this does
    /// nothing: what is due happens as it moves, and what there was no room for waits for its next move.
    pub(super) fn catch_up(&mut self) {
        if !self.is_clock_set() && self.next_due().is_some() {
            // What there is no room for is left for the next look.
            let _left = self.run_due(self.now(), usize::MAX);
        }
    }

    /// Runs commands as of an instant.
    pub(super) fn at<T>(&mut self, at: OffsetDateTime, run: impl FnOnce(&mut Self) -> T) -> T {
        let clock = std::mem::replace(&mut self.clock, Clock::Set(at));
        let done = run(self);
        self.clock = clock;
        done
    }

    /// An id that no other command made, of this app or another.
    pub(super) fn next_uuid(&mut self) -> Uuid {
        self.ids.next()
    }

    /// Whether an event is to be delivered by now.
    pub(super) fn has_due_delivery(&self) -> bool {
        self.outbox.next_due_at().is_some_and(|at| at <= self.now())
    }

    /// When time alone brings about the next delivery, or an event to deliver; `None` where it does not, as where
    /// the clock stands.
    pub(super) fn next_by_itself(&self) -> Option<OffsetDateTime> {
        if self.is_clock_set() {
            return None;
        }
        let event = self.next_due().filter(|_| self.outbox.is_open());
        self.outbox.next_due_at().into_iter().chain(event).min()
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

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Changes the settings, all or none. A rate limit that stays the same goes on counting.
    pub(crate) fn set_settings(&mut self, settings: Settings) -> Result<(), NotKept> {
        settings.check()?;
        self.settings_room.resize(settings.size())?;
        if settings.rate_limit != self.settings.rate_limit {
            let now = self.now();
            self.rate_limiter = settings.rate_limit.map(|limit| RateLimiter::new(limit, now));
        }
        self.settings = Arc::new(settings);
        Ok(())
    }

    /// Whether the app has such an access level.
    pub(crate) fn has_access_level(&self, id: &str) -> bool {
        let has =
            |stored: &Arc<StoredProfile>| stored.access_level_ids().iter().any(|known| known == id);
        match &self.settings.access_levels {
            Some(levels) => levels.contains(id),
            None => id == PREMIUM || self.profiles.iter().any(has),
        }
    }

    /// Counts a request; an error is one too many.
    pub(crate) fn count_request(&mut self) -> Result<(), TooManyRequests> {
        match &mut self.rate_limiter {
            Some(limiter) => limiter.count(self.clock.now()),
            None => Ok(()),
        }
    }
}
