//! The plans of one app: one for every request, and one for each of some identities.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use super::{Fault, Plan, Walk};
use crate::{Identity, identity::Named};

/// How many identities of one app may have a plan of their own.
const IDENTITIES_LIMIT: usize = 10_000;

/// Which plan the next answer takes its fault from.
#[derive(Debug, Default)]
pub(crate) struct Board {
    whole: Option<Walk>,
    customers: HashMap<String, Walk>,
    profiles: HashMap<Uuid, Walk>,
}

impl Board {
    /// Sets the plan of the app, or of one identity, in the place of the one before.
    pub(crate) fn put(&mut self, whom: Option<Identity>, plan: Plan) -> Result<(), String> {
        plan.check()?;
        if let Some(whom) = &whom
            && self.plan_of(whom).is_none()
            && self.customers.len() + self.profiles.len() >= IDENTITIES_LIMIT
        {
            self.customers.retain(|_, walk| !walk.is_over());
            self.profiles.retain(|_, walk| !walk.is_over());
            if self.customers.len() + self.profiles.len() >= IDENTITIES_LIMIT {
                return Err(format!(
                    "{IDENTITIES_LIMIT} identities of this app have plans already"
                ));
            }
        }
        let walk = Walk::new(plan);
        match whom {
            None => drop(self.whole.replace(walk)),
            Some(Identity::Customer(id)) => drop(self.customers.insert(id, walk)),
            Some(Identity::Profile(id)) => drop(self.profiles.insert(id, walk)),
        }
        Ok(())
    }

    /// Takes the plan of one identity away.
    pub(crate) fn remove(&mut self, whom: &Identity) {
        match whom {
            Identity::Customer(id) => drop(self.customers.remove(id)),
            Identity::Profile(id) => drop(self.profiles.remove(id)),
        }
    }

    /// What is left of the plan of the app, or of one identity.
    pub(crate) fn left(&self, whom: Option<&Identity>) -> Plan {
        let walk = whom.map_or(self.whole.as_ref(), |whom| self.plan_of(whom));
        walk.map(Walk::left).unwrap_or_default()
    }

    /// Every plan of which something is left.
    pub(crate) fn all_left(&self) -> Vec<(Option<Identity>, Plan)> {
        let whole = self.whole.iter().map(|walk| (None, walk.left()));
        let customers = self
            .customers
            .iter()
            .map(|(id, walk)| (Some(Identity::Customer(id.clone())), walk.left()));
        let profiles =
            self.profiles.iter().map(|(id, walk)| (Some(Identity::Profile(*id)), walk.left()));
        whole.chain(customers).chain(profiles).filter(|(_, left)| !left.steps.is_empty()).collect()
    }

    /// What the next answer suffers: the identity's own plan first, then the app's.
    pub(crate) fn next(
        &mut self,
        named: Option<&Named<'_>>,
    ) -> Option<(Fault, Option<Duration>, u64)> {
        let customer =
            named.and_then(|named| self.customers.get_mut(named.customer?)).and_then(Walk::next);
        let profile =
            || named.and_then(|named| self.profiles.get_mut(&named.profile?)).and_then(Walk::next);
        customer.or_else(profile).or_else(|| self.whole.as_mut()?.next())
    }

    fn plan_of(&self, whom: &Identity) -> Option<&Walk> {
        match whom {
            Identity::Customer(id) => self.customers.get(id),
            Identity::Profile(id) => self.profiles.get(id),
        }
    }
}
