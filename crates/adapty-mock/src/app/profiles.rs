//! The table of an app's profiles, by both of their ids.
//!
//! What every app of a server starts with is kept once, and shared by all apps until they change it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};

use adapty_model::{Identity, time::OffsetDateTime};
use uuid::Uuid;

use super::profile::{LIMIT, StoredProfile};
use crate::{
    budget::{Budget, NotKept, OverBudget, Reservation},
    fixtures::EXAMPLES,
    identity::RequestedIdentity,
};

/// How long a customer's id may be: no longer one fits into the head of a request.
const ID_LIMIT: usize = 64 * 1024;
/// What it takes of the budget to note that a shared profile is gone.
const HIDDEN: usize = 256;

/// Who can be asked for, and the body each gets.
pub(crate) struct Profiles {
    shared: Arc<Table>,
    /// What differs from the shared profiles.
    own: Table,
    count: usize,
    /// How many shared profiles are gone, and their room.
    hidden: usize,
    hidden_room: Reservation,
    budget: Arc<Budget>,
}

/// Profiles by each of their ids; under an id with nothing the shared profile is gone.
#[derive(Default)]
pub(crate) struct Table {
    customers: HashMap<String, Option<Arc<StoredProfile>>>,
    profiles: HashMap<Uuid, Option<Arc<StoredProfile>>>,
    /// Those whose dates are counted from each app's own time.
    counted: Vec<Arc<StoredProfile>>,
    count: usize,
}

impl Table {
    /// The documents' examples, and the profiles given besides.
    pub(crate) fn shared(given: Vec<StoredProfile>, budget: &Arc<Budget>) -> Result<Self, NotKept> {
        let mut profiles = Profiles::new(Arc::default(), budget);
        for example in &EXAMPLES {
            profiles.count += 1;
            profiles.own.insert(&Arc::new(StoredProfile::example(example)));
        }
        for stored in given {
            profiles.put_all(vec![stored])?;
        }
        let counted = profiles.own.iter().filter(|stored| stored.is_counted());
        let counted = counted.map(Arc::clone).collect();
        Ok(Self { count: profiles.count, counted, ..profiles.own })
    }

    fn get(&self, identity: &Identity) -> Option<&Option<Arc<StoredProfile>>> {
        match identity {
            Identity::CustomerUserId(id) => self.customers.get(id),
            Identity::ProfileId(id) => self.profiles.get(id),
        }
    }

    fn insert(&mut self, stored: &Arc<StoredProfile>) {
        for identity in stored.identities() {
            self.set(identity, Some(Arc::clone(stored)));
        }
    }

    fn set(&mut self, identity: Identity, stored: Option<Arc<StoredProfile>>) {
        match identity {
            Identity::CustomerUserId(id) => drop(self.customers.insert(id, stored)),
            Identity::ProfileId(id) => drop(self.profiles.insert(id, stored)),
        }
    }

    fn remove(&mut self, identity: &Identity) {
        match identity {
            Identity::CustomerUserId(id) => drop(self.customers.remove(id)),
            Identity::ProfileId(id) => drop(self.profiles.remove(id)),
        }
    }

    /// Every profile once, in no order.
    fn iter(&self) -> impl Iterator<Item = &Arc<StoredProfile>> {
        let unnamed = self.profiles.values().flatten();
        let unnamed = unnamed.filter(|stored| stored.customer.is_none());
        self.customers.values().flatten().chain(unnamed)
    }
}

impl Profiles {
    /// A table that begins with the shared profiles.
    pub(crate) fn new(shared: Arc<Table>, budget: &Arc<Budget>) -> Self {
        let hidden_room = budget.reserve(0).expect("nothing fits into every budget");
        let count = shared.count;
        let own = Table::default();
        let budget = Arc::clone(budget);
        let mut profiles = Self { shared, own, count, hidden: 0, hidden_room, budget };
        // Where there is no room for them, its dates are those of the server's start.
        if let Ok(counted) = profiles.counted_from(OffsetDateTime::now_utc()) {
            let _put = profiles.put_counted(counted);
        }
        profiles
    }

    /// The profiles that the app started with and nothing has changed, their dates counted from this time; an
    /// error names the one for which there is no such date, or says that there is no room.
    pub(super) fn counted_from(&self, now: OffsetDateTime) -> Result<Vec<StoredProfile>, NotKept> {
        let first = |stored: &Arc<StoredProfile>| {
            let identity = stored.identities().last()?;
            self.get(&identity).filter(|known| known.is_counted_as(stored))
        };
        let counted = self.shared.counted.iter().filter_map(first);
        counted.filter_map(|stored| stored.counted_from(now, &self.budget).transpose()).collect()
    }

    /// Puts profiles that are counted anew in the place of what they were, but for those that something else has
    /// changed since; gives those it put.
    pub(super) fn put_counted(&mut self, counted: Vec<StoredProfile>) -> Vec<Arc<StoredProfile>> {
        let mut put = Vec::new();
        for stored in counted {
            let known = stored.identities().last().and_then(|identity| self.get(&identity));
            if known.is_some_and(|known| known.is_counted_as(&stored)) {
                let stored = Arc::new(stored);
                self.own.insert(&stored);
                put.push(stored);
            }
        }
        put
    }

