//! The server as its clients see it: over sockets, and through the library's public API.

mod support;

mod admin;
mod answers;
mod apps;
mod clock;
mod date_changes;
mod event_streams;
#[cfg(all(feature = "cli", unix))]
mod command;
mod editions;
mod expectations;
mod documented_errors;
mod create_profile;
mod update_profile;
mod delete_profile;
mod grant_access_level;
mod revoke_access_level;
mod set_transaction;
mod integration_identifiers;
mod refund_saver;
mod faults;
mod hostile;
mod journal;
mod lifetime;
mod paywalls;
mod profiles;
mod memory;
mod readme;
mod customers;
mod subscriptions;
mod webhooks;
mod flows;
mod receiver;
mod settings;
mod commands;
mod validate_purchases;
mod virtual_currencies;
