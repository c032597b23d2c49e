//! The operations the fake answers, a file each: what is checked, what changes, what is answered.
//!
//! Methods, paths and the fields of request bodies are the fake's own and never the model's: a wrong
//! one there is to fail a test, not to agree with itself.

mod body;
mod operation;
mod profile;

pub(crate) mod get_profile;
pub(crate) mod delete_profile;
pub(crate) mod grant_access_level;
pub(crate) mod refund_saver_settings;
pub(crate) mod set_refund_saver_settings;
pub(crate) mod integration_identifiers;
pub(crate) mod set_integration_identifiers;

pub(crate) use self::operation::{Operation, Request};
