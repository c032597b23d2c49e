//! Does this user have access, and why.

mod timeline;
mod under_policy;
mod sandbox;
mod policy;
mod written;
mod decision;

pub use self::decision::{Access, Denial, Grant};
pub use self::policy::Policy;
pub use self::timeline::Change;
pub use self::under_policy::UnderPolicy;
