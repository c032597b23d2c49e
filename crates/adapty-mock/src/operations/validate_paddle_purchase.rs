//! Validate Paddle purchase.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::{
    body::{object, wrong},
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{
        state::State,
        store_tokens::{PaddleErrors, PaddleRefusal, PaddleToken},
    },
    fixtures,
    reply::{Reply, profile_found},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "validate_paddle_purchase",
    method: "POST",
    path: "/api/v2/server-side-api/purchase/paddle/token/validate/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

/// In the order of the checks: body, token.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let fields = object(request.body)?;
    let customer = text(&fields, "customer_user_id")?;
    let token = text(&fields, "paddle_token")?;
    let known = state.paddle_tokens.get(token);
    let purchase = match known.as_ref().map(|known| &***known) {
        Some(PaddleToken::Purchase(purchase)) => purchase,
        Some(PaddleToken::Refusal(refusal)) => {
            let reason = "a test prepared this refusal of the token";
            return Err(refused(*refusal, state.paddle_errors, reason));
        }
        None => {
            let refusal = PaddleRefusal::InvalidPaddleCredentialsOrPurchaseNotFound;
            let reason = "no such token of Paddle's was prepared for this app";
            return Err(refused(refusal, state.paddle_errors, reason));
        }
    };
    let stored = state.import_purchase(customer, purchase).map_err(profile::unchanged)?;
    Ok(profile_found(stored.body(format)))
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<&'a str, Reply> {
    match fields.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) => Err(wrong(name, "is empty")),
        Some(_) => Err(wrong(name, "is not a string")),
        None => Err(wrong(name, "is missing")),
    }
}

/// A documented 400 in the form that was chosen.
fn refused(refusal: PaddleRefusal, errors: PaddleErrors, reason: &'static str) -> Reply {
    let [openapi, fragment]: [Bytes; 2] = match refusal {
        PaddleRefusal::NoProductsFound => {
            [fixtures::PADDLE_NO_PRODUCTS_OPENAPI, fixtures::PADDLE_NO_PRODUCTS_FRAGMENT]
        }
        PaddleRefusal::PaddleApiKeyNotFound => {
            [fixtures::PADDLE_NO_KEY_OPENAPI, fixtures::PADDLE_NO_KEY_FRAGMENT]
        }
        PaddleRefusal::InvalidPaddleCredentialsOrPurchaseNotFound => {
            [fixtures::PADDLE_NO_PURCHASE_OPENAPI, fixtures::PADDLE_NO_PURCHASE_FRAGMENT]
        }
    };
    let body = match errors {
        PaddleErrors::OpenApi => openapi,
        PaddleErrors::Fragment => fragment,
    };
    Reply::documented(StatusCode::BAD_REQUEST, body, reason)
}
