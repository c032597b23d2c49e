//! `/__admin/currencies`

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::{
        currencies::{Currency, CurrencyRefusal},
        currency_transaction::CurrencyTransaction,
        state::State,
    },
    reply::Reply,
};

/// The currencies and their switches; or, for one identity, its balances by code.
pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    match request.identity.clone() {
        Some(identity) => {
            let balances = request.app.currency_balances(identity);
            Ok(done(&json!({"balances": balances.ok_or(Mistake::NoSuchProfile)?})))
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
        currencies: Option<Vec<Currency>>,
        refuse: Option<VecDeque<CurrencyRefusal>>,
    }

    let change: Change = request.read()?;
    request.app.command(|state| {
        let now = state.now();
        let currencies = &mut state.currencies;
        let refusals = change.refuse.unwrap_or_else(|| currencies.refusals.clone());
        let before = std::mem::take(&mut currencies.refusals);
        currencies
            .refuse(refusals)
            .and_then(|()| match change.currencies {
                Some(all) => currencies.set(all),
                None => Ok(()),
            })
            .map_err(|what| {
                currencies.refusals = before;
                Mistake::Body(what)
            })?;
        currencies.are_enabled = change.enabled.unwrap_or(currencies.are_enabled);
        if let Some(limited) = change.limited {
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
        Some(Ok(id)) => Ok(done(&json!({"transaction_id": id}))),
        Some(Err(refused)) => Err(Mistake::Body(refused.to_string())),
        None => Err(Mistake::NoSuchProfile),
    }
}

fn settings(state: &State) -> Reply {
    #[derive(Serialize)]
    struct Settings<'a> {
        enabled: bool,
        limited: bool,
        currencies: &'a [Currency],
        refuse: &'a VecDeque<CurrencyRefusal>,
    }

    let currencies = &state.currencies;
    done(&Settings {
        enabled: currencies.are_enabled,
        limited: currencies.are_limited(),
        currencies: &currencies.all,
        refuse: &currencies.refusals,
    })
}
