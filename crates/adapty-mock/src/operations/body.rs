//! Reading the body of a request, and what is said of one that is not as it should be.

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::reply::{Reply, parse_error};

/// The fields of a body, which is an object.
pub(super) fn object(body: &Bytes) -> Result<Map<String, Value>, Reply> {
    match serde_json::from_slice(body).map_err(|error| parse_error(&error))? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Reply::invalid("non_field_errors", "the body is JSON, and no object")),
    }
}

/// A 400 about a field that is not what it should be; no document says how this is answered.
pub(super) fn wrong(field: &str, what: &str) -> Reply {
    refused(StatusCode::BAD_REQUEST, field, what)
}

/// The same with another status.
pub(super) fn refused(status: StatusCode, field: &str, what: &str) -> Reply {
    Reply::mistake(status, "validation_error", Some(field), format!("{field} {what}"))
}
