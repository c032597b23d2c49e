//! What a user of the crate sees, a module a topic.

mod support;
mod arbitrary;

mod documents;
mod collections;
mod dates;
mod members;
mod offers;
mod vocabulary;
mod attributes;
mod messages;
mod writing;
mod access;
mod damage;
mod hostile;
mod error_responses;
mod memory;
