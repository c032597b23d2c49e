//! What may go wrong on purpose with the delivery of an event.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::steps::{self, Count, Place, PlanStep, STEPS_LIMIT};
use crate::{
    at_most::at_most,
    budget::{Budget, NotKept, Reservation},
    period::Period,
};

/// What a plan takes of the budget beside its steps.
const OVERHEAD: usize = 128;

/// One way for a delivery to go wrong.
///
/// As JSON: the name in snake case, `"duplicate"`, or an object of the name and its settings,
/// `{"delay": {"by": "PT1H"}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DeliveryFault {
    /// Nothing: the usual delivery.
    None,
    /// The event is delivered twice.
    Duplicate,
    /// The event changes places with the next one; where none comes within a minute of the app's time, it goes out then.
    Reorder,
    /// The event is delivered later.
    Delay {
        /// By so much of the app's time.
        by: Period,
    },
    /// The event is never delivered, and nobody hears of it.
    Drop,
    /// Every attempt of the event comes with another text in `Authorization`. A receiver that refuses it with a
    /// 401 has it counted as delivered: the documents call any status from 200 to 404 a success.
    WrongAuthorization,
    /// The body breaks off half-way, under its true length's half: JSON that does not read.
    BrokenBody,
    /// The body comes one byte at a time.
    SlowBody {
        /// How long to wait before each byte, in milliseconds.
        #[serde(default)]
        delay_ms: u64,
    },
    /// The connection is reset half-way through the body, which counts as a failed attempt.
    ConnectionReset,
}

impl DeliveryFault {
    /// The fault's one word in JSON and in the list of deliveries.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::Delay { .. } => "delay",
            Self::Drop => "drop",
            Self::WrongAuthorization => "wrong_authorization",
            Self::BrokenBody => "broken_body",
            Self::SlowBody { .. } => "slow_body",
            Self::ConnectionReset => "connection_reset",
        }
    }
}

/// A list of faults, each for a number of events; after the last come the usual deliveries again.
///
/// As JSON: `{"steps": [{"fault": "duplicate", "count": 2}]}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeliveryPlan {
    /// The steps, first to last; at most 10 000.
    #[serde(deserialize_with = "at_most::<_, _, STEPS_LIMIT>")]
    pub steps: Vec<DeliveryStep>,
}

/// One fault for a number of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeliveryStep {
    /// What happens.
    pub fault: DeliveryFault,
    /// To how many events; absent is one.
    #[serde(default)]
    pub count: Count,
}

impl DeliveryPlan {
    /// A plan without steps.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step for one event.
    #[must_use]
    pub fn then(mut self, fault: DeliveryFault) -> Self {
        self.steps.push(DeliveryStep { fault, count: Count::Times(1) });
        self
    }

    /// Makes the last step last for `count` events.
    ///
    /// # Panics
    ///
    /// On a plan without steps.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.steps.last_mut().expect("a plan begins with `then`").count = Count::Times(count);
        self
    }

    /// Makes the last step last until the plan is taken away.
    ///
    /// # Panics
    ///
    /// On a plan without steps.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.steps.last_mut().expect("a plan begins with `then`").count = Count::Forever;
        self
    }
}

impl PlanStep for DeliveryStep {
    fn count(&self) -> Count {
        self.count
    }

    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The plan that an app's deliveries are under, and what is left of it.
#[derive(Clone, Debug)]
pub(crate) struct DeliveryFaults {
    kept: Arc<KeptSteps>,
    place: Place,
}

/// Steps, and their room in the budget.
#[derive(Debug)]
struct KeptSteps {
    steps: Vec<DeliveryStep>,
    _room: Reservation,
}

impl DeliveryFaults {
    /// Keeps a plan.
    pub(crate) fn new(plan: DeliveryPlan, budget: &Arc<Budget>) -> Result<Self, NotKept> {
        steps::check(&plan.steps)?;
        let room = budget.reserve(OVERHEAD + plan.steps.len() * size_of::<DeliveryStep>())?;
        let place = Place::first(&plan.steps);
        Ok(Self { kept: Arc::new(KeptSteps { steps: plan.steps, _room: room }), place })
    }

    /// What is done to the next event.
    pub(crate) fn next(&mut self) -> DeliveryFault {
        match self.place.next(&self.kept.steps) {
            Some(step) => self.kept.steps[step].fault.clone(),
            None => DeliveryFault::None,
        }
    }

    /// The steps to come, the first with its own count.
    pub(crate) fn left(self) -> impl Iterator<Item = DeliveryStep> + Send {
        let Self { kept, place } = self;
        (place.step()..kept.steps.len()).map(move |at| {
            let count = place.count_of(at, &kept.steps);
            DeliveryStep { count, ..kept.steps[at].clone() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_one_another_as_often_as_they_say() {
        let plan = DeliveryPlan::new()
            .then(DeliveryFault::Duplicate)
            .times(2)
            .then(DeliveryFault::Reorder);
        let mut faults = DeliveryFaults::new(plan, &Budget::new(1024)).unwrap();
        let names: Vec<_> = (0..4).map(|_| faults.next().name()).collect();
        assert_eq!(names, ["duplicate", "duplicate", "reorder", "none"]);
    }

    #[test]
    fn a_plan_without_room_or_with_a_step_for_nothing_is_refused() {
        let refused = |plan| DeliveryFaults::new(plan, &Budget::new(1024)).unwrap_err().to_string();
        let plan = DeliveryPlan::new().then(DeliveryFault::Drop);
        let none = plan.clone().then(DeliveryFault::Drop).times(0);
        assert_eq!(refused(none), "steps[1].count: is 0, and a step is done once at least");
        let long = (0..100).fold(plan, |plan, _| plan.then(DeliveryFault::Drop));
        let told =
            "the server keeps at most 1024 bytes beside its journals, and this would be more";
        assert_eq!(refused(long), told);
    }

    #[test]
    fn a_plan_is_the_same_in_rust_and_in_json() {
        let plan = DeliveryPlan::new()
            .then(DeliveryFault::Delay { by: Period::days(1) })
            .then(DeliveryFault::Drop)
            .forever();
        let json = serde_json::json!({"steps": [
            {"fault": {"delay": {"by": "P1D"}}, "count": 1},
            {"fault": "drop", "count": "forever"},
        ]});
        assert_eq!(serde_json::to_value(&plan).unwrap(), json);
        assert_eq!(serde_json::from_value::<DeliveryPlan>(json).unwrap(), plan);
    }
}
