//! What may go wrong on purpose with the delivery of an event.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::plan::Count;
use crate::period::Period;

/// How many steps a plan may have.
const STEPS_LIMIT: usize = 10_000;

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
    /// The event changes places with the next one.
    Reorder,
    /// The event is delivered later.
    Delay {
        /// By so much of the app's time.
        by: Period,
    },
    /// The event is never delivered, and nobody hears of it.
    Drop,
    /// The event comes with another text in `Authorization`.
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
    /// The steps, first to last.
    pub steps: VecDeque<DeliveryStep>,
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
        self.steps.push_back(DeliveryStep { fault, count: Count::Times(1) });
        self
    }

    /// Makes the last step last for `count` events.
    ///
    /// # Panics
    ///
    /// On a plan without steps.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.steps.back_mut().expect("a plan begins with `then`").count = Count::Times(count);
        self
    }

    /// Makes the last step last until the plan is taken away.
    ///
    /// # Panics
    ///
    /// On a plan without steps.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.steps.back_mut().expect("a plan begins with `then`").count = Count::Forever;
        self
    }

    /// Says what cannot be done, if anything.
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.steps.len() {
            ..=STEPS_LIMIT => Ok(()),
            many => Err(format!("steps: there are {many}, at most {STEPS_LIMIT} may be")),
        }
    }

    /// What is done to the next event.
    pub(crate) fn next(&mut self) -> DeliveryFault {
        loop {
            let Some(DeliveryStep { fault, count }) = self.steps.front_mut() else {
                return DeliveryFault::None;
            };
            let fault = fault.clone();
            match count {
                Count::Forever => return fault,
                Count::Times(left @ 2..) => {
                    *left -= 1;
                    return fault;
                }
                Count::Times(left) => {
                    let is_over = *left == 0;
                    self.steps.pop_front();
                    if !is_over {
                        return fault;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_follow_one_another_as_often_as_they_say() {
        let mut plan = DeliveryPlan::new()
            .then(DeliveryFault::Drop)
            .times(0)
            .then(DeliveryFault::Duplicate)
            .times(2)
            .then(DeliveryFault::Reorder);
        let names: Vec<_> = (0..5).map(|_| plan.next().name()).collect();
        assert_eq!(names, ["duplicate", "duplicate", "reorder", "none", "none"]);
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
