//! A method of the client for each operation.

mod get_profile;
mod create_profile;
mod update_profile;
mod delete_profile;
mod set_transaction;
mod grant_access_level;
mod revoke_access_level;
mod validate_stripe_purchase;
mod validate_paddle_purchase;
mod refund_saver_settings;
mod set_refund_saver_settings;
mod integration_identifiers;
mod set_integration_identifiers;
mod list_paywalls;
mod get_paywall;
mod update_paywall;
mod create_virtual_currency_transaction;
mod list_virtual_currency_transactions;
mod virtual_currency_balances;
