//! Routing: from path and method to an operation.

use http::Method;

use super::request::{BodyError, ReceivedRequest};
use crate::{
    operations::{self, Operation},
    reply::{Reply, no_room},
};

/// Every operation the fake answers.
const OPERATIONS: &[Operation] = &[
    operations::get_profile::OPERATION,
    operations::create_profile::OPERATION,
    operations::update_profile::OPERATION,
    operations::delete_profile::OPERATION,
    operations::set_transaction::OPERATION,
    operations::grant_access_level::OPERATION,
    operations::revoke_access_level::OPERATION,
    operations::validate_stripe_purchase::OPERATION,
    operations::validate_paddle_purchase::OPERATION,
    operations::refund_saver_settings::OPERATION,
    operations::set_refund_saver_settings::OPERATION,
    operations::integration_identifiers::OPERATION,
    operations::set_integration_identifiers::OPERATION,
    operations::list_paywalls::OPERATION,
    operations::get_paywall::OPERATION,
    operations::update_paywall::OPERATION,
    operations::create_virtual_currency_transaction::OPERATION,
    operations::list_virtual_currency_transactions::OPERATION,
    operations::virtual_currency_balances::OPERATION,
];

/// An operation, and what stands for the placeholder of its path.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    pub(super) operation: &'static Operation,
    pub(super) path_id: &'a str,
}

/// The operation a request asks for, or the answer to one that asks for none.
pub(super) fn route<'a>(
    request: &ReceivedRequest<'a>,
    redirects_missing_slash: bool,
) -> Result<Route<'a>, Reply> {
    let (path, method) = (request.head.uri.path(), request.head.method);
    let of_path = || {
        let matching = |operation: &'static Operation| {
            let path_id = operation.matches(path)?.unwrap_or_default();
            Some(Route { operation, path_id })
        };
        OPERATIONS.iter().filter_map(matching)
    };
    if let Some(route) = of_path().find(|route| route.operation.method == method.as_str()) {
        return match request.body {
            Ok(_) => Ok(route),
            Err(BodyError::TooLarge) => {
                Err(Reply::body_too_large("the request's body is larger than 64 KiB"))
            }
            Err(BodyError::TooSlow) => Err(Reply::body_too_slow()),
            Err(BodyError::Broken) => Err(Reply::body_broken()),
            Err(BodyError::NoRoom(over)) => Err(no_room(over)),
        };
    }
    let allowed: Vec<_> = of_path().map(|route| route.operation.method).collect();
    if !allowed.is_empty() {
        return Err(Reply::wrong_method(&allowed.join(", ")));
    }
    let with_slash = format!("{path}/");
    let lacks_slash = OPERATIONS.iter().any(|operation| operation.matches(&with_slash).is_some());
    Err(match lacks_slash {
        true if redirects_missing_slash && *method == Method::GET => {
            Reply::slash_missing_redirect(&with_slash)
        }
        true => Reply::slash_missing(),
        false => Reply::no_such_path(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_the_models_table() {
        let rows: Vec<_> = OPERATIONS.iter().map(|row| (row.name, row.method, row.path)).collect();
        let models = adapty_model::OPERATIONS.iter();
        let models: Vec<_> = models.map(|row| (row.name, row.method.as_str(), row.path)).collect();
        assert_eq!(rows, models);
    }
}
