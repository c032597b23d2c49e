//! Validate Paddle purchase.

use bytes::Bytes;
use http::StatusCode;

use super::{
    fields::Fields,
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{
        state::State,
        store_tokens::{PaddleErrors, PaddleRefusal, PaddleToken},
    },
    fixtures,
    reply::{self, Reply},
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
    let fields = Fields::read(request.body)?;
    let customer = fields.id("customer_user_id")?;
    let known = state.paddle_tokens.get(&fields.id("paddle_token")?);
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
    let stored = state.import_purchase(&customer, purchase).map_err(profile::unchanged)?;
    Ok(reply::profile(stored.body(format), "purchase imported"))
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
