//! An app: what one API key sees. It is a small database, whose state changes only by commands.

pub(crate) mod apps;
pub(crate) mod server_state;
pub(crate) mod state;
pub(crate) mod grant_access_level;
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
pub(crate) mod clock;
pub(crate) mod profiles;
pub(crate) mod profile;
pub(crate) mod private_data;
pub(crate) mod settings;
pub(crate) mod rate_limit;
pub(crate) mod failures;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use adapty_model::{Identity, Profile};
use bytes::Bytes;
use serde::Serialize;
use tokio::{sync::Notify, time::timeout};
use uuid::Uuid;

use self::{
    profile::StoredProfile,
    rate_limit::RateLimit,
    settings::MissingProfile,
    state::{Defaults, State},
};
use crate::{
    editions::Edition,
    faults::{FaultPlans, Plan},
    journal::{Filter, Request},
};

/// One app of a server, as its API keys see it.
///
/// Cheap to clone; all clones are the one app.
#[derive(Clone)]
pub struct App(Arc<AppInner>);

struct AppInner {
    defaults: Arc<Defaults>,
    state: Mutex<State>,
    /// Made by the first who waits; until then there is nobody to notify.
    recorded: OnceLock<Notify>,
}

impl App {
    /// Adds a typed profile, in the place of any that shares one of its ids.
    ///
    /// # Panics
    ///
    /// - When it cannot be written: a revenue that is not finite, a date beyond the year 9999.
    /// - When the app holds 100 000 profiles, or the server all the bytes it may.
    #[track_caller]
    pub fn put_profile(&self, profile: Profile) {
        possible(StoredProfile::typed(profile).and_then(|stored| self.put(stored)));
    }

    /// Adds a profile as JSON, served byte for byte as given; its `data.profile_id` and
    /// `data.customer_user_id` say who it is.
    ///
    /// # Panics
    ///
    /// - When it is not JSON with one of the two ids; [`App::put_body`] takes any bytes.
    /// - When the app holds 100 000 profiles, or the server all the bytes it may.
    #[track_caller]
    pub fn put_json(&self, body: impl Into<Bytes>) {
        possible(StoredProfile::given(body.into()).and_then(|stored| self.put(stored)));
    }

    /// Adds a body for those who ask for `identity`, served byte for byte as given, JSON or not.
    ///
    /// # Panics
    ///
    /// When the app holds 100 000 profiles, or the server all the bytes it may; when the customer's id is
    /// empty.
    #[track_caller]
    pub fn put_body(&self, identity: impl Into<Identity>, body: impl Into<Bytes>) {
        possible(self.put(StoredProfile::given_for(identity.into(), body.into())));
    }

    /// The body that `identity` would get, as written; `None` where no such profile is.
    #[must_use]
    pub fn body(&self, identity: impl Into<Identity>) -> Option<Bytes> {
        self.state().profiles().get(&identity.into()).map(|stored| stored.body(None))
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

    /// Chooses how a missing profile is answered.
    pub fn set_missing_profile(&self, missing: MissingProfile) {
        self.state().missing_profile = missing;
    }

    /// Limits how many requests are answered; `None` is no limit, as at first.
    ///
    /// One too many gets a 429 with the code `rate_limited`, and uses up no step of a fault plan.
    pub fn set_rate_limit(&self, limit: impl Into<Option<RateLimit>>) {
        self.state().set_rate_limit(limit.into());
    }

    /// Sets the fault plan of every request of the app, in the place of the one before.
    ///
    /// # Panics
    ///
    /// When there is no such operation, or a step cannot be done: a status outside 200 to 599, a header that is none, a
    /// `lower` above its `upper`. The message names the step.
    #[track_caller]
    pub fn put_faults(&self, plan: Plan) {
        possible(self.state().faults.put(None, plan));
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
        possible(self.state().faults.put(Some(identity.into()), plan));
    }

    /// What is left of the app's own plan for every operation: the steps to come with their counts.
    #[must_use]
    pub fn faults_left(&self) -> Plan {
        of_every_operation(self.state().faults.left(None))
    }

    /// What is left of the plan of `identity` for every operation.
    #[must_use]
    pub fn faults_left_for(&self, identity: impl Into<Identity>) -> Plan {
        of_every_operation(self.state().faults.left(Some(&identity.into())))
    }

    /// Every plan of which something is left, those for one operation too, and whose it is; `None` is
    /// the app's own.
    #[must_use]
    pub fn fault_plans(&self) -> Vec<(Option<Identity>, Plan)> {
        self.state().faults.all_left()
    }

    /// Takes the fault plans of `identity` away.
    pub fn clear_faults_for(&self, identity: impl Into<Identity>) {
        self.state().faults.remove(&identity.into());
    }

    /// Takes all fault plans away.
    pub fn clear_faults(&self) {
        self.state().faults = FaultPlans::default();
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
    #[must_use]
    pub fn count(&self, filter: &Filter) -> usize {
        self.state().journal.requests(0).filter(|request| filter.matches(request)).count()
    }

    /// Waits until the journal holds `count` requests that `filter` means, at most for `limit`.
    /// Gives how many it holds in the end.
    pub async fn wait_for(&self, count: usize, filter: &Filter, limit: Duration) -> usize {
        let recorded = self.0.recorded.get_or_init(Notify::new);
        let enough = async {
            loop {
                let recorded = recorded.notified();
                if self.count(filter) >= count {
                    return;
                }
                recorded.await;
            }
        };
        let _in_time = timeout(limit, enough).await;
        self.count(filter)
    }

    /// Makes the app what it was at first: profiles, edition, faults, journal, at once.
    pub fn reset(&self) {
        self.state().reset(&self.0.defaults);
    }

    pub(crate) fn new(defaults: Arc<Defaults>) -> Self {
        let state = Mutex::new(State::new(&defaults));
        Self(Arc::new(AppInner { defaults, state, recorded: OnceLock::new() }))
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Who has a profile, sorted.
    pub(crate) fn known(&self) -> Vec<Known> {
        let state = self.state();
        let known = state.profiles().iter().map(|stored| Known {
            customer_user_id: stored.customer.clone(),
            profile_id: stored.profile,
        });
        let mut known: Vec<_> = known.collect();
        known.sort();
        known
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
        run(&mut self.state())
    }

    /// Answers one request: its commands, and its entry in the journal.
    pub(crate) fn answer<T>(&self, run: impl FnOnce(&mut State) -> T) -> T {
        let answered = self.command(run);
        if let Some(recorded) = self.0.recorded.get() {
            recorded.notify_waiters();
        }
        answered
    }

    fn put(&self, stored: StoredProfile) -> Result<(), String> {
        self.state().put_profiles(vec![stored])
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each command is whole before anything can panic, so a poisoned state is a good one.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The ids of one profile.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Known {
    customer_user_id: Option<String>,
    profile_id: Option<Uuid>,
}

/// The plan for every operation among some, or one without steps.
fn of_every_operation(plans: Vec<Plan>) -> Plan {
    plans.into_iter().find(|plan| plan.operation.is_none()).unwrap_or_default()
}

#[track_caller]
fn possible(result: Result<(), String>) {
    if let Err(what) = result {
        panic!("{what}");
    }
}