    /// Adds all of the profiles or none, each in the place of any that shares one of its ids.
    pub(crate) fn put_all(
        &mut self,
        mut stored: Vec<StoredProfile>,
    ) -> Result<Vec<Arc<StoredProfile>>, NotKept> {
        let mut replaced = HashSet::new();
        for stored in &mut stored {
            if stored.customer.as_ref().is_some_and(|id| id.len() > ID_LIMIT) {
                let what =
                    format!("customer_user_id: longer than {ID_LIMIT} bytes cannot be asked for");
                return Err(what.into());
            }
            if stored.customer.as_deref() == Some("") {
                return Err("customer_user_id: an empty one cannot be asked for".to_owned().into());
            }
            stored.reserve(&self.budget)?;
            let known = stored.identities().filter_map(|id| self.get(&id).map(Arc::as_ptr));
            replaced.extend(known);
        }
        if self.count + stored.len() - replaced.len() > LIMIT {
            return Err(format!("an app holds at most {LIMIT} profiles").into());
        }
        self.make_room_to_hide(replaced.len())?;
        let put = stored.into_iter().map(|stored| {
            for identity in stored.identities() {
                self.take(&identity);
            }
            let stored = Arc::new(stored);
            self.count += 1;
            self.own.insert(&stored);
            stored
        });
        Ok(put.collect())
    }

    /// Puts a changed profile, whose ids are the same, in the place of what it was.
    pub(super) fn replace(
        &mut self,
        mut after: StoredProfile,
    ) -> Result<Arc<StoredProfile>, OverBudget> {
        after.reserve(&self.budget)?;
        let after = Arc::new(after);
        self.own.insert(&after);
        Ok(after)
    }

    /// Takes in a profile of another table, which is none of this one's.
    pub(super) fn copy(&mut self, stored: &Arc<StoredProfile>) {
        self.count += 1;
        self.own.insert(stored);
    }

    /// Takes a profile away; says whether there was one.
    pub(crate) fn remove(&mut self, identity: &Identity) -> Result<bool, OverBudget> {
        self.make_room_to_hide(1)?;
        Ok(self.take(identity))
    }

    pub(super) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// Takes all away.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(Arc::default(), &self.budget);
    }

    pub(crate) fn get(&self, identity: &Identity) -> Option<&Arc<StoredProfile>> {
        self.own.get(identity).or_else(|| self.shared.get(identity))?.as_ref()
    }

    /// Whom the headers name; an error when they name two.
    pub(crate) fn find(
        &self,
        requested: &RequestedIdentity<'_>,
    ) -> Result<Option<&Arc<StoredProfile>>, TwoProfiles> {
        let by_customer = requested.customer.map(|id| self.by_customer(id));
        let by_profile = requested.profile.map(|id| self.get(&Identity::ProfileId(id)));
        match (by_customer, by_profile) {
            (Some(one), None) | (None, Some(one)) => Ok(one),
            (Some(Some(one)), Some(Some(other))) if Arc::ptr_eq(one, other) => Ok(Some(one)),
            (Some(None), Some(None)) | (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(TwoProfiles),
        }
    }

    /// Those that differ from the shared ones, in no order.
    pub(super) fn own(&self) -> impl Iterator<Item = &Arc<StoredProfile>> {
        self.own.iter()
    }

    /// Every profile once, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<StoredProfile>> {
        let shared = self.shared.iter().filter(|stored| !self.is_gone(stored));
        self.own.iter().chain(shared)
    }

    fn by_customer(&self, id: &str) -> Option<&Arc<StoredProfile>> {
        self.own.customers.get(id).or_else(|| self.shared.customers.get(id))?.as_ref()
    }

    /// Whether a shared profile was taken away or has another in its place.
    fn is_gone(&self, shared: &Arc<StoredProfile>) -> bool {
        if self.own.customers.is_empty() && self.own.profiles.is_empty() {
            return false;
        }
        shared.identities().any(|identity| self.own.get(&identity).is_some())
    }

    /// Makes room for the note that so many more shared profiles are gone.
    fn make_room_to_hide(&mut self, more: usize) -> Result<(), OverBudget> {
        let most = (self.hidden + more).min(self.shared.count);
        self.hidden_room.resize(most * HIDDEN)
    }

    fn take(&mut self, identity: &Identity) -> bool {
        let Some(stored) = self.get(identity).map(Arc::clone) else { return false };
        let mut was_shared = false;
        for identity in stored.identities() {
            self.own.remove(&identity);
            if self.shared.get(&identity).is_some() {
                was_shared = true;
                self.own.set(identity, None);
            }
        }
        self.hidden += usize::from(was_shared);
        self.count -= 1;
        true
    }
}

impl fmt::Debug for Profiles {
    /// How many, and of nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles").field("count", &self.count).finish_non_exhaustive()
    }
}

impl fmt::Debug for Table {
    /// How many, and of nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("count", &self.count).finish_non_exhaustive()
    }
}

/// Two identity headers that do not name one profile.
#[derive(Debug)]
pub(crate) struct TwoProfiles;
