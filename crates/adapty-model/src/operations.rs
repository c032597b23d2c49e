//! The operations of the API as values without I/O: what is sent, and what an answer means.
//!
//! Whoever brings an HTTP client of their own has a whole client here: [`Operation::request`] says
//! what to send, [`Operation::answer`] what came back.

mod operation;
mod spec;
mod table;
mod request;
mod answer;

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

pub use answer::AnswerError;
pub use operation::Operation;
pub use request::{Request, RequestError};
pub use spec::{Meaning, Method, Repeat, Spec};
pub use table::OPERATIONS;
