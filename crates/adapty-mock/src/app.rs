//! An app: what one API key sees. It is a small database, whose state changes only by commands.

pub(crate) mod apps;
pub(crate) mod server_state;
pub(crate) mod state;
pub(crate) mod create_profile;
pub(crate) mod update_profile;
pub(crate) mod grant_access_level;
pub(crate) mod lifecycle;
pub(crate) mod timeline;
pub(crate) mod customers;
pub(crate) mod subscriptions;
pub(crate) mod subscription_table;
pub(crate) mod subscription;
mod send_events;
pub(crate) mod outbox;
pub(crate) mod listeners;
pub(crate) mod event;
pub(crate) mod revoke_access_level;
pub(crate) mod set_transaction;
mod family_sharing;
mod transaction_rows;
pub(crate) mod transaction;
pub(crate) mod purchases;
pub(crate) mod currency_code;
mod watched_profiles;
mod date_changes;
mod set_refund_saver_settings;
mod set_integration_identifiers;
mod update_paywall;
mod create_virtual_currency_transaction;
pub(crate) mod import_purchase;
pub(crate) mod store_tokens;
pub(crate) mod paywalls;
pub(crate) mod currencies;
pub(crate) mod wallet;
pub(crate) mod currency_transaction;
pub(crate) mod refund_saver;
pub(crate) mod integration_identifiers;
pub(crate) mod clock_move;
pub(crate) mod clock;
pub(crate) mod profiles;
pub(crate) mod profile;
pub(crate) mod private_data;
pub(crate) mod put;
pub(crate) mod settings;
pub(crate) mod rate_limit;
pub(crate) mod failures;
pub(crate) mod other_keys;
pub(crate) mod unserved;
pub(crate) mod waiters;

