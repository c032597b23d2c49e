//! The operations the fake answers, a file each: what is checked, what changes, what is answered.
//!
//! Methods, paths and the fields of request bodies are the fake's own and never the model's: a wrong
//! one there is to fail a test, not to agree with itself.

mod operation;
mod fields;
mod profile;
mod profile_fields;
mod access_level;
mod transaction_fields;
mod transaction_rules;

pub(crate) mod get_profile;
pub(crate) mod create_profile;
pub(crate) mod update_profile;
pub(crate) mod delete_profile;
pub(crate) mod grant_access_level;
pub(crate) mod revoke_access_level;
pub(crate) mod set_transaction;

pub(crate) use self::operation::{Operation, Request};
