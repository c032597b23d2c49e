//! List paywalls.

use http::StatusCode;
use serde::Serialize;

use super::operation::{Operation, Request};
use crate::{app::state::State, fixtures, raw_json::Object, reply::Reply};

pub(crate) const OPERATION: Operation = Operation {
    name: "list_paywalls",
    method: "GET",
    path: "/api/v2/server-side-api/paywalls/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

/// How many paywalls a page has if the query does not say.
const PAGE_SIZE: usize = 20;
const LARGEST_PAGE: usize = 100;

/// A page behind the last has no paywalls; no document says so.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    #[derive(Serialize)]
    struct Answer<'a> {
        data: Vec<Object<'a>>,
        meta: Meta,
    }

    #[derive(Serialize)]
    struct Meta {
        pagination: Pagination,
    }

    #[derive(Serialize)]
    struct Pagination {
        count: usize,
        page: usize,
        pages: usize,
    }

    let size = number(request, "page[size]", PAGE_SIZE).filter(|size| *size <= LARGEST_PAGE);
    let size = size.ok_or_else(wrong_size)?;
    let page = number(request, "page[number]", 1).ok_or_else(wrong_number)?;
    let paywalls = state.paywalls.all();
    let of_page = paywalls.iter().skip((page - 1).saturating_mul(size)).take(size);
    let (count, pages) = (paywalls.len(), paywalls.len().div_ceil(size));
    Ok(Reply::laid_out(
        &Answer {
            data: of_page.map(|paywall| paywall.row()).collect(),
            meta: Meta { pagination: Pagination { count, page, pages } },
        },
        "paywalls found",
    ))
}

/// A number from 1 on.
fn number(request: &Request<'_>, name: &str, default: usize) -> Option<usize> {
    match request.parameter(name) {
        None => Some(default),
        Some(text) if text.bytes().all(|digit| digit.is_ascii_digit()) => {
            text.parse().ok().filter(|number| *number > 0)
        }
        Some(_) => None,
    }
}

/// The documented 400, which names the parameter otherwise than it is called.
fn wrong_size() -> Reply {
    let reason = "page[size] is not a number from 1 to 100";
    Reply::documented(StatusCode::BAD_REQUEST, fixtures::PAGE_SIZE_INVALID, reason)
}

fn wrong_number() -> Reply {
    Reply::invalid("page_number", "page[number] is not a number from 1 on")
}
