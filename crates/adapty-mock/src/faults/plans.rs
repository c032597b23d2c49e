//! The fault plans of one app: for every request, and for those of some identities.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use adapty_model::Identity;

use super::{
    plan::Plan,
    running_plan::{PlanLeft, PlannedFault, RunningPlan},
};
use crate::{
    budget::{Budget, NotKept},
    identity::RequestedIdentity,
};

/// How many identities of one app may have a plan of their own.
const IDENTITIES_LIMIT: usize = 10_000;

/// Which plan the next answer takes its fault from.
#[derive(Debug)]
pub(crate) struct FaultPlans {
    budget: Arc<Budget>,
    app: PlansByTarget,
    identities: HashMap<Identity, PlansByTarget>,
}

/// The plans of one identity or of the whole app.
type PlansByTarget = BTreeMap<Target, RunningPlan>;

/// Whose requests a plan is for: those to a path, those for an operation, both, or every operation's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    path: Option<String>,
    operation: Option<String>,
}

impl FaultPlans {
    /// None yet.
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        let budget = Arc::clone(budget);
        Self { budget, app: PlansByTarget::new(), identities: HashMap::new() }
    }

    /// Takes all of them away.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(&self.budget);
    }

    /// Sets the plan of the app, or of one identity, in the place of the one before for the same
    /// requests.
    pub(crate) fn put(&mut self, identity: Option<Identity>, plan: Plan) -> Result<(), NotKept> {
        plan.check()?;
        let target = Target { path: plan.path.clone(), operation: plan.operation.clone() };
        let owner = identity.as_ref().map_or(0, length);
        let plan = RunningPlan::new(plan, owner, &self.budget)?;
        let plans = match identity {
            None => &mut self.app,
            Some(identity) => {
                self.make_room(&identity)?;
                self.identities.entry(identity).or_default()
            }
        };
        plans.insert(target, plan);
        Ok(())
    }

    /// Takes the plans of one identity away.
    pub(crate) fn remove(&mut self, identity: &Identity) {
        self.identities.remove(identity);
    }

    /// What is left of the plans of the app, or of one identity; a plan for every operation first.
    pub(crate) fn left(&self, identity: Option<&Identity>) -> Vec<PlanLeft> {
        let plans = match identity {
            None => Some(&self.app),
            Some(identity) => self.identities.get(identity),
        };
        let plans = plans.into_iter().flat_map(BTreeMap::values);
        plans.filter(|plan| !plan.is_over()).map(RunningPlan::left).collect()
    }

    /// Every plan of which something is left; those of the app first.
    pub(crate) fn all_left(&self) -> Vec<(Option<Identity>, PlanLeft)> {
        let whose = |identity: Option<&Identity>| {
            let owner = identity.cloned();
            self.left(identity).into_iter().map(move |plan| (owner.clone(), plan))
        };
        let identities = self.identities.keys().flat_map(|identity| whose(Some(identity)));
        whose(None).chain(identities).collect()
    }

    /// What is done to the answer to a request: by the identity's own plans first, then by the app's; by
    /// a plan for the path before one for the operation, and by that before one for all.
    pub(crate) fn next(
        &mut self,
        path: &str,
        operation: Option<&str>,
        requested: Option<&RequestedIdentity<'_>>,
    ) -> Option<PlannedFault> {
        if !self.identities.is_empty()
            && let Some(requested) = requested
        {
            for identity in requested.identities() {
                let plans = self.identities.get_mut(&identity);
                if let Some(planned) = plans.and_then(|plans| next(plans, path, operation)) {
                    return Some(planned);
                }
            }
        }
        next(&mut self.app, path, operation)
    }

    fn make_room(&mut self, identity: &Identity) -> Result<(), String> {
        if self.identities.contains_key(identity) || self.identities.len() < IDENTITIES_LIMIT {
            return Ok(());
        }
        self.identities.retain(|_, plans| plans.values().any(|plan| !plan.is_over()));
        match self.identities.len() < IDENTITIES_LIMIT {
            true => Ok(()),
            false => Err(format!("{IDENTITIES_LIMIT} identities of this app have plans already")),
        }
    }
}

/// How many bytes an identity is.
fn length(identity: &Identity) -> usize {
    match identity {
        Identity::CustomerUserId(id) => id.len(),
        Identity::ProfileId(_) => 16,
    }
}

fn next(plans: &mut PlansByTarget, path: &str, operation: Option<&str>) -> Option<PlannedFault> {
    if plans.is_empty() {
        return None;
    }
    let mut next = |path: Option<&str>, operation: Option<&str>| {
        let target =
            Target { path: path.map(str::to_owned), operation: operation.map(str::to_owned) };
        plans.get_mut(&target)?.next()
    };
    operation
        .and_then(|operation| next(Some(path), Some(operation)))
        .or_else(|| next(Some(path), None))
        .or_else(|| next(None, Some(operation?)))
        .or_else(|| operation.and_then(|_| next(None, None)))
}
