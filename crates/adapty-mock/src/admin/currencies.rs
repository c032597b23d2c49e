//! `/__admin/currencies`

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json as object;

use super::request::{AdminRequest, Mistake, done, json, listed};
use crate::{
    app::{
        currencies::{Currency, CurrencyRefusal, LIMIT},
        currency_transaction::{CurrencyTransaction, TransactionRefused},
        state::State,
    },
    at_most::AtMost,
    reply::Reply,
};

/// The currencies and their switches; or, for one identity, its balances by code.
pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    match request.identity.clone() {
        Some(identity) => {
            let balances = request.app.currency_balances(identity);
            Ok(done(&object!({"balances": balances.ok_or(Mistake::NoSuchProfile)?})))
        }
        None => Ok(request.app.command(|state| settings(state))),
    }
}

/// Sets what is named, all of it or nothing.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Change {
        enabled: Option<bool>,
        limited: Option<bool>,
        currencies: Option<AtMost<Currency, LIMIT>>,
        refuse: Option<AtMost<CurrencyRefusal, LIMIT>>,
    }

    let Change { enabled, limited, currencies: all, refuse } = request.read()?;
    request.app.command(|state| {
        let now = state.now();
        let currencies = &mut state.currencies;
        if let Some(all) = all {
            currencies.set(all.0)?;
        }
        if let Some(refusals) = refuse {
            currencies.refusals = refusals.0.into();
        }
        currencies.are_enabled = enabled.unwrap_or(currencies.are_enabled);
        if let Some(limited) = limited {
            currencies.limit(limited, now);
        }
        Ok(settings(state))
    })
}

/// Carries out a transaction of one identity.
pub(super) fn post(request: &AdminRequest) -> Result<Reply, Mistake> {
    let Some(identity) = &request.identity else {
        return Err(Mistake::Identity("one identity header is needed"));
    };
    let transaction: CurrencyTransaction = request.read()?;
    match request.app.try_currency_transaction(identity, &transaction) {
        Some(Ok(id)) => Ok(done(&object!({"transaction_id": id}))),
        Some(Err(TransactionRefused::NoRoom(over))) => Err(over.into()),
        Some(Err(refused)) => Err(Mistake::Body(refused.to_string())),
        None => Err(Mistake::NoSuchProfile),
    }
}

fn settings(state: &State) -> Reply {
    let currencies = &state.currencies;
    let (enabled, limited) = (currencies.are_enabled, currencies.are_limited());
    let before = format!("{{\"enabled\":{enabled},\"limited\":{limited},\"currencies\":[");
    let all = Arc::clone(&currencies.all);
    let rows = (0..all.len()).map(move |at| [json(&all[at])]);
    let refusals = String::from_utf8_lossy(&json(&currencies.refusals)).into_owned();
    listed(before, rows, format!("],\"refuse\":{refusals}}}"))
}
