//! When faults happen: a list of steps, one after the other from answer to answer.

use std::time::Duration;

use adapty_model::OPERATIONS;
use serde::{Deserialize, Serialize};

use super::{
    fault::Fault,
    steps::{self, Count, PlanStep, STEPS_LIMIT},
};
use crate::{at_most::at_most, rng::Rng};

/// How long a path may be.
const PATH_LIMIT: usize = 8 * 1024;

/// A list of faults, each for a number of answers; after the last come the usual answers again.
///
/// ```
/// use std::time::Duration;
/// use adapty_mock::{Answer, Fault, Plan};
///
/// let plan = Plan::new()
///     .then(Answer::new(429).header("Retry-After", "1"))
///     .then(Fault::None).after(Duration::from_millis(20))
///     .then(Fault::ConnectionResetByPeer).forever();
/// assert_eq!(plan.steps.len(), 3);
/// ```
///
/// As JSON: `{"steps": [{"fault": "timeout", "count": 2}], "seed": 7}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Plan {
    /// The steps, first to last; at most 10 000.
    #[serde(deserialize_with = "at_most::<_, _, STEPS_LIMIT>")]
    pub steps: Vec<Step>,
    /// The random number generator's seed: one seed, one sequence of uniform delays and random bytes.
    #[serde(default)]
    pub seed: u64,
    /// The operation whose requests the plan is for, by its name in
    /// [`OPERATIONS`](adapty_model::OPERATIONS); absent is every operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The path whose requests the plan is for, without a query, whether an operation is there or not;
    /// absent is every operation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl Plan {
    /// A plan without steps.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a step for one answer.
    #[must_use]
    pub fn then(mut self, fault: impl Into<Fault>) -> Self {
        self.steps.push(Step { fault: fault.into(), delay: None, count: Count::Times(1) });
        self
    }

    /// Makes the last step last for `count` answers.
    ///
    /// # Panics
    ///
    /// On a plan without steps.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.last().count = Count::Times(count);
        self
    }

    /// Makes the last step last until the plan is taken away.
    ///
    /// # Panics
    ///
    /// On a plan without steps.
    #[must_use]
    pub fn forever(mut self) -> Self {
        self.last().count = Count::Forever;
        self
    }

    /// Makes the last step wait first: a [`Duration`], or a [`Delay`] drawn between two.
    ///
    /// # Panics
    ///
    /// On a plan without steps.
    #[must_use]
    pub fn after(mut self, delay: impl Into<Delay>) -> Self {
        self.last().delay = Some(delay.into());
        self
    }

    /// Makes the plan one for the requests of an operation alone, such as `grant_access_level`.
    ///
    /// It comes before a plan for every operation, and does not move on for others.
    #[must_use]
    pub fn for_operation(mut self, name: impl Into<String>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Makes the plan one for the requests to a path alone, whether an operation is there or not: a path
    /// of Adapty's, or any other such as `/healthz`.
    ///
    /// It comes before a plan for an operation, and does not move on for other paths.
    #[must_use]
    pub fn for_path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Sets the random number generator's seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The plan but for its steps.
    pub(super) fn without_steps(&self) -> Self {
        let (operation, path) = (self.operation.clone(), self.path.clone());
        Self { steps: Vec::new(), seed: self.seed, operation, path }
    }

    /// Says which step cannot be played, and why.
    pub(super) fn check(&self) -> Result<(), String> {
        self.operation.as_deref().map_or(Ok(()), check_operation)?;
        if let Some(path) = &self.path {
            check_path(path).map_err(|what| format!("path: {what}"))?;
        }
        steps::check(&self.steps)
    }

    fn last(&mut self) -> &mut Step {
        self.steps.last_mut().expect("a plan begins with `then`")
    }
}

/// Says that there is no such operation, and which there are.
pub(crate) fn check_operation(name: &str) -> Result<(), String> {
    let known: Vec<_> = OPERATIONS.iter().map(|known| known.name).collect();
    match known.contains(&name) {
        true => Ok(()),
        false => {
            Err(format!("operation: there is no `{name}`, expected one of {}", known.join(", ")))
        }
    }
}

fn check_path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') {
        return Err("does not begin with `/`".to_owned());
    }
    if path.len() > PATH_LIMIT {
        return Err(format!("is longer than {PATH_LIMIT} bytes"));
    }
    if path.contains(['?', '#']) {
        return Err("has a query, and a plan looks at the path alone".to_owned());
    }
    if path.parse::<http::uri::PathAndQuery>().is_err() {
        return Err("is no path of a URL".to_owned());
    }
    if path.starts_with("/__admin/") || matches!(path, "/livez" | "/readyz") {
        return Err(format!("`{path}` is the admin API's, which has no faults"));
    }
    Ok(())
}

/// One fault for a number of answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Step {
    /// What happens.
    pub fault: Fault,
    /// How long the answer waits before that; absent is not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Delay>,
    /// For how many answers; absent is one.
    #[serde(default)]
    pub count: Count,
}

impl PlanStep for Step {
    fn count(&self) -> Count {
        self.count
    }

    fn check(&self) -> Result<(), String> {
        if let Some(Delay::Uniform { lower, upper }) = self.delay
            && lower > upper
        {
            return Err("delay: lower is above upper".to_owned());
        }
        self.fault.check().map_err(|what| format!("fault.{}.{what}", self.fault.name()))
    }
}

/// How long an answer waits; whole milliseconds.
///
/// As JSON: `{"fixed_ms": 200}` or `{"uniform_ms": {"lower": 15, "upper": 25}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub enum Delay {
    /// Always as long.
    #[serde(rename = "fixed_ms", with = "milliseconds")]
    Fixed(Duration),
    /// Drawn between the two, both included.
    #[serde(rename = "uniform_ms")]
    Uniform {
        /// The shortest wait.
        #[serde(with = "milliseconds")]
        lower: Duration,
        /// The longest wait.
        #[serde(with = "milliseconds")]
        upper: Duration,
    },
}

impl Delay {
    pub(super) fn draw(self, rng: &mut Rng) -> Duration {
        match self {
            Self::Fixed(delay) => delay,
            Self::Uniform { lower, upper } => {
                Duration::from_millis(rng.between(whole_millis(lower), whole_millis(upper)))
            }
        }
    }
}

impl From<Duration> for Delay {
    fn from(delay: Duration) -> Self {
        Self::Fixed(delay)
    }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

mod milliseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        duration: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(super::whole_millis(*duration))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
