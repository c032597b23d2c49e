//! Validate Stripe purchase: JSON:API both ways, and outside the server-side API's path.

use bytes::Bytes;
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, HeaderMap},
};
use serde_json::{Map, Value, json};

use super::{
    json_body,
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::state::State,
    fixtures,
    reply::{Reason, Reply, stated},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "validate_stripe_purchase",
    method: "POST",
    path: "/api/v1/sdk/purchase/stripe/token/validate/",
    unauthorized: Reply::unauthorized,
    answer,
};

pub(super) const MEDIA_TYPE: &str = "application/vnd.api+json";
const TYPE: &str = "stripe_receipt_validation_result";

fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let mut reply = validate(state, request).unwrap_or_else(|refused| refused);
    reply.headers.push((CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)));
    Ok(reply)
}

/// In the order of the checks: media type, body, token.
fn validate(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    if !has_media_type(request.headers) {
        let what = "the request's Content-Type is not application/vnd.api+json";
        return Err(error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "", what.to_owned()));
    }
    let (customer, token) = read(request.body)?;
    let Some(purchase) = state.stripe_tokens.get(&token) else {
        return Err(invalid_token("no such token of Stripe's was prepared for this app"));
    };
    state.import_purchase(&customer, &purchase).map_err(profile::unchanged)?;
    let reason = Reason::Usual("purchase imported");
    Ok(Reply::json(StatusCode::OK, fixtures::STRIPE_VALIDATED, reason))
}

/// Without its parameters; that another one is refused is ours.
fn has_media_type(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

/// The customer and the token of a body.
fn read(body: &Bytes) -> Result<(String, String), Reply> {
    let body: Value = json_body::read(body).map_err(|what| invalid("", what))?;
    let data = object(body.get("data"), "/data")?;
    if data.get("type").and_then(Value::as_str) != Some(TYPE) {
        return Err(invalid("/data/type", format!("is not {TYPE}")));
    }
    let attributes = object(data.get("attributes"), "/data/attributes")?;
    let customer = match attributes.get("customer_user_id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        _ => {
            let what = "is no string, or empty".to_owned();
            return Err(invalid("/data/attributes/customer_user_id", what));
        }
    };
    match attributes.get("stripe_token") {
        Some(Value::String(token)) => Ok((customer, token.clone())),
        None | Some(Value::Null) => Err(invalid_token("stripe_token is null or missing")),
        Some(_) => {
            Err(invalid("/data/attributes/stripe_token", "is neither a string nor null".to_owned()))
        }
    }
}

fn object<'a>(value: Option<&'a Value>, at: &str) -> Result<&'a Map<String, Value>, Reply> {
    value.and_then(Value::as_object).ok_or_else(|| invalid(at, "is no object".to_owned()))
}

/// The one 400 that the documents print; that an unknown token gets it too is ours.
fn invalid_token(reason: &'static str) -> Reply {
    Reply::json(StatusCode::BAD_REQUEST, fixtures::STRIPE_TOKEN_INVALID, stated(reason))
}

/// A 400 of ours in the documented form.
fn invalid(pointer: &str, what: String) -> Reply {
    error(StatusCode::BAD_REQUEST, pointer, what)
}

fn error(status: StatusCode, pointer: &str, what: String) -> Reply {
    let body = json!({"errors": [{
        "detail": what,
        "source": {"pointer": pointer},
        "status": status.as_str(),
    }]});
    let reason = if pointer.is_empty() { what } else { format!("{pointer} {what}") };
    Reply::json(status, Bytes::from(body.to_string()), Reason::Stated(reason.into()))
}
