//! The error that an operation's document shows for a status.

use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

use super::{operation::Operation, validate_stripe_purchase::MEDIA_TYPE};
use crate::{fixtures, reply::Reply};

/// What an operation answers with this status, for an answer of a test that names the status alone: what
/// its own document shows, of several the first that it checks; or else what goes with the status alone.
pub(crate) fn of_status(operation: &Operation, status: StatusCode) -> Reply {
    const REASON: &str = "a fault plan says so";
    let documented = match (operation.name, status.as_u16()) {
        (_, 401) => return (operation.unauthorized)(REASON),
        ("validate_stripe_purchase", 400) => {
            let mut reply = Reply::documented(status, fixtures::STRIPE_TOKEN_INVALID, REASON);
            reply.headers.push((CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)));
            return reply;
        }
        ("validate_paddle_purchase", 400) => fixtures::PADDLE_NO_PURCHASE_OPENAPI,
        ("grant_access_level" | "revoke_access_level", 400) => {
            fixtures::PAID_ACCESS_LEVEL_DOES_NOT_EXIST
        }
        ("set_transaction", 400) => fixtures::transaction_rules::STORE_TRANSACTION_ID,
        ("refund_saver_settings", 400) => fixtures::REFUND_SAVER_PROFILE_DOES_NOT_EXIST,
        ("set_refund_saver_settings", 400) => fixtures::REFUND_SAVER_INVALID,
        ("set_integration_identifiers", 400) => fixtures::INTEGRATION_IDENTIFIERS_INVALID,
        ("integration_identifiers" | "set_integration_identifiers", 404) => {
            fixtures::PROFILE_NOT_FOUND
        }
        ("list_paywalls", 400) => fixtures::PAGE_SIZE_INVALID,
        ("update_paywall", 400) => fixtures::PAYWALL_INVALID,
        ("get_paywall" | "update_paywall", 404) => fixtures::PAYWALL_DOES_NOT_EXIST,
        ("create_virtual_currency_transaction", 400) => fixtures::INSUFFICIENT_BALANCE,
        ("create_virtual_currency_transaction", 409) => fixtures::IDEMPOTENCY_IN_FLIGHT,
        (
            "create_virtual_currency_transaction"
            | "list_virtual_currency_transactions"
            | "virtual_currency_balances",
            403,
        ) => fixtures::FEATURE_NOT_ENABLED,
        _ => return Reply::of_status(status, REASON),
    };
    Reply::documented(status, documented, REASON)
}
