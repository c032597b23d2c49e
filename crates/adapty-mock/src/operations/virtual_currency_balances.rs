//! Virtual currency balances.

use serde::Serialize;

use super::{
    operation::{Operation, Request},
    profile,
    virtual_currencies::enabled,
};
use crate::{
    app::{currencies::Balance, state::State},
    reply::Reply,
};

pub(crate) const OPERATION: Operation = Operation {
    name: "virtual_currency_balances",
    method: "GET",
    path: "/api/v2/server-side-api/vc/balances/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// Every currency of the app, in its order; an empty list where it has none.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    #[derive(Serialize)]
    struct Answer {
        /// In Unix milliseconds.
        response_created_at: i128,
        data: Vec<Balance>,
    }

    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    enabled(state)?;
    let stored = profile::find(state, &identity, format)?;
    let data = state.balances(&stored);
    let response_created_at = state.now().unix_timestamp_nanos() / 1_000_000;
    Ok(Reply::laid_out(&Answer { response_created_at, data }, "balances found"))
}
