//! Reading a body once more, slowly, when the quick reading stumbled: what is wrong, and where.
//!
//! serde_json's own message would do for the place, but it shows what it found, ids included.

use std::fmt;

use serde::de::value::BytesDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::error::{ReadError, ReadErrorKind};
use super::path::{Step, path};
use super::raw::Raw;

/// Reads a body value by value.
///
/// It is the more lenient reading: an unknown field whose name has half a surrogate pair stops the
/// quick one and is passed over here.
#[cold]
pub(super) fn read_again<T: DeserializeOwned>(text: &str) -> Result<T, ReadError> {
    let not_json =
        |found: String| ReadError::new(ReadErrorKind::NotJson, String::new(), "JSON", found);
    if text.starts_with('\u{feff}') {
        return Err(not_json("a byte order mark stands in front".to_owned()));
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| not_json(error.to_string()))?;
    T::deserialize(Node::new(raw, 0)).map_err(ReadError::from)
}

/// How many values a value may stand in: serde_json's own limit.
const MAX_DEPTH: usize = 127;

/// A value of the body in a deserializer of its own, whose errors know their path.
struct Node<'de> {
    raw: &'de RawValue,
    /// Whether the keys of an object are the documents' own, and may be shown.
    named: bool,
    /// In how many others it stands.
    depth: usize,
}

impl<'de> Node<'de> {
    fn new(raw: &'de RawValue, depth: usize) -> Self {
        Self { raw, named: false, depth }
    }

    fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let unreadable =
            |what, visitor: &V| de::Error::invalid_type(Unexpected::Other(what), visitor);
        match Raw::open(self.raw) {
            Raw::Null => visitor.visit_unit(),
            Raw::Boolean(flag) => visitor.visit_bool(flag),
            Raw::Number(Some(number)) => visit_number(&number, visitor),
            Raw::Number(None) => Err(unreadable("a number out of range", &visitor)),
            Raw::Text(text) => visitor.visit_string(text),
            Raw::BrokenText(_) => Err(unreadable("a string with half a surrogate pair", &visitor)),
            Raw::Array(_) | Raw::Object(_) if self.depth > MAX_DEPTH => {
                Err(unreadable("more than 128 values within each other", &visitor))
            }
            Raw::Array(rows) => {
                visitor.visit_seq(Rows { rows: rows.into_iter(), next: 0, depth: self.depth + 1 })
            }
            Raw::Object(fields) => visitor.visit_map(Fields {
                fields: fields.into_iter(),
                value: None,
                position: 0,
                named: self.named,
                depth: self.depth + 1,
            }),
        }
    }
}

fn visit_number<'de, V>(number: &serde_json::Number, visitor: V) -> Result<V::Value, Fault>
where
    V: Visitor<'de>,
{
    match (number.as_u64(), number.as_i64(), number.as_f64()) {
        (Some(number), _, _) => visitor.visit_u64(number),
        (_, Some(number), _) => visitor.visit_i64(number),
        (_, _, number) => visitor.visit_f64(number.unwrap_or(f64::INFINITY)),
    }
}

impl<'de> Deserializer<'de> for Node<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit(visitor)
    }

    /// An object that is an option is a row, unless a map is asked for.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match Raw::open(self.raw) {
            Raw::Null => visitor.visit_none(),
            _ => visitor.visit_some(Self { named: true, ..self }),
        }
    }

    /// The keys of a struct are the documents' own and may be shown; a dictionary's may be ids.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        Self { named: true, ..self }.visit(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        Self { named: false, ..self }.visit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    /// What is not read cannot be at fault.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct enum identifier
    }
}

struct Rows<'de> {
    rows: std::vec::IntoIter<&'de RawValue>,
    next: usize,
    depth: usize,
}

impl<'de> SeqAccess<'de> for Rows<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some(row) = self.rows.next() else { return Ok(None) };
        let position = self.next;
        self.next += 1;
        let value = seed.deserialize(Node::new(row, self.depth));
        value.map(Some).map_err(|fault| fault.inside(Step::Row(position)))
    }
}

struct Fields<'de> {
    fields: std::vec::IntoIter<(Vec<u8>, &'de RawValue)>,
    value: Option<(Step, &'de RawValue)>,
    position: usize,
    named: bool,
    depth: usize,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some((key, value)) = self.fields.next() else { return Ok(None) };
        let step = match self.named {
            true => Step::Field(String::from_utf8_lossy(&key).into_owned()),
            false => Step::Row(self.position),
        };
        self.position += 1;
        match seed.deserialize(BytesDeserializer::new(&key)) {
            Ok(name) => {
                self.value = Some((step, value));
                Ok(Some(name))
            }
            Err(fault) => Err(Fault::inside(fault, step)),
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let Some((step, value)) = self.value.take() else {
            return Err(de::Error::custom("a value was asked for before its key"));
        };
        seed.deserialize(Node::new(value, self.depth)).map_err(|fault| fault.inside(step))
    }
}

/// What reading a node came to, and the way back to it.
#[derive(Debug)]
struct Fault {
    kind: ReadErrorKind,
    expected: String,
    found: String,
    /// From the value at fault outwards.
    way: Vec<Step>,
}

impl Fault {
    fn new(kind: ReadErrorKind, expected: String, found: String) -> Self {
        Self { kind, expected, found, way: Vec::new() }
    }

    fn inside(mut self, step: Step) -> Self {
        self.way.push(step);
        self
    }
}

impl From<Fault> for ReadError {
    fn from(fault: Fault) -> Self {
        Self::new(fault.kind, path(fault.way.iter().rev()), fault.expected, fault.found)
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ReadErrorKind::WrongType, "a readable value".to_owned(), message.to_string())
    }

    /// Shows the kind of what was found, never the thing itself; but for a flag's string, since
    /// `"true"` in the place of `true` is an easy slip.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        let found = match found {
            Unexpected::Str(text) if expected == "a boolean" => {
                return Self::new(ReadErrorKind::WrongText, expected, shown(text));
            }
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "a string",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq => "an array",
            Unexpected::Map => "an object",
            Unexpected::Other(what) => what,
            _ => "something else",
        };
        Self::new(ReadErrorKind::WrongType, expected, found.to_owned())
    }

    /// Shows the string: only dates are refused by this.
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let Unexpected::Str(text) = found else {
            return Self::invalid_type(found, expected);
        };
        Self::new(ReadErrorKind::WrongText, expected.to_string(), shown(text))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(ReadErrorKind::Missing, "the field".to_owned(), "nothing".to_owned())
            .inside(Step::Field(key.to_owned()))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::new(ReadErrorKind::Repeated, "the field once".to_owned(), "it twice".to_owned())
            .inside(Step::Field(key.to_owned()))
    }
}

/// A string as an error shows it: quoted, escaped, and no longer than 40 characters.
fn shown(text: &str) -> String {
    const LIMIT: usize = 40;
    match text.char_indices().nth(LIMIT) {
        None => format!("the string {text:?}"),
        Some((end, _)) => format!("the string {:?} and more", &text[..end]),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl de::StdError for Fault {}
