//! Faults: what goes wrong on purpose, when, and how it is done to a reply.

mod fault;
mod plan;
mod delivery;
mod steps;
mod plans;
mod running_plan;
mod raw_response;
mod response;

pub(crate) use self::delivery::DeliveryFaults;
pub use self::delivery::{DeliveryFault, DeliveryPlan, DeliveryStep};
pub use self::fault::{Answer, Fault, Then};
pub(crate) use self::plan::check_operation;
pub use self::plan::{Delay, Plan, Step};
pub(crate) use self::plans::FaultPlans;
pub(crate) use self::raw_response::{End, RawResponse};
pub(crate) use self::response::{Outcome, Response};
pub(crate) use self::running_plan::PlanLeft;
pub use self::steps::Count;
