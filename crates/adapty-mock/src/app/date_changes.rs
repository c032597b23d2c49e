//! What changes by a date alone: a granted level begins or ends, a transaction's period is over.
//!
//! Events tell of it, so profiles are watched while events go anywhere: those that an app holds of its own, as
//! ones that were put or changed, or whose dates count from its clock. Of the last nothing is told while the clock
//! is set: the dates that it passes on the way are other ones when it is there. That a period's end is told as
//! `subscription_expired` or `trial_expired` where a request stated its transaction, and that nothing is sent for
//! what ended before it was stated, is ours.

use std::collections::{BTreeMap, BTreeSet};

use adapty_model::time::OffsetDateTime;

use super::{
    event::{Payment, is_active},
    private_data::TransactionId,
    profile::StoredProfile,
    send_events::ToSend,
    state::State,
    watched_profiles::{ChainId, OVERHEAD, Watched, WatchedProfiles},
};
use crate::{
    profile_lists::{ACCESS_LEVELS, Rows, SUBSCRIPTIONS, date},
    raw_json::Object,
};

/// What passes.
impl State {
    /// Watches every profile of the app's own as it is now, if events go anywhere.
    pub(super) fn watch_all(&mut self) {
        self.watched = WatchedProfiles::default();
        if !self.outbox.is_open() {
            return;
        }
        let own: Vec<_> = self.profiles().own().cloned().collect();
        own.iter().for_each(|stored| self.watch(stored));
    }

    /// Watches a profile as it is after a change of which events have told.
    pub(super) fn watch(&mut self, stored: &StoredProfile) {
        if !self.outbox.is_open() {
            return;
        }
        let (Some(identity), now) = (stored.identities().last(), self.now()) else { return };
        let Some(seen) = stored.read_data(|data| Seen::of(data, now)) else {
            return self.watched.forget(&identity);
        };
        let before = self.watched.by_identity.remove(&identity);
        let (due, told, was_running) = match before {
            Some(before) => (before.due, before.levels, before.running),
            None => (None, BTreeMap::new(), BTreeSet::new()),
        };
        // A date of this very instant is still to be told of.
        let is_passing = due.is_some_and(|(at, _)| at <= now);
        let Seen { mut levels, mut running, next } = seen;
        if is_passing {
            levels.extend(told);
            running.extend(was_running);
        }
        let due = match due.filter(|_| is_passing) {
            Some(due) => Some(due),
            None => {
                due.inspect(|due| drop(self.watched.due.remove(due)));
                next.map(|at| self.watched.note(at, &identity))
            }
        };
        let chains = running.iter().flat_map(|chain| [&chain.store, &chain.original]);
        let ids = levels.keys().chain(chains).map(String::len).sum::<usize>();
        let room = self.budget.reserve(OVERHEAD + ids).ok();
        let watched = Watched { due, levels, running, _room: room };
        self.watched.by_identity.insert(identity, watched);
    }

    /// Tells of what the first date changes that passes.
    pub(super) fn pass_first_date(&mut self) {
        let Some(identity) = self.watched.take_first() else { return };
        let Some(stored) = self.profiles().get(&identity).cloned() else {
            return self.watched.forget(&identity);
        };
        if self.watched.is_clock_being_set && stored.is_counted() {
            return self.watch(&stored);
        }
        let now = self.now();
        let Some(Seen { levels, running, .. }) = stored.read_data(|data| Seen::of(data, now))
        else {
            return self.watched.forget(&identity);
        };
        let Some(told) = self.watched.by_identity.get(&identity) else { return };
        let lives = |chain: &ChainId| self.has_subscription(&chain.store, &chain.original);
        let over = told.running.difference(&running).filter(|chain| !lives(chain));
        let over: Vec<_> = over.cloned().collect();
        let changed =
            levels.into_iter().filter(|(id, is_active)| told.levels.get(id) != Some(is_active));
        let mut changed: BTreeSet<_> = changed.map(|(id, _)| id).collect();
        for chain in &over {
            let event = stored.read_data(|data| expiry(data, &stored, chain));
            if event.is_some() {
                let levels = stored.read_data(|data| levels_of(data, chain));
                changed.extend(levels.unwrap_or_default());
            }
            self.send_events(&stored, Some(&chain.original), event.into_iter().collect());
        }
        let changed = changed.into_iter().map(|id| ToSend::Level(id, None)).collect();
        self.send_events(&stored, None, changed);
    }
}

/// What of a profile changes by dates.
struct Seen {
    levels: BTreeMap<String, bool>,
    running: BTreeSet<ChainId>,
    /// The next of its dates.
    next: Option<OffsetDateTime>,
}

impl Seen {
    fn of(data: &Object<'_>, now: OffsetDateTime) -> Option<Self> {
        let mut seen = Self { levels: BTreeMap::new(), running: BTreeSet::new(), next: None };
        let levels = Rows::read(data, ACCESS_LEVELS)?.rows;
        let subscriptions = Rows::read(data, SUBSCRIPTIONS).map_or_else(Vec::new, |it| it.rows);
        for row in &levels {
            if let Some(id) = row.read::<String>(ACCESS_LEVELS.id) {
                *seen.levels.entry(id).or_default() |= is_active(row, now);
            }
        }
        for row in &subscriptions {
            let is_running = date(row, "expires_at").is_some_and(|end| now < end);
            seen.running.extend(chain_of(row).filter(|_| is_running));
        }
        let dates = levels.iter().flat_map(|row| [date(row, "starts_at"), date(row, "expires_at")]);
        let dates = dates.chain(subscriptions.iter().map(|row| date(row, "expires_at")));
        seen.next = dates.flatten().filter(|date| *date > now).min();
        Some(seen)
    }
}

fn chain_of(row: &Object<'_>) -> Option<ChainId> {
    let original = row.read("store_original_transaction_id")?;
    Some(ChainId { store: row.read("store")?, original })
}

/// The levels that a chain of transactions gives: as where a subscription that lives ends, its event is followed by
/// theirs, though another row may give the level still.
fn levels_of(data: &Object<'_>, chain: &ChainId) -> Option<Vec<String>> {
    let rows = Rows::read(data, ACCESS_LEVELS)?.rows;
    let of_chain = rows.iter().filter(|row| chain_of(row).as_ref() == Some(chain));
    Some(of_chain.filter_map(|row| row.read(ACCESS_LEVELS.id)).collect())
}

/// The event of a period's end, of a transaction that a request stated.
fn expiry(data: &Object<'_>, stored: &StoredProfile, chain: &ChainId) -> Option<ToSend> {
    let rows = Rows::read(data, SUBSCRIPTIONS)?.rows;
    // Each product of a chain has a row of its own: the last one is over now.
    let of_chain = rows.into_iter().filter(|row| chain_of(row).as_ref() == Some(chain));
    let row = of_chain.max_by_key(|row| date(row, "expires_at"))?;
    let id = TransactionId {
        store: chain.store.clone(),
        original: chain.original.clone(),
        id: row.read("store_transaction_id")?,
    };
    let recorded = stored.private.transactions.get(&(true, id)).filter(|it| !it.is_refunded)?;
    let offer = row.object("offer").and_then(|offer| offer.read::<String>("type"));
    let is_trial = offer.as_deref() == Some("free_trial");
    let price = (!is_trial).then_some(recorded.price);
    let payment = Payment::stated(price, recorded.currency);
    let event = if is_trial { "trial_expired" } else { "subscription_expired" };
    Some(ToSend::Earlier(event, row.into_owned(), payment))
}
