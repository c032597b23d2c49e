//! List virtual currency transactions: a customer's history, newest first.

use std::{collections::BTreeMap, sync::Arc};

use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use super::{
    operation::{Operation, Request},
    profile,
    virtual_currencies::enabled,
};
use crate::{
    app::{
        currency_transaction::{DoneItem, DoneTransaction},
        state::State,
        wallet::Wallet,
    },
    reply::Reply,
};

pub(crate) const OPERATION: Operation = Operation {
    name: "list_virtual_currency_transactions",
    method: "GET",
    path: "/api/v2/server-side-api/vc/transactions/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// How many transactions a page has if the query does not say.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 100;

#[derive(Serialize)]
struct Row<'a> {
    transaction_id: Uuid,
    transaction_type: &'a str,
    items: &'a [DoneItem],
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'a BTreeMap<String, String>>,
    created_at: String,
}

/// In the order of the checks: identity, switched on, query, profile, cursor.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    #[derive(Serialize)]
    struct Answer<'a> {
        data: Vec<Row<'a>>,
        pagination: Pagination,
    }

    #[derive(Serialize)]
    struct Pagination {
        next_cursor: Option<String>,
    }

    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    enabled(state)?;
    let limit = limit(request)?;
    let stored = profile::find(state, &identity, format)?;
    let mut page = page(&stored.private.wallet, request, limit + 1)?;
    let is_last = page.len() <= limit;
    page.truncate(limit);
    let next_cursor = page.last().filter(|_| !is_last).map(|oldest| oldest.cursor());
    let data = page.into_iter().map(row).collect();
    Ok(Reply::laid_out(
        &Answer { data, pagination: Pagination { next_cursor } },
        "transactions found",
    ))
}

fn row(done: &DoneTransaction) -> Row<'_> {
    Row {
        transaction_id: done.id,
        transaction_type: &done.transaction_type,
        items: &done.items,
        metadata: done.metadata.as_ref(),
        created_at: done.created_at(),
    }
}

/// So many transactions behind the cursor, or fewer if there are no more. An empty cursor or currency is
/// as good as none, as the documents' own query prints them.
fn page<'a>(
    wallet: &'a Wallet,
    request: &Request<'_>,
    count: usize,
) -> Result<Vec<&'a DoneTransaction>, Reply> {
    let given = |name| request.parameter(name).filter(|value| !value.is_empty());
    let mut rest = wallet.newest_first().map(Arc::as_ref);
    if let Some(cursor) = given("cursor")
        && !rest.any(|done| done.cursor() == cursor)
    {
        return Err(invalid_cursor());
    }
    let code = given("currency_code");
    let is_meant = |done: &&DoneTransaction| {
        code.is_none() || done.items.iter().any(|item| code.as_deref() == Some(&item.currency_code))
    };
    Ok(rest.filter(is_meant).take(count).collect())
}

fn limit(request: &Request<'_>) -> Result<usize, Reply> {
    let Some(text) = request.parameter("limit").filter(|text| !text.is_empty()) else {
        return Ok(PAGE);
    };
    let is_number = text.bytes().all(|digit| digit.is_ascii_digit());
    let number =
        text.parse().ok().filter(|number| is_number && (1..=LARGEST_PAGE).contains(number));
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let reason = "limit is not a number from 1 to 100";
    number.ok_or_else(|| Reply::error(status, "validation_error", Some("limit"), reason))
}

/// The documented code; the words are ours.
fn invalid_cursor() -> Reply {
    let reason = "cursor is none that was given for this profile";
    Reply::error(StatusCode::BAD_REQUEST, "invalid_cursor", Some("cursor"), reason)
}
