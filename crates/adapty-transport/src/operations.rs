//! A method of the client for each operation.

mod get_profile;
mod delete_profile;
mod grant_access_level;
