//! What a user of the crate sees, a module a topic.

#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a helper of a test may panic, and takes what reads well at its call"
)]

mod support;
mod arbitrary;

mod documents;
mod collections;
mod dates;
mod members;
mod offers;
mod open_enums;
mod attributes;
mod messages;
mod writing;
mod formats;
mod access;
mod damage;
mod hostile;
mod error_responses;
mod memory;
mod webhooks;
mod identity;
mod operations;