use std::{
    fmt,
    future::poll_fn,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use adapty_model::{Identity, Profile};
use bytes::Bytes;
use tokio::{
    sync::{Notify, futures::Notified},
    time::timeout,
};

use self::{
    other_keys::OtherKeyCounts,
    profile::StoredProfile,
    put::Put,
    rate_limit::RateLimit,
    settings::{MissingProfile, Settings},
    state::{Defaults, State},
};
use crate::{
    blocking::block_on,
    budget::NotKept,
    editions::Edition,
    faults::{Plan, PlanLeft},
    journal::{Filter, Request},
};

/// One app of a server, as its API keys see it.
///
/// Cheap to clone; all clones are the one app.
#[derive(Clone)]
pub struct App(Arc<AppInner>);

struct AppInner {
    defaults: Arc<Defaults>,
    /// Its place among the apps of the server in the order of first use, from 1.
    number: u64,
    /// Changed under the lock of the state alone.
    is_named: AtomicBool,
    /// What its first key has behind a named one and a dot.
    key_suffix: Option<Box<str>>,
    state: Mutex<State>,
    /// Held by whoever delivers the app's events.
    delivering: tokio::sync::Mutex<()>,
    /// Notified at each reset.
    resets: Notify,
}

impl App {
    /// Adds a typed profile, in the place of any that shares one of its ids.
    ///
    /// What it leaves open is filled to what the newest documents always show, dates by the app's time;
    /// they have six digits of a second at most.
    ///
    /// # Panics
    ///
    /// - When it cannot be written: a revenue that is not finite, a date beyond the year 9999.
    /// - When the app holds 100 000 profiles, or the server all the bytes it may.
    #[track_caller]
    pub fn put_profile(&self, profile: Profile) {
        let stored = StoredProfile::typed(profile, self.now());
        self.put(stored.map(|stored| vec![stored]).map_err(NotKept::from));
    }

    /// Adds a profile as JSON, or a list of them, all or none; `data.profile_id` and
    /// `data.customer_user_id` of each say who it is.
    ///
    /// What reads as a profile is served in the form of the app's edition, which under
    /// [`Edition::AsWritten`] are its own bytes. The answer says which happened, and what a strict
    /// client would miss.
    ///
    /// # Panics
    ///
    /// - When it is not JSON with one of the two ids; [`App::put_body`] takes any bytes.
    /// - When the app holds 100 000 profiles, or the server all the bytes it may.
    #[track_caller]
    pub fn put_json(&self, body: impl Into<Bytes>) -> Put {
        self.put(StoredProfile::read_all(&body.into(), false, self.now(), None))
    }

    /// As [`App::put_json`], and served byte for byte as given under every edition.
    ///
    /// # Panics
    ///
    /// As [`App::put_json`].
    #[track_caller]
    pub fn put_json_as_given(&self, body: impl Into<Bytes>) -> Put {
        self.put(StoredProfile::read_all(&body.into(), true, self.now(), None))
    }

    /// Adds a body for those who ask for `identity`, JSON or not.
    ///
    /// What reads as a profile is served in the form of the app's edition, all else byte for byte as
    /// given.
    ///
    /// # Panics
    ///
    /// When the app holds 100 000 profiles, or the server all the bytes it may; when the customer's id is
    /// empty; when a date that is counted from the app's time cannot be, such as `"+P1X"`.
    #[track_caller]
    pub fn put_body(&self, identity: impl Into<Identity>, body: impl Into<Bytes>) -> Put {
        let given = StoredProfile::given_for(identity.into(), &body.into(), false, self.now());
        self.put(given.map(|stored| vec![stored]).map_err(NotKept::from))
    }

    /// As [`App::put_body`], and served byte for byte as given whatever it is.
    ///
    /// # Panics
    ///
    /// As [`App::put_body`].
    #[track_caller]
    pub fn put_body_as_given(&self, identity: impl Into<Identity>, body: impl Into<Bytes>) -> Put {
        let given = StoredProfile::given_for(identity.into(), &body.into(), true, self.now());
        self.put(given.map(|stored| vec![stored]).map_err(NotKept::from))
    }

    /// Changes some fields of a profile's body by a JSON Merge Patch (RFC 7396): `{"data":
    /// {"total_revenue_usd": 9.99}}`. `null` takes a field away, an array is replaced whole, and what the
    /// patch does not name stays as it was written.
    ///
    /// # Panics
    ///
    /// - When there is no such profile, or its body is no JSON object.
    /// - When the patch is no JSON object, is nested more than 32 deep, or changes one of the two ids; when a date
    ///   that is counted from the app's time cannot be.
    /// - When the server holds all the bytes it may.
    #[track_caller]
    pub fn patch_profile(&self, identity: impl Into<Identity>, patch: impl AsRef<[u8]>) -> Put {
        let patched = self.state().patch_profile(&identity.into(), patch.as_ref());
        match patched {
            Ok(Some(put)) => put,
            Ok(None) => panic!("no profile of this app has this id"),
            Err(what) => panic!("{what}"),
        }
    }

    /// The body that `identity` would get, as written; `None` where no such profile is.
    #[must_use]
    pub fn body(&self, identity: impl Into<Identity>) -> Option<Bytes> {
        self.state().profiles().get(&identity.into()).map(|stored| stored.written())
    }

    /// Takes a profile away; says whether there was one.
    ///
    /// # Panics
    ///
    /// When the server has no memory left to note that a profile which all apps share is gone.
    #[track_caller]
    pub fn remove_profile(&self, identity: impl Into<Identity>) -> bool {
        match self.state().delete_profile(&identity.into()) {
            Ok(removed) => removed,
            Err(over) => panic!("{over}"),
        }
    }

    /// Takes every profile away, the documents' examples too.
    pub fn remove_profiles(&self) {
        self.state().delete_profiles();
    }

    /// The documented form of the answers.
    #[must_use]
    pub fn edition(&self) -> Edition {
        self.state().edition()
    }

    /// Chooses the documented form of the answers.
    pub fn set_edition(&self, edition: Edition) {
        self.state().set_edition(edition);
    }

    /// How the app answers where the documents leave it open.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.state().settings().clone()
    }

    /// Chooses how the app answers where the documents leave it open, for the requests from now on.
    ///
    /// ```
    /// use adapty_mock::{ExistingProfile, MockServer};
    ///
    /// let server = MockServer::start_on_thread();
    /// let app = server.app("k");
    /// let mut settings = app.settings();
    /// settings.existing_profile = ExistingProfile::Refuse;
    /// settings.access_levels = Some(["premium".to_owned(), "vip".to_owned()].into());
    /// app.set_settings(settings);
    /// ```
    ///
    /// # Panics
    ///
    /// - When an access level or a product is an empty text, or a rate limit's window is shorter than 1 ms.
    /// - When the server holds all the bytes it may.
    #[track_caller]
    pub fn set_settings(&self, settings: Settings) {
        possible(self.state().set_settings(settings));
    }

    /// Chooses how a missing profile is answered: [`Settings::missing_profile`] alone.
    #[track_caller]
    pub fn set_missing_profile(&self, missing_profile: MissingProfile) {
        let mut state = self.state();
        let settings = Settings { missing_profile, ..state.settings().clone() };
        possible(state.set_settings(settings));
    }

    /// Limits how many requests are answered: [`Settings::rate_limit`] alone; `None` is no limit, as at
    /// first.
    ///
    /// One too many gets a 429 with the code `rate_limited`, and uses up no step of a fault plan.
    ///
    /// # Panics
    ///
    /// When the limit's window is shorter than 1 ms.
    #[track_caller]
    pub fn set_rate_limit(&self, limit: impl Into<Option<RateLimit>>) {
        let mut state = self.state();
        let settings = Settings { rate_limit: limit.into(), ..state.settings().clone() };
        possible(state.set_settings(settings));
    }

    /// Sets the fault plan of every request of the app, in the place of the one before.
    ///
    /// # Panics
    ///
    /// When there is no such operation, or a step cannot be done: a status outside 200 to 599, a header that is none, a
    /// `lower` above its `upper`, a count of 0. The message names the step.
    #[track_caller]
    pub fn put_faults(&self, plan: Plan) {
        let put = self.state().faults.put(None, plan);
        possible(put);
    }

    /// Sets the fault plan of those who ask for `identity`, in the place of the one before.
    ///
    /// It comes before the app's own plan, which does not move on while this one lasts. It
    /// applies to requests that name exactly this id, not to those that name the same profile by
    /// its other id.
    ///
    /// # Panics
    ///
    /// - As [`App::put_faults`].
    /// - When 10 000 identities of the app have plans.
    #[track_caller]
    pub fn put_faults_for(&self, identity: impl Into<Identity>, plan: Plan) {
        let put = self.state().faults.put(Some(identity.into()), plan);
        possible(put);
    }

    /// What is left of the app's own plan for every operation: the steps to come with their counts.
    #[must_use]
    pub fn faults_left(&self) -> Plan {
        of_every_operation(&self.state().faults.left(None))
    }

    /// What is left of the plan of `identity` for every operation.
    #[must_use]
    pub fn faults_left_for(&self, identity: impl Into<Identity>) -> Plan {
        of_every_operation(&self.state().faults.left(Some(&identity.into())))
    }

    /// Every plan of which something is left, those for one operation or path too, and whose it is; `None` is
    /// the app's own.
    #[must_use]
    pub fn fault_plans(&self) -> Vec<(Option<Identity>, Plan)> {
        let left = self.state().faults.all_left();
        left.into_iter().map(|(identity, left)| (identity, left.to_plan())).collect()
    }

    /// Takes the fault plans of `identity` away.
    pub fn clear_faults_for(&self, identity: impl Into<Identity>) {
        self.state().faults.remove(&identity.into());
    }

    /// Takes all fault plans away.
    pub fn clear_faults(&self) {
        self.state().faults.clear();
    }

    /// The requests in the journal, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.state().journal.requests(0).collect()
    }

    /// How many requests the journal dropped because it was full, or off.
    #[must_use]
    pub fn dropped_requests(&self) -> u64 {
        self.state().journal.dropped()
    }

    /// How many requests of the journal `filter` means.
    ///
    /// # Panics
    ///
    /// When there is no such method, operation or fault: no request could fit the filter.
    #[must_use]
    #[track_caller]
    pub fn count(&self, filter: &Filter) -> usize {
        possible(filter.check());
        self.state().journal.requests(0).filter(|request| filter.matches(request)).count()
    }

    /// Waits until `count` requests that `filter` means have come, those in the journal among them, at
    /// most for `limit`. Gives how many have come.
    ///
    /// # Panics
    ///
    /// As [`App::count`].
    pub async fn wait_for(&self, count: usize, filter: &Filter, limit: Duration) -> usize {
        possible(filter.check());
        let waiting = self.enter(count, filter);
        let _in_time = timeout(limit, waiting.enough()).await;
        waiting.leave()
    }

    /// [`App::wait_for`] for tests without a runtime: it blocks the thread.
    ///
    /// # Panics
    ///
    /// - As [`App::count`].
    /// - On the one thread that the server's task runs on, which could answer nobody then; a server made by
    ///   [`MockServer::start_on_thread`](crate::MockServer::start_on_thread) has a thread of its own.
    #[track_caller]
    pub fn wait_for_blocking(&self, count: usize, filter: &Filter, limit: Duration) -> usize {
        possible(filter.check());
        if let Some(advice) = self.0.defaults.unserved.while_blocking() {
            panic!("wait_for_blocking would never end: {advice}, or wait_for");
        }
        let waiting = self.enter(count, filter);
        // A limit beyond all clocks is none.
        let _in_time = block_on(waiting.enough(), Instant::now().checked_add(limit));
        waiting.leave()
    }

    /// Makes the app what it was at first, all of it at once: profiles with what is kept beside them,
    /// subscriptions and purchases, clock, edition, settings, what the rate limit counted, paywalls, virtual
    /// currencies, tokens of Stripe and Paddle, fault plans, journal, where events are sent, their deliveries and
    /// the faults of those; a delivery under way is broken off.
    ///
    /// What goes on: the numbers of requests and of deliveries, the [streams of events](App::events), and who waits
    /// for requests, whose count begins anew.
    pub fn reset(&self) {
        self.state().reset(&self.0.defaults);
        self.0.resets.notify_waiters();
    }

    /// Whether nobody has a handle on it, nor listens to its events; for who has the only one.
    fn is_forgotten(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && !self.state().outbox.is_open()
    }

    /// Whether a test named one of its keys: by the server's list of keys, by
    /// [`MockServer::app`](crate::MockServer::app), by an admin request, or as the beginning of this key
    /// up to a dot.
    ///
    /// An app that is not was made by requests alone, as a client with a wrong key makes one. The
    /// messages of expectations count those requests.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.0.is_named.load(Ordering::Relaxed)
    }

    /// What its key has behind the key of a test and a dot: `one-test` of `secret_live_x.one-test`, to tell
    /// apps apart without showing a key. `None` where its first key is no such one, or shows the other again.
    #[must_use]
    pub fn key_suffix(&self) -> Option<&str> {
        self.0.key_suffix.as_deref()
    }

    pub(crate) fn new(
        defaults: Arc<Defaults>,
        number: u64,
        is_named: bool,
        key_suffix: Option<&str>,
    ) -> Self {
        let state = Mutex::new(State::new(&defaults));
        let is_named = AtomicBool::new(is_named);
        let delivering = tokio::sync::Mutex::new(());
        let key_suffix = key_suffix.map(Box::from);
        let resets = Notify::new();
        Self(Arc::new(AppInner {
            defaults,
            number,
            is_named,
            key_suffix,
            state,
            delivering,
            resets,
        }))
    }

    /// Notes that a test named one of its keys.
    pub(crate) fn name(&self) {
        if !self.is_named() {
            let _state = self.state();
            self.0.is_named.store(true, Ordering::Relaxed);
            self.0.defaults.other_keys.name_app(self.0.number);
        }
    }

    pub(crate) fn number(&self) -> u64 {
        self.0.number
    }

    /// How many requests have come to this server under keys that no test named.
    pub(crate) fn other_keys(&self) -> OtherKeyCounts {
        self.0.defaults.other_keys.now()
    }

    /// How many more have come since then, in words.
    pub(crate) fn other_keys_since(&self, before: &OtherKeyCounts) -> Option<String> {
        self.0.defaults.other_keys.since(before)
    }

    /// What to say when a client waits for this thread, which is here.
    pub(crate) fn unserved(&self) -> Option<String> {
        self.0.defaults.unserved.message()
    }

    /// What failed inside the server, if anything.
    pub(crate) fn failures(&self) -> Option<String> {
        self.0.defaults.failures.message()
    }

    pub(crate) fn recorded(&self) -> u64 {
        self.state().journal.recorded()
    }

    /// The requests after number `after`, and how many of those are lost.
    pub(crate) fn requests_after(&self, after: u64) -> (Vec<Request>, u64) {
        let state = self.state();
        let lost = state.journal.oldest().saturating_sub(after + 1);
        (state.journal.requests(after).collect(), lost)
    }

    /// Runs commands on the state, which nobody sees before the last of them.
    pub(crate) fn command<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let before = state.next_by_itself();
        let done = run(&mut state);
        if state.has_due_delivery() || state.next_by_itself() != before {
            self.0.defaults.deliveries_wanted.notify_one();
        }
        done
    }

    /// Held by whoever delivers the app's events.
    pub(crate) fn delivering(&self) -> &tokio::sync::Mutex<()> {
        &self.0.delivering
    }

    /// Ends with the next reset from now on, be it waited for already or not.
    pub(crate) fn next_reset(&self) -> Notified<'_> {
        self.0.resets.notified()
    }

    /// Whether a delivery is due that nobody is at.
    pub(crate) fn has_due_delivery(&self) -> bool {
        self.0.delivering.try_lock().is_ok() && self.state().has_due_delivery()
    }

    /// How long it is by the machine's clock until a delivery is due that nobody is at, or something happens
    /// of which events tell; `None` where time alone brings none.
    pub(crate) fn next_delivery(&self) -> Option<Duration> {
        /// What stays undone though it is due, for want of room, is tried again after so long.
        const RETRY: Duration = Duration::from_millis(100);

        let _idle = self.0.delivering.try_lock().ok()?;
        let state = self.state();
        if state.has_due_delivery() {
            return Some(Duration::ZERO);
        }
        let left = state.next_by_itself()? - state.now();
        Some(Duration::try_from(left).unwrap_or(RETRY))
    }

    /// Answers one request: its commands, and its entry in the journal.
    pub(crate) fn answer<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        self.command(|state| {
            if !self.is_named() {
                self.0.defaults.other_keys.count_of_app(self.0.number);
            }
            run(state)
        })
    }

    fn enter(&self, count: usize, filter: &Filter) -> Waiting<'_> {
        Waiting { app: self, number: self.state().enter_waiter(filter.clone(), count) }
    }

    #[track_caller]
    fn put(&self, stored: Result<Vec<StoredProfile>, NotKept>) -> Put {
        let put = stored.and_then(|stored| self.state().put_profiles(stored));
        match put {
            Ok(put) => put,
            Err(what) => panic!("{what}"),
        }
    }

    /// The state as of now: what has come due since the last look has happened.
    fn state(&self) -> MutexGuard<'_, State> {
        // Each command is whole before anything can panic, so a poisoned state is a good one.
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.catch_up();
        state
    }
}

impl fmt::Debug for App {
    /// Neither key nor customer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("App")
            .field("edition", &state.edition())
            .field("recorded", &state.journal.recorded())
            .finish_non_exhaustive()
    }
}

/// One who waits for requests; when dropped, no longer.
struct Waiting<'a> {
    app: &'a App,
    number: u64,
}

impl Waiting<'_> {
    /// Ends when enough have come.
    async fn enough(&self) {
        poll_fn(|context| self.app.state().waiters.poll(self.number, context)).await;
    }

    /// Says how many came.
    fn leave(&self) -> usize {
        self.app.state().waiters.leave(self.number)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The plan for every operation among some, or one without steps.
fn of_every_operation(plans: &[PlanLeft]) -> Plan {
    let plan = plans.iter().find(|left| left.is_for_every_operation());
    plan.map(PlanLeft::to_plan).unwrap_or_default()
}

/// # Panics
///
/// With what is not possible, in words.
#[track_caller]
pub(crate) fn possible<T>(result: Result<T, impl fmt::Display>) {
    if let Err(what) = result {
        panic!("{what}");
    }
}
