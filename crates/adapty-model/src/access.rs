//! Does this user have access, and why.

mod timeline;
mod under_policy;
mod sandbox;
mod decision;
mod policy;
mod written;
mod reasons;

pub use self::policy::Policy;
pub use self::reasons::{Access, Denial, Grant};
pub use self::timeline::Change;
pub use self::under_policy::UnderPolicy;
