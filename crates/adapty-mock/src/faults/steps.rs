//! The steps of a plan, of whichever kind: how many there may be, how often each is done, and where a plan
//! is that is under way.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// How many steps a plan may have.
pub(super) const STEPS_LIMIT: usize = 10_000;

/// One step of a plan.
pub(super) trait PlanStep {
    /// How often it is done.
    fn count(&self) -> Count;

    /// Says what of it cannot be done, by the path below the step.
    fn check(&self) -> Result<(), String>;
}

/// Says which step cannot be done, and why.
pub(super) fn check(steps: &[impl PlanStep]) -> Result<(), String> {
    if steps.len() > STEPS_LIMIT {
        return Err(format!("steps: there are {}, at most {STEPS_LIMIT} may be", steps.len()));
    }
    for (at, step) in steps.iter().enumerate() {
        if step.count() == Count::Times(0) {
            return Err(format!("steps[{at}].count: is 0, and a step is done once at least"));
        }
        step.check().map_err(|what| format!("steps[{at}].{what}"))?;
    }
    Ok(())
}

/// For how many answers, or events, a step lasts.
///
/// As JSON: a whole number from 1, or `"forever"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Count {
    /// This many; a plan with a step of 0 is refused.
    Times(u64),
    /// Until the plan is taken away.
    Forever,
}

impl Default for Count {
    fn default() -> Self {
        Self::Times(1)
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Times(count) => serializer.serialize_u64(*count),
            Self::Forever => serializer.serialize_str("forever"),
        }
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CountVisitor;

        impl de::Visitor<'_> for CountVisitor {
            type Value = Count;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or \"forever\"")
            }

            fn visit_u64<E: de::Error>(self, count: u64) -> Result<Count, E> {
                Ok(Count::Times(count))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Count, E> {
                match text {
                    "forever" => Ok(Count::Forever),
                    _ => Err(E::invalid_value(de::Unexpected::Str(text), &self)),
                }
            }
        }

        deserializer.deserialize_any(CountVisitor)
    }
}

/// Where a plan is: the step to come, and how often that is still done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    step: usize,
    left: Count,
}

impl Place {
    /// Before the first step.
    pub(super) fn first(steps: &[impl PlanStep]) -> Self {
        Self::before(0, steps)
    }

    fn before(step: usize, steps: &[impl PlanStep]) -> Self {
        Self { step, left: steps.get(step).map_or(Count::Times(0), PlanStep::count) }
    }

    /// Moves on by one; gives the step to do, or `None` after the last.
    pub(super) fn next(&mut self, steps: &[impl PlanStep]) -> Option<usize> {
        let step = self.step;
        steps.get(step)?;
        match &mut self.left {
            Count::Forever => {}
            Count::Times(left @ 2..) => *left -= 1,
            Count::Times(_) => *self = Self::before(step + 1, steps),
        }
        Some(step)
    }

    /// The step to come.
    pub(super) fn step(self) -> usize {
        self.step
    }

    /// How often a step from here on is still done.
    pub(super) fn count_of(self, step: usize, steps: &[impl PlanStep]) -> Count {
        if step == self.step { self.left } else { steps[step].count() }
    }
}
