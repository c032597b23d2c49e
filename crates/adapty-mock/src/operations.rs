//! The operations the fake answers, a file each: what is checked, what changes, what is answered.
//!
//! Methods, paths and the fields of request bodies are the fake's own and never the model's: a wrong
//! one there is to fail a test, not to agree with itself.

mod get_profile;
mod delete_profile;
mod grant_access_level;
mod operation;
mod profile;

pub(crate) use self::operation::{Operation, Request};

/// Every operation the fake answers.
pub(crate) const OPERATIONS: &[Operation] =
    &[get_profile::OPERATION, delete_profile::OPERATION, grant_access_level::OPERATION];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_row_of_the_models_table() {
        for operation in OPERATIONS {
            let row = adapty_model::OPERATIONS.iter().find(|row| row.name == operation.name);
            let row = row.expect("the model knows the operation");
            assert_eq!((operation.method, operation.path), (row.method.as_str(), row.path));
        }
    }
}
