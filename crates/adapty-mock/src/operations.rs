//! The operations the fake answers, a file each: what is checked, what changes, what is answered.
//!
//! Methods, paths and the fields of request bodies are the fake's own and never the model's: a wrong
//! one there is to fail a test, not to agree with itself.

mod operation;
mod fields;
mod json_body;
mod profile;
mod profile_fields;
mod access_level;
mod transaction_fields;
mod transaction_rules;
mod virtual_currencies;

pub(crate) mod documented_errors;
pub(crate) mod get_profile;
pub(crate) mod create_profile;
pub(crate) mod update_profile;
pub(crate) mod delete_profile;
pub(crate) mod set_transaction;
pub(crate) mod grant_access_level;
pub(crate) mod revoke_access_level;
pub(crate) mod validate_stripe_purchase;
pub(crate) mod validate_paddle_purchase;
pub(crate) mod refund_saver_settings;
pub(crate) mod set_refund_saver_settings;
pub(crate) mod integration_identifiers;
pub(crate) mod set_integration_identifiers;
pub(crate) mod list_paywalls;
pub(crate) mod get_paywall;
pub(crate) mod update_paywall;
pub(crate) mod create_virtual_currency_transaction;
pub(crate) mod list_virtual_currency_transactions;
pub(crate) mod virtual_currency_balances;

pub(crate) use self::operation::{Operation, Request};
