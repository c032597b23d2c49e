//! The body of an unsuccessful answer.

use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::json;
use crate::json::object::written_object;
use crate::json::{Raw, ReadError, read};

/// What the API says went wrong.
///
/// The documents show four forms of one thing, and all four, mixed or in part, become this:
///
/// | form | `errors` on the wire | becomes |
/// | --- | --- | --- |
/// | A | `[{"source": "field" or null, "errors": ["text"]}]` | an item each |
/// | B | `["text"]` | an item without a source each |
/// | C | `{"field": ["text"]}` | an item a key |
/// | D | `[{"detail": "text", "source": {"pointer": "/field"}}]` | an item each |
///
/// An error must never get lost because its body is odd, so any JSON object reads. What stands where
/// a message should and is none is kept as the JSON it is, and a `detail` beside no `errors` is taken
/// for them, as web frameworks write it. Of a field that is there twice the last one counts.
///
/// Written is form A.
///
/// It reads from whatever serde reads from: [`Value`], MessagePack, the inside of an untagged enum. There
/// the items of form C come in the order of their keys, and a body that holds a number beyond every
/// float, or text with half a surrogate pair, may be refused by the format; [`from_json`](Self::from_json)
/// knows neither limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct ErrorResponse {
    /// What is wrong, item by item; often one, possibly none.
    ///
    /// Wire: `errors`, in one of the four forms.
    pub errors: Vec<ErrorItem>,

    /// The error's short name, out of an open set: see [`error_code`](crate::error_code).
    ///
    /// Wire: `error_code`, a string. Form D has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,

    /// The HTTP status as the body has it; the answer's own wins where they differ.
    ///
    /// Wire: `status_code`, an integer. Form D has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_code: Option<i64>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct ErrorItem {
    /// What it is wrong with: a field, `non_field_errors`, or a JSON pointer (form D).
    ///
    /// Wire: `source`, a string or `null`; a key of `errors` in form C; absent in form B.
    pub source: Option<String>,

    /// What is wrong with it, in words; possibly none.
    ///
    /// Wire: `errors`, an array of texts; one text in forms B and D (`detail`).
    pub errors: Vec<String>,
}

impl ErrorResponse {
    /// Reads the body of an unsuccessful answer.
    ///
    /// # Errors
    ///
    /// - The body is not UTF-8, or not JSON: empty, cut off, a page of HTML.
    /// - The body is JSON, and no object.
    pub fn from_json(body: &[u8]) -> Result<Self, ReadError> {
        let raw: Box<RawValue> = read(body)?;
        match Raw::open(&raw) {
            Raw::Object(fields) => Ok(Self::of(fields)),
            // For its error: it is no object.
            _ => read(body),
        }
    }

    fn of<'a>(fields: impl IntoIterator<Item = (Vec<u8>, &'a RawValue)>) -> Self {
        let mut response = Self::default();
        let mut detail = Vec::new();
        for (key, raw) in fields {
            match key.as_slice() {
                b"errors" => response.errors = items(raw),
                b"error_code" => response.error_code = text(raw),
                b"status_code" => response.status_code = integer(raw),
                b"detail" => detail = items(raw),
                _ => {}
            }
        }
        if response.errors.is_empty() {
            response.errors = detail;
        }
        response
    }
}

impl ErrorItem {
    /// An item from its two fields.
    #[must_use]
    pub fn new(source: Option<String>, errors: Vec<String>) -> Self {
        Self { source, errors }
    }
}

written_object!(ErrorResponse);
written_object!(ErrorItem);

impl<'de> Deserialize<'de> for ErrorResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyObject;

        const KEYS: [&str; 4] = ["errors", "error_code", "status_code", "detail"];

        impl<'de> Visitor<'de> for AnyObject {
            type Value = ErrorResponse;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ErrorResponse, A::Error> {
                let mut fields = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    if !KEYS.contains(&key.as_str()) {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let value: Value = map.next_value()?;
                    fields.push((key, to_raw_value(&value).map_err(A::Error::custom)?));
                }
                let fields = fields.iter().map(|(key, raw)| (key.clone().into_bytes(), &**raw));
                Ok(ErrorResponse::of(fields))
            }
        }

        deserializer.deserialize_map(AnyObject)
    }
}

fn items(raw: &RawValue) -> Vec<ErrorItem> {
    match Raw::open(raw) {
        Raw::Array(items) => items.into_iter().filter_map(item).collect(),
        Raw::Object(fields) => fields
            .into_iter()
            .map(|(source, raw)| ErrorItem::new(Some(readable(&source)), messages(raw)))
            .collect(),
        _ => item(raw).into_iter().collect(),
    }
}

/// An element of `errors`; `null` is none.
fn item(raw: &RawValue) -> Option<ErrorItem> {
    let Raw::Object(fields) = Raw::open(raw) else {
        return message(raw).map(|message| ErrorItem::new(None, vec![message]));
    };
    let mut item = ErrorItem::default();
    let mut is_of_a_form = fields.is_empty();
    for (key, raw) in fields {
        match key.as_slice() {
            b"source" => item.source = source(raw),
            b"errors" | b"detail" => item.errors.extend(messages(raw)),
            _ => continue,
        }
        is_of_a_form = true;
    }
    if !is_of_a_form {
        item.errors.push(raw.get().to_owned());
    }
    Some(item)
}

fn readable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn source(raw: &RawValue) -> Option<String> {
    match Raw::open(raw) {
        Raw::Object(fields) => {
            fields.into_iter().find(|(key, _)| key == b"pointer").and_then(|(_, raw)| message(raw))
        }
        _ => message(raw),
    }
}

fn messages(raw: &RawValue) -> Vec<String> {
    match Raw::open(raw) {
        Raw::Array(messages) => messages.into_iter().filter_map(message).collect(),
        _ => message(raw).into_iter().collect(),
    }
}

/// Text as it is, anything else as the JSON it is, so that no message is lost; `null` is none.
fn message(raw: &RawValue) -> Option<String> {
    match Raw::open(raw) {
        Raw::Null => None,
        Raw::Text(text) | Raw::BrokenText(text) => Some(text),
        _ => Some(raw.get().to_owned()),
    }
}

fn text(raw: &RawValue) -> Option<String> {
    match Raw::open(raw) {
        Raw::Text(text) | Raw::BrokenText(text) => Some(text),
        _ => None,
    }
}

fn integer(raw: &RawValue) -> Option<i64> {
    json::integer::option::deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()?
}
