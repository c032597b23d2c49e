//! From a body's bytes to a type: straight when all is well, and once more to name what is not.

use std::fmt;

use serde::de::value::BytesDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use crate::error::{ReadError, ReadErrorKind};
use crate::member::Member;
use crate::raw::Raw;

/// Reads a body. Nothing is spent on a good one beyond one look at its UTF-8 and one at its JSON.
pub(crate) fn read<T: Member>(body: &[u8]) -> Result<T, ReadError> {
    let text = str::from_utf8(body).map_err(|error| {
        let found = format!("an invalid byte at offset {}", error.valid_up_to());
        ReadError::new(ReadErrorKind::NotUtf8, String::new(), "UTF-8 text", found)
    })?;
    let mut json = serde_json::Deserializer::from_str(text);
    T::read(&mut json)
        .and_then(|value| json.end().map(|()| value))
        .map_err(|error| diagnose::<T>(text, &error))
}

/// Reads the body again, member by member, to find out what the first reading stumbled over.
///
/// serde_json's own message would do for the place, but it shows what it found, ids included.
#[cold]
fn diagnose<T: Member>(text: &str, first: &serde_json::Error) -> ReadError {
    let not_json =
        |found: String| ReadError::new(ReadErrorKind::NotJson, String::new(), "JSON", found);
    if text.starts_with('\u{feff}') {
        return not_json("a byte order mark stands in front".to_owned());
    }
    let raw: &RawValue = match serde_json::from_str(text) {
        Ok(raw) => raw,
        Err(error) => return not_json(error.to_string()),
    };
    match T::read(Node(raw)) {
        Err(fault) => fault.into(),
        // The two readings are one and the same, so this is not reached; were it, here is the place.
        Ok(_) => not_json(format!("unreadable at line {} column {}", first.line(), first.column())),
    }
}

/// A value of the body in a deserializer of its own, whose errors know their path.
struct Node<'de>(&'de RawValue);

impl<'de> Node<'de> {
    fn visit<V: Visitor<'de>>(self, visitor: V, named: bool) -> Result<V::Value, Fault> {
        let unreadable =
            |what, visitor: &V| de::Error::invalid_type(Unexpected::Other(what), visitor);
        match Raw::open(self.0) {
            Raw::Null => visitor.visit_unit(),
            Raw::Boolean(flag) => visitor.visit_bool(flag),
            Raw::Number(Some(number)) => visit_number(&number, visitor),
            Raw::Number(None) => Err(unreadable("a number out of range", &visitor)),
            Raw::Text(text) => visitor.visit_string(text),
            Raw::BrokenText(_) => Err(unreadable("text with half a surrogate pair", &visitor)),
            Raw::Array(rows) => visitor.visit_seq(Rows { rows: rows.into_iter(), next: 0 }),
            Raw::Object(members) => visitor.visit_map(Members {
                members: members.into_iter(),
                value: None,
                position: 0,
                named,
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
        self.visit(visitor, false)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match Raw::open(self.0) {
            Raw::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// The keys of a struct are the documents' own and may be shown; a dictionary's may be ids.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.visit(visitor, true)
    }

    /// What is not read cannot be at fault.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier
    }
}

struct Rows<'de> {
    rows: std::vec::IntoIter<&'de RawValue>,
    next: usize,
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
        let value = seed.deserialize(Node(row));
        value.map(Some).map_err(|fault| fault.inside(Step::Row(position)))
    }
}

struct Members<'de> {
    members: std::vec::IntoIter<(Vec<u8>, &'de RawValue)>,
    value: Option<(Step, &'de RawValue)>,
    position: usize,
    named: bool,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Fault> {
        let Some((key, value)) = self.members.next() else { return Ok(None) };
        let step = match self.named {
            true => Step::Member(String::from_utf8_lossy(&key).into_owned()),
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
        seed.deserialize(Node(value)).map_err(|fault| fault.inside(step))
    }
}

/// What reading a node came to, and the way back to it.
#[derive(Debug)]
struct Fault {
    kind: ReadErrorKind,
    expected: String,
    found: String,
    /// From the member at fault outwards.
    way: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Row(usize),
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
        let mut path = String::new();
        for step in fault.way.iter().rev() {
            match step {
                Step::Row(position) => path.push_str(&format!("[{position}]")),
                Step::Member(name) if path.is_empty() => path.push_str(name),
                Step::Member(name) => path.push_str(&format!(".{name}")),
            }
        }
        Self::new(fault.kind, path, fault.expected, fault.found)
    }
}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(ReadErrorKind::WrongType, "a readable value".to_owned(), message.to_string())
    }

    /// Shows the kind of what was found, never the thing itself.
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "text",
            Unexpected::Unit | Unexpected::Option => "null",
            Unexpected::Seq => "an array",
            Unexpected::Map => "an object",
            Unexpected::Other(what) => what,
            _ => "something else",
        };
        Self::new(ReadErrorKind::WrongType, expected.to_string(), found.to_owned())
    }

    /// Shows the text: readers call this for dates and flags alone.
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let Unexpected::Str(text) = found else {
            return Self::invalid_type(found, expected);
        };
        Self::new(ReadErrorKind::WrongText, expected.to_string(), shown(text))
    }

    fn missing_field(key: &'static str) -> Self {
        Self::new(ReadErrorKind::Missing, "the member".to_owned(), "nothing".to_owned())
            .inside(Step::Member(key.to_owned()))
    }

    fn duplicate_field(key: &'static str) -> Self {
        Self::new(ReadErrorKind::Repeated, "the member once".to_owned(), "it twice".to_owned())
            .inside(Step::Member(key.to_owned()))
    }
}

/// Text as an error shows it: quoted, escaped, and no longer than 40 characters.
fn shown(text: &str) -> String {
    const LIMIT: usize = 40;
    match text.char_indices().nth(LIMIT) {
        None => format!("the text {text:?}"),
        Some((end, _)) => format!("the text {:?} and more", &text[..end]),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl de::StdError for Fault {}
