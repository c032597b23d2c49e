//! Grant access level.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::{
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{grant_access_level::Grant, state::State},
    dates, fixtures,
    reply::{Reply, parse_error, profile_found, stated},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "grant_access_level",
    method: "POST",
    path: "/api/v2/server-side-api/purchase/profile/grant/access-level/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// In the order of the checks: identity, body, access level, profile.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let grant = grant(request.body)?;
    if !state.has_access_level(&grant.access_level_id) {
        return Err(no_such_access_level(&grant.access_level_id));
    }
    let stored = profile::find(state, &identity, format)?;
    let granted = state.grant_access_level(&stored, &grant).map_err(profile::unchanged)?;
    Ok(profile_found(granted.body(format)))
}

fn grant(body: &Bytes) -> Result<Grant, Reply> {
    let body: Value = serde_json::from_slice(body).map_err(|error| parse_error(&error))?;
    let Value::Object(fields) = body else {
        return Err(Reply::invalid("non_field_errors", "the body is JSON, and no object"));
    };
    let access_level_id = match fields.get("access_level_id") {
        Some(Value::String(id)) if !id.is_empty() => id.clone(),
        Some(Value::String(_)) => return Err(wrong("access_level_id", "is empty")),
        Some(_) => return Err(wrong("access_level_id", "is not a string")),
        None => return Err(wrong("access_level_id", "is missing")),
    };
    Ok(Grant {
        access_level_id,
        starts_at: date(&fields, "starts_at")?,
        expires_at: date(&fields, "expires_at")?,
    })
}

fn date(
    fields: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<adapty_model::time::OffsetDateTime>, Reply> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => match dates::read(text) {
            Some(date) => Ok(Some(date)),
            None => Err(wrong(name, "is not a date with time and zone")),
        },
        Some(_) => Err(wrong(name, "is neither a string nor null")),
    }
}

/// A field that is not what it should be; no document says how this is answered.
fn wrong(field: &'static str, what: &str) -> Reply {
    let code = "validation_error";
    Reply::mistake(StatusCode::BAD_REQUEST, code, Some(field), format!("{field} {what}"))
}

/// The documented 400: byte for byte for the level the document names.
fn no_such_access_level(id: &str) -> Reply {
    let reason = stated("the app has no such access level");
    let documented = fixtures::PAID_ACCESS_LEVEL_DOES_NOT_EXIST;
    let body = match id {
        "premium" => documented,
        _ => {
            let text = String::from_utf8_lossy(&documented);
            let id = Value::from(id).to_string();
            let id = id.trim_matches('"');
            Bytes::from(text.replace("`premium`", &format!("`{id}`")))
        }
    };
    Reply::json(StatusCode::BAD_REQUEST, body, reason)
}
