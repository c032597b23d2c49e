//! The table of an app's subscriptions and one-time purchases, and of what is due when.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use adapty_model::{Identity, time::OffsetDateTime};

use super::{
    purchases::PurchaseRow,
    subscription::{Plan, Subscription},
};
use crate::budget::Reservation;

/// What a subscription or a purchase takes of the budget beside its texts.
const SIZE: usize = 1024;

/// The subscriptions and one-time purchases of an app.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    pub(super) by_id: HashMap<String, Entry>,
    /// When something is due, by the number of the subscription.
    pub(super) due: BTreeSet<(OffsetDateTime, u64)>,
    pub(super) ids: BTreeMap<u64, String>,
    pub(super) purchases: HashMap<String, Purchase>,
    pub(super) transactions: u64,
}

/// One subscription, and whose it is.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) identity: Identity,
    pub(super) subscription: Subscription,
    pub(super) consecutive_payments: u32,
    pub(super) room: Reservation,
}

/// One one-time purchase, and whose it is.
#[derive(Debug)]
pub(super) struct Purchase {
    pub(super) identity: Identity,
    pub(super) row: PurchaseRow,
    pub(super) access_level_id: Option<String>,
    pub(super) price: f64,
    pub(super) _room: Reservation,
}

/// What a subscription takes of the budget.
pub(super) fn size_of_subscription(identity: &Identity, subscription: &Subscription) -> usize {
    let of_plan = |plan: &Plan| {
        let Plan { store, environment, product, access_level_id, .. } = plan;
        store.len() + environment.len() + product.len() + access_level_id.len()
    };
    SIZE + length(identity) + subscription.plans().map(of_plan).sum::<usize>()
}

/// What a one-time purchase takes of the budget.
pub(super) fn size_of_purchase(
    identity: &Identity,
    row: &PurchaseRow,
    access_level_id: Option<&str>,
) -> usize {
    let PurchaseRow { store, product, environment, .. } = row;
    let texts = store.len() + product.len() + environment.len();
    SIZE + length(identity) + texts + access_level_id.map_or(0, str::len)
}

fn length(identity: &Identity) -> usize {
    match identity {
        Identity::CustomerUserId(id) => id.len(),
        Identity::ProfileId(_) => 0,
    }
}

impl Subscriptions {
    pub(super) fn schedule(&mut self, entry: &Entry) {
        self.due.extend(entry.subscription.due_at().map(|at| (at, entry.number)));
    }

    pub(super) fn unschedule(&mut self, entry: &Entry) {
        if let Some(at) = entry.subscription.due_at() {
            self.due.remove(&(at, entry.number));
        }
    }

    /// Takes away all that somebody bought.
    pub(super) fn remove_all_of(&mut self, identities: &HashSet<Identity>) {
        if identities.is_empty() {
            return;
        }
        self.purchases.retain(|_, purchase| !identities.contains(&purchase.identity));
        let of_them = self.by_id.iter().filter(|(_, entry)| identities.contains(&entry.identity));
        let ids: Vec<_> = of_them.map(|(id, _)| id.clone()).collect();
        ids.iter().for_each(|id| self.remove(id));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_id.is_empty() && self.purchases.is_empty()
    }

    /// Takes all away; the numbers of transactions go on.
    pub(super) fn clear(&mut self) {
        *self = Self { transactions: self.transactions, ..Self::default() };
    }

    pub(super) fn remove(&mut self, id: &str) {
        if let Some(entry) = self.by_id.remove(id) {
            self.unschedule(&entry);
            self.ids.remove(&entry.number);
        }
    }
}
