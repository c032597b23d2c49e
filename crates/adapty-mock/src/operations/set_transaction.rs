//! Set transaction.

use http::StatusCode;

use super::{
    access_level,
    fields::Fields,
    operation::{Operation, Request},
    profile, transaction_fields,
    transaction_rules::broken_rule,
};
use crate::{
    app::state::State,
    reply::{self, Reply, stated},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "set_transaction",
    method: "POST",
    path: "/api/v2/server-side-api/purchase/set/transaction/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// In the order of the checks: identity, body, rules, access level, profile.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let transaction = transaction_fields::read(&Fields::read(request.body)?)?;
    if let Some(rule) = broken_rule(&transaction) {
        return Err(Reply::json(StatusCode::BAD_REQUEST, rule.body, stated(rule.reason)));
    }
    if let Some(level) = state.settings().access_level_of(&transaction.product) {
        access_level::check(state, level)?;
    }
    let stored = profile::find_for_purchase(state, &identity, format)?;
    let changed = state.set_transaction(&stored, &transaction).map_err(profile::unchanged)?;
    Ok(reply::profile(changed.body(format), "transaction set"))
}
