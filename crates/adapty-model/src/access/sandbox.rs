//! Which rows come from test purchases.

use std::collections::HashMap;

use super::policy::Policy;
use crate::profile::{AccessLevel, Environment, Profile, Transaction};

/// The rows of a profile that a policy passes over; what every other policy counts costs nothing.
pub(super) struct Sandbox<'p>(Option<HashMap<Transaction<'p>, &'p Environment>>);

impl<'p> Sandbox<'p> {
    pub(super) fn new(profile: &'p Profile, policy: Policy) -> Self {
        if policy != Policy::ProductionOnly {
            return Self(None);
        }
        let mut stated = HashMap::new();
        for (transaction, environment) in profile.environments() {
            stated.entry(transaction).or_insert(environment);
        }
        Self(Some(stated))
    }

    /// Whether the row is known to come from a test purchase, and is passed over for that: what
    /// [`Profile::environment_of`] says, found without a walk for each row.
    pub(super) fn has(&self, level: &AccessLevel) -> bool {
        let Some(stated) = &self.0 else { return false };
        let behind = || stated.get(&level.transaction()?).copied();
        level.environment.as_ref().or_else(behind) == Some(&Environment::Sandbox)
    }
}
