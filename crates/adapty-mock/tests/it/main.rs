//! The server as its clients see it: over sockets, and through the library's public API.

mod support;

mod admin;
mod answers;
mod apps;
#[cfg(feature = "cli")]
mod command;
mod editions;
mod expectations;
mod delete_profile;
mod grant_access_level;
mod integration_identifiers;
mod refund_saver;
mod faults;
mod hostile;
mod journal;
mod lifetime;
mod paywalls;
mod profiles;
mod readme;
mod validate_purchases;
mod virtual_currencies;
