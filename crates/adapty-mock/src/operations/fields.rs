//! The fields of a request's body, read one by one; the first that is not what it should be is named.
//!
//! No document says how a field of the wrong type is answered: the code and the words are ours.

use adapty_model::time::OffsetDateTime;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use super::json_body;
use crate::{dates, reply::Reply};

/// The answer to a field that is not what it should be, of its name and what is wrong.
pub(super) type WrongField = fn(&str, String) -> Reply;

/// The usual answer.
fn invalid(field: &str, what: String) -> Reply {
    Reply::mistake(StatusCode::BAD_REQUEST, "validation_error", Some(field), what)
}

/// The answer of an operation whose documented 400 has texts for errors.
pub(super) fn invalid_in_texts(_: &str, what: String) -> Reply {
    Reply::mistake_in_texts(StatusCode::BAD_REQUEST, "validation_error", what)
}

/// The fields of a body, or of an object in it.
pub(super) struct Fields {
    /// Where they stand: nothing for the body's own, `price.` for those of `price`.
    place: String,
    wrong: WrongField,
    fields: Map<String, Value>,
}

impl Fields {
    /// Reads a body.
    pub(super) fn read(body: &Bytes) -> Result<Self, Reply> {
        Self::read_or(body, invalid)
    }

    /// Reads a body, whose fields have an answer of their own if they are not what they should be.
    pub(super) fn read_or(body: &Bytes, wrong: WrongField) -> Result<Self, Reply> {
        Self::of(json_body::read_or_refuse(body)?, wrong)
    }

    /// The fields of a body that was read.
    pub(super) fn of(body: Value, wrong: WrongField) -> Result<Self, Reply> {
        match body {
            Value::Object(fields) => Ok(Self { place: String::new(), wrong, fields }),
            _ => Err(wrong("non_field_errors", "the body is JSON, and no object".to_owned())),
        }
    }

    /// No fields, as a body that was left out has.
    pub(super) fn none() -> Self {
        Self { place: String::new(), wrong: invalid, fields: Map::new() }
    }

    /// The value of a field, `null` included; `None` where it is absent.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// A text that is required and not empty.
    pub(super) fn id(&self, name: &str) -> Result<String, Reply> {
        match self.text(name)? {
            text if text.is_empty() => Err(self.wrong(name, "is empty")),
            text => Ok(text),
        }
    }

    /// A text that is required.
    pub(super) fn text(&self, name: &str) -> Result<String, Reply> {
        match self.required(name)? {
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.wrong(name, "is not a string")),
        }
    }

    /// A text, or `None` where it is absent or `null`.
    pub(super) fn optional_text(&self, name: &str) -> Result<Option<String>, Reply> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "is neither a string nor null")),
        }
    }

    /// A text that is one of some words.
    pub(super) fn word(&self, name: &str, words: &[&str]) -> Result<String, Reply> {
        let text = self.text(name)?;
        self.one_of(name, &text, words)?;
        Ok(text)
    }

    /// A text that is one of some words, or `None` where it is absent or `null`.
    pub(super) fn optional_word(
        &self,
        name: &str,
        words: &[&str],
    ) -> Result<Option<String>, Reply> {
        let text = self.optional_text(name)?;
        if let Some(text) = &text {
            self.one_of(name, text, words)?;
        }
        Ok(text)
    }

    /// A date that is required.
    pub(super) fn date(&self, name: &str) -> Result<OffsetDateTime, Reply> {
        let text = self.text(name)?;
        dates::read(&text).ok_or_else(|| self.wrong(name, "is not a date with time and zone"))
    }

    /// A date, or `None` where it is absent or `null`.
    pub(super) fn optional_date(&self, name: &str) -> Result<Option<OffsetDateTime>, Reply> {
        self.optional_text(name)?.map(|_| self.date(name)).transpose()
    }

    /// A boolean that is required.
    pub(super) fn boolean(&self, name: &str) -> Result<bool, Reply> {
        match self.required(name)? {
            Value::Bool(boolean) => Ok(*boolean),
            _ => Err(self.wrong(name, "is not a boolean")),
        }
    }

    /// A number that is required.
    pub(super) fn number(&self, name: &str) -> Result<f64, Reply> {
        let number = self.required(name)?.as_f64();
        number.ok_or_else(|| self.wrong(name, "is not a number"))
    }

    /// An object that is required.
    pub(super) fn object(&self, name: &str) -> Result<Self, Reply> {
        match self.required(name)? {
            Value::Object(fields) => Ok(self.inner(&format!("{name}."), fields)),
            _ => Err(self.wrong(name, "is not an object")),
        }
    }

    /// An object, or `None` where it is absent or `null`.
    pub(super) fn optional_object(&self, name: &str) -> Result<Option<Self>, Reply> {
        match self.value(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(self.inner(&format!("{name}."), fields))),
            Some(_) => Err(self.wrong(name, "is neither an object nor null")),
        }
    }

    /// The objects of an array that is required.
    pub(super) fn objects(&self, name: &str) -> Result<Vec<Self>, Reply> {
        let Value::Array(items) = self.required(name)? else {
            return Err(self.wrong(name, "is not an array"));
        };
        let object = |(at, item): (usize, &Value)| match item {
            Value::Object(fields) => Ok(self.inner(&format!("{name}[{at}]."), fields)),
            _ => Err(self.wrong(&format!("{name}[{at}]"), "is not an object")),
        };
        items.iter().enumerate().map(object).collect()
    }

    /// All of them, as an object.
    pub(super) fn into_value(self) -> Value {
        Value::Object(self.fields)
    }

    /// The answer to a field that is not what it should be.
    pub(super) fn wrong(&self, name: &str, what: &str) -> Reply {
        let field = format!("{}{name}", self.place);
        let what = format!("{field} {what}");
        (self.wrong)(&field, what)
    }

    fn required(&self, name: &str) -> Result<&Value, Reply> {
        self.value(name).ok_or_else(|| self.wrong(name, "is missing"))
    }

    fn one_of(&self, name: &str, text: &str, words: &[&str]) -> Result<(), Reply> {
        match words.contains(&text) {
            true => Ok(()),
            false => Err(self.wrong(name, &format!("is none of {}", words.join(", ")))),
        }
    }

    fn inner(&self, name: &str, fields: &Map<String, Value>) -> Self {
        let place = format!("{}{name}", self.place);
        Self { place, wrong: self.wrong, fields: fields.clone() }
    }
}
