//! The table of an app's profiles, by both of their ids.

use std::{collections::HashMap, fmt, sync::Arc};

use adapty_model::Identity;
use uuid::Uuid;

use super::profile::StoredProfile;
use crate::{fixtures::EXAMPLES, identity::RequestedIdentity};

/// How many profiles one app may hold.
const LIMIT: usize = 100_000;
/// How many bytes their bodies may have together.
const BYTES_LIMIT: usize = 128 * 1024 * 1024;

/// Who can be asked for, and the body each gets.
#[derive(Clone)]
pub(crate) struct Profiles {
    customers: HashMap<String, Arc<StoredProfile>>,
    profiles: HashMap<Uuid, Arc<StoredProfile>>,
    bytes: usize,
}

impl Profiles {
    /// The documents' examples.
    pub(crate) fn examples() -> Self {
        let mut profiles = Self { customers: HashMap::new(), profiles: HashMap::new(), bytes: 0 };
        for example in &EXAMPLES {
            profiles.put(StoredProfile::example(example)).expect("three are not too many");
        }
        profiles
    }

    /// Adds a profile in the place of any that shares one of its ids. One that is refused changes
    /// nothing.
    pub(crate) fn put(&mut self, stored: StoredProfile) -> Result<(), String> {
        if stored.customer.as_deref() == Some("") {
            return Err("customer_user_id: an empty one cannot be asked for".to_owned());
        }
        let ids = [
            stored.customer.clone().map(Identity::CustomerUserId),
            stored.profile.map(Identity::ProfileId),
        ];
        let replaced: Vec<_> = ids.iter().flatten().filter_map(|id| self.take(id)).collect();
        let room = self.room_for(&stored);
        if room.is_ok() {
            self.insert(Arc::new(stored));
        } else {
            replaced.into_iter().for_each(|stored| self.insert(stored));
        }
        room
    }

    /// Puts a changed profile, whose ids are the same, in the place of what it was.
    pub(super) fn replace(
        &mut self,
        before: &Arc<StoredProfile>,
        after: StoredProfile,
    ) -> Result<Arc<StoredProfile>, String> {
        let others = self.bytes - before.size;
        if others + after.size > BYTES_LIMIT {
            return Err(too_many_bytes());
        }
        let after = Arc::new(after);
        self.bytes = others;
        self.insert(Arc::clone(&after));
        Ok(after)
    }

    /// Takes a profile away; says whether there was one.
    pub(crate) fn remove(&mut self, identity: &Identity) -> bool {
        self.take(identity).is_some()
    }

    fn room_for(&self, stored: &StoredProfile) -> Result<(), String> {
        if self.customers.len().max(self.profiles.len()) >= LIMIT {
            return Err(format!("an app holds at most {LIMIT} profiles"));
        }
        if self.bytes + stored.size > BYTES_LIMIT {
            return Err(too_many_bytes());
        }
        Ok(())
    }

    fn insert(&mut self, stored: Arc<StoredProfile>) {
        self.bytes += stored.size;
        if let Some(id) = &stored.customer {
            self.customers.insert(id.clone(), Arc::clone(&stored));
        }
        if let Some(id) = stored.profile {
            self.profiles.insert(id, stored);
        }
    }

    fn take(&mut self, identity: &Identity) -> Option<Arc<StoredProfile>> {
        let stored = self.get(identity).map(Arc::clone)?;
        self.bytes -= stored.size;
        if let Some(id) = &stored.customer {
            self.customers.remove(id);
        }
        if let Some(id) = &stored.profile {
            self.profiles.remove(id);
        }
        Some(stored)
    }

    /// Takes all away.
    pub(crate) fn clear(&mut self) {
        self.customers.clear();
        self.profiles.clear();
        self.bytes = 0;
    }

    pub(crate) fn get(&self, identity: &Identity) -> Option<&Arc<StoredProfile>> {
        match identity {
            Identity::CustomerUserId(id) => self.customers.get(id),
            Identity::ProfileId(id) => self.profiles.get(id),
        }
    }

    /// Whom the headers name; an error when they name two.
    pub(crate) fn find(
        &self,
        requested: &RequestedIdentity<'_>,
    ) -> Result<Option<&Arc<StoredProfile>>, TwoProfiles> {
        let by_customer = requested.customer.map(|id| self.customers.get(id));
        let by_profile = requested.profile.map(|id| self.profiles.get(&id));
        match (by_customer, by_profile) {
            (Some(one), None) | (None, Some(one)) => Ok(one),
            (Some(Some(one)), Some(Some(other))) if Arc::ptr_eq(one, other) => Ok(Some(one)),
            (Some(None), Some(None)) | (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(TwoProfiles),
        }
    }

    /// Every profile once, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<StoredProfile>> {
        let unnamed = self.profiles.values().filter(|stored| stored.customer.is_none());
        self.customers.values().chain(unnamed)
    }
}

impl fmt::Debug for Profiles {
    /// How many, and of nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles").field("count", &self.iter().count()).finish_non_exhaustive()
    }
}

fn too_many_bytes() -> String {
    format!("an app's profiles have at most {BYTES_LIMIT} bytes together")
}

/// Two identity headers that do not name one profile.
#[derive(Debug)]
pub(crate) struct TwoProfiles;
