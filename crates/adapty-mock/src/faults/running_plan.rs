//! A plan that is under way: what is left of it, and what it does to the next answer.
//!
//! A plan is kept once, whoever looks at it or is still being answered by it.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    fault::Fault,
    plan::{Plan, Step},
    steps::Place,
};
use crate::{
    budget::{Budget, OverBudget, Reservation},
    rng::Rng,
};

/// What a plan takes of the budget beside its steps and texts.
const OVERHEAD: usize = 512;
/// How much of a long text becomes JSON at a time.
const PIECE: usize = 16 * 1024;

/// A plan, and its room in the budget.
#[derive(Debug)]
struct KeptPlan {
    plan: Plan,
    _room: Reservation,
}

/// A plan, step by step.
#[derive(Debug)]
pub(super) struct RunningPlan {
    left: PlanLeft,
    rng: Rng,
}

/// What a plan does to one answer.
#[derive(Clone, Debug)]
pub(crate) struct PlannedFault {
    plan: Arc<KeptPlan>,
    step: usize,
    pub(crate) delay: Option<Duration>,
    /// For whatever of the fault is random.
    pub(crate) random: u64,
}

impl RunningPlan {
    /// Keeps a plan; `owner` is how long the name is under which it is kept.
    pub(super) fn new(plan: Plan, owner: usize, budget: &Arc<Budget>) -> Result<Self, OverBudget> {
        let steps: usize = plan.steps.iter().map(size).sum();
        let names = [&plan.operation, &plan.path].into_iter().flatten().map(String::len);
        let room = budget.reserve(OVERHEAD + steps + owner + 2 * names.sum::<usize>())?;
        let rng = Rng::new(plan.seed);
        let plan = Arc::new(KeptPlan { plan, _room: room });
        let place = Place::first(&plan.plan.steps);
        Ok(Self { left: PlanLeft { plan, place }, rng })
    }

    /// What is done to the next answer; `None` after the last step.
    pub(super) fn next(&mut self) -> Option<PlannedFault> {
        let PlanLeft { plan, place } = &mut self.left;
        let step = place.next(&plan.plan.steps)?;
        let delay = plan.plan.steps[step].delay.map(|delay| delay.draw(&mut self.rng));
        let plan = Arc::clone(plan);
        Some(PlannedFault { plan, step, delay, random: self.rng.number() })
    }

    /// What is left of the plan.
    pub(super) fn left(&self) -> PlanLeft {
        self.left.clone()
    }

    pub(super) fn is_over(&self) -> bool {
        self.left.place.step() == self.left.plan.plan.steps.len()
    }
}

/// What a step takes of the budget.
fn size(step: &Step) -> usize {
    let texts = match &step.fault {
        Fault::Status(answer) => {
            let lines = answer.headers.iter().map(|(name, value)| name.len() + value.len() + 128);
            answer.body.as_ref().map_or(0, String::capacity) + lines.sum::<usize>()
        }
        Fault::Raw { text, .. } => text.capacity(),
        Fault::WrongContentType { content_type } => content_type.capacity(),
        _ => 0,
    };
    size_of::<Step>() + texts
}

impl PlannedFault {
    pub(crate) fn fault(&self) -> &Fault {
        &self.plan.plan.steps[self.step].fault
    }

    /// The text that the fault sends, where it sends one; no copy, however long.
    pub(super) fn text(&self) -> Bytes {
        struct Text(PlannedFault);

        impl AsRef<[u8]> for Text {
            fn as_ref(&self) -> &[u8] {
                text(self.0.fault()).unwrap_or_default().as_bytes()
            }
        }

        Bytes::from_owner(Text(self.clone()))
    }
}

/// The one text of a fault that may be long.
fn text(fault: &Fault) -> Option<&str> {
    match fault {
        Fault::Status(answer) => answer.body.as_deref(),
        Fault::Raw { text, .. } => Some(text),
        _ => None,
    }
}

/// The steps of a plan that are to come, the first with its own count.
#[derive(Clone, Debug)]
pub(crate) struct PlanLeft {
    plan: Arc<KeptPlan>,
    place: Place,
}

impl PlanLeft {
    pub(crate) fn is_for_every_operation(&self) -> bool {
        self.plan.plan.operation.is_none() && self.plan.plan.path.is_none()
    }

    /// As a plan of its own.
    pub(crate) fn to_plan(&self) -> Plan {
        let steps = &self.plan.plan.steps;
        let mut plan = self.plan.plan.without_steps();
        let left = self.place.step()..steps.len();
        plan.steps = left.map(|at| self.step(at)).collect();
        plan
    }

    /// The plan's JSON, piece by piece, each of which is short.
    pub(crate) fn json(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let rest = json(&self.plan.plan.without_steps());
        // An empty list of steps is where the steps go.
        let (head, tail) = rest.split_once("[]").unwrap_or((&rest, ""));
        let (head, tail) = (format!("{head}[").into_bytes(), format!("]{tail}").into_bytes());
        let steps = self.place.step()..self.plan.plan.steps.len();
        let first = steps.start;
        let steps = steps.flat_map(move |at| {
            let comma = (at > first).then(|| b",".to_vec());
            comma.into_iter().chain(self.step_json(at))
        });
        std::iter::once(head).chain(steps).chain(std::iter::once(tail))
    }

    /// A step to come, with the count that is left of it.
    fn step(&self, at: usize) -> Step {
        let steps = &self.plan.plan.steps;
        Step { count: self.place.count_of(at, steps), ..steps[at].clone() }
    }

    fn step_json(&self, at: usize) -> impl Iterator<Item = Vec<u8>> + Send + use<> {
        let step = &self.plan.plan.steps[at];
        let length = text(&step.fault).map_or(0, str::len);
        let (head, tail) = if length <= PIECE {
            (json(&self.step(at)), String::new())
        } else {
            // A zero, which stands in no header, marks where the long text goes.
            let count = self.place.count_of(at, &self.plan.plan.steps);
            let around =
                json(&Step { fault: step.fault.with_text("\0"), delay: step.delay, count });
            let (head, tail) = around.split_once("\\u0000").unwrap_or((&around, ""));
            (head.to_owned(), tail.to_owned())
        };
        let plan = Arc::clone(&self.plan);
        let mut sent = if length <= PIECE { length } else { 0 };
        let pieces = std::iter::from_fn(move || {
            let text =
                text(&plan.plan.steps[at].fault)?.get(sent..).filter(|rest| !rest.is_empty())?;
            let end = text.floor_char_boundary(PIECE);
            sent += end;
            let quoted = json(&text[..end]);
            Some(quoted.as_bytes()[1..quoted.len() - 1].to_vec())
        });
        let tail = (!tail.is_empty()).then(|| tail.into_bytes());
        std::iter::once(head.into_bytes()).chain(pieces).chain(tail)
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> String {
    serde_json::to_string(value).expect("texts, numbers and lists can be written as JSON")
}
