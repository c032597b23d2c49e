//! Reading the JSON that a test gives: one function for profiles, plans and filters, whose messages say
//! what is wrong in the words of the API, by path, line and column.
//!
//! A value is read as it is asked for, from the text: nothing is made of what nobody asks for, however
//! large the text. An array never passes for an object, and the other way round.

use std::fmt::{self, Display};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, Visitor},
    forward_to_deserialize_any,
};
use serde_json::value::RawValue;

/// What some editors write before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads one value.
pub(crate) fn read<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, String> {
    Document::parse(json)?.read()
}

/// A JSON text, or a value in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'de> {
    whole: &'de str,
    value: &'de str,
    /// Its place in a list.
    at: Option<usize>,
}

impl<'de> Document<'de> {
    /// Looks through the whole text for what is not JSON.
    pub(crate) fn parse(json: &'de [u8]) -> Result<Self, String> {
        let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
        let whole = match std::str::from_utf8(json) {
            Ok(whole) => whole,
            Err(error) => {
                let before = String::from_utf8_lossy(&json[..error.valid_up_to()]);
                return Err(format!("is not UTF-8 at {}", Position::behind(&before)));
            }
        };
        let value: &RawValue = serde_json::from_str(whole).map_err(|error| error.to_string())?;
        Ok(Self { whole, value: value.get(), at: None })
    }

    /// The value's text.
    pub(crate) fn text(&self) -> &'de str {
        self.value
    }

    /// The text as it was written: one in a list without what is around it.
    pub(crate) fn written(&self) -> &'de str {
        match self.at {
            Some(_) => self.value,
            None => self.whole,
        }
    }

    /// The values of a list; `None` where it is none.
    pub(crate) fn items(self) -> Option<impl Iterator<Item = Self>> {
        let mut elements = Elements::of(self.value.strip_prefix('[')?);
        let mut at = 0;
        Some(std::iter::from_fn(move || {
            let value = elements.next()?;
            at += 1;
            Some(Self { whole: self.whole, value, at: Some(at - 1) })
        }))
    }

    /// Reads the value.
    pub(crate) fn read<T: Deserialize<'de>>(self) -> Result<T, String> {
        T::deserialize(Value(self.value)).map_err(|error| {
            let error = match self.at {
                Some(at) => error.inside(&format!("[{at}]")),
                None => error,
            };
            error.message(self.whole)
        })
    }

    /// A message about a place in the value.
    pub(crate) fn message(self, what: &str) -> String {
        let error = ReadError { at: Some(address(self.value)), ..de::Error::custom(what) };
        match self.at {
            Some(at) => error.inside(&format!("[{at}]")).message(self.whole),
            None => error.message(self.whole),
        }
    }
}

/// Where a text begins in memory.
fn address(text: &str) -> usize {
    text.as_ptr().addr()
}

/// A line and a column, the first being 1.
struct Position {
    line: usize,
    column: usize,
}

impl Position {
    fn behind(before: &str) -> Self {
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// What is wrong, and where.
#[derive(Debug)]
struct ReadError {
    what: String,
    path: String,
    /// Where in memory the value begins.
    at: Option<usize>,
}

impl ReadError {
    fn expected(what: &str, found: &str) -> Self {
        de::Error::custom(format_args!("expected {what}, found {}", described(found)))
    }

    fn inside(mut self, step: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{dot}{}", self.path);
        self
    }

    fn at(mut self, value: &str) -> Self {
        self.at.get_or_insert(address(value));
        self
    }

    fn message(self, whole: &str) -> String {
        let Self { what, path, at } = self;
        let colon = if path.is_empty() { "" } else { ": " };
        let before = at.and_then(|at| whole.get(..at.checked_sub(address(whole))?));
        match before {
            Some(before) => format!("{path}{colon}{what} at {}", Position::behind(before)),
            None => format!("{path}{colon}{what}"),
        }
    }
}

/// What a value is. Never the text itself: it may be a customer's id.
fn described(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "text",
        Some(b't') => "true",
        Some(b'f') => "false",
        Some(b'n') => "null",
        _ => "a number",
    }
}

impl Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: Display>(what: T) -> Self {
        Self { what: what.to_string(), path: String::new(), at: None }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            de::Unexpected::Map => "an object",
            de::Unexpected::Seq => "an array",
            de::Unexpected::Str(_) | de::Unexpected::Char(_) => "text",
            de::Unexpected::Bool(true) => "true",
            de::Unexpected::Bool(false) => "false",
            de::Unexpected::Unit | de::Unexpected::Option => "null",
            _ => "a number",
        };
        Self::custom(format_args!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        match found {
            de::Unexpected::Str(_) => {
                Self::custom(format_args!("expected {expected}, found another text"))
            }
            _ => Self::custom(format_args!("expected {expected}, found another number")),
        }
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown word `{found}`, expected {}", OneOf(expected)))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown field `{found}`, expected {}", OneOf(expected)))
    }
}

struct OneOf(&'static [&'static str]);

impl Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() > 1 {
            f.write_str("one of ")?;
        }
        for (at, word) in self.0.iter().enumerate() {
            write!(f, "{}`{word}`", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// The elements of an array or, with their names, the fields of an object, as they come in the text.
struct Elements<'de>(&'de str);

impl<'de> Elements<'de> {
    /// Those of the text behind the opening bracket.
    fn of(behind: &'de str) -> Self {
        Self(behind)
    }

    /// The next value; `None` at the closing bracket. Commas and colons are where they belong, as the
    /// text was looked through before.
    fn next(&mut self) -> Option<&'de str> {
        let white = [' ', '\t', '\r', '\n', ',', ':'];
        let rest = self.0.trim_start_matches(white);
        let value = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(rest)).ok()?;
        let value = value.get();
        self.0 = rest.get(value.len()..)?;
        Some(value)
    }
}

/// One value of a document.
#[derive(Clone, Copy)]
struct Value<'de>(&'de str);

impl<'de> Value<'de> {
    fn is(self, first: char) -> bool {
        self.0.starts_with(first)
    }

    fn expected<T>(self, what: &str) -> Result<T, ReadError> {
        Err(ReadError::expected(what, self.0))
    }

    fn visit_text<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let Some(quoted) = self.0.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
            return self.expected("text");
        };
        if !quoted.contains('\\') {
            return visitor.visit_borrowed_str(quoted);
        }
        match serde_json::from_str::<String>(self.0) {
            Ok(text) => visitor.visit_string(text),
            Err(_) => Err(de::Error::custom("the text has an escape that is no character")),
        }
    }

    fn visit_object<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0.strip_prefix('{') {
            Some(fields) => visitor.visit_map(Fields { fields: Elements::of(fields), name: "" }),
            None => self.expected("an object"),
        }
    }

    fn visit_array<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0.strip_prefix('[') {
            Some(items) => visitor.visit_seq(Items { items: Elements::of(items), at: 0 }),
            None => self.expected("an array"),
        }
    }

    fn visit_number<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if let Ok(number) = self.0.parse() {
            return visitor.visit_u64(number);
        }
        if let Ok(number) = self.0.parse() {
            return visitor.visit_i64(number);
        }
        match self.0.parse() {
            Ok(number) => visitor.visit_f64(number),
            Err(_) => self.expected("a number"),
        }
    }

    fn visit_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0.as_bytes().first() {
            Some(b'{') => self.visit_object(visitor),
            Some(b'[') => self.visit_array(visitor),
            Some(b'"') => self.visit_text(visitor),
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'n') => visitor.visit_unit(),
            _ => self.visit_number(visitor),
        }
    }

    /// One of several words, alone or with its settings.
    fn visit_word<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.is('"') {
            return visitor.visit_enum(Word { name: self, settings: None });
        }
        let Some(fields) = self.0.strip_prefix('{') else {
            return self.expected("a word, or an object of one word and its settings");
        };
        let mut fields = Elements::of(fields);
        match (fields.next(), fields.next(), fields.next()) {
            (Some(name), Some(settings), None) => {
                visitor.visit_enum(Word { name: Value(name), settings: Some(Value(settings)) })
            }
            _ => Err(de::Error::custom("expected one word and its settings in the object")),
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let read = match self.0.parse() {
                Ok(number) => visitor.$visit(number),
                Err(_) => self.expected(&format!(
                    "a whole number from {} to {}", <$type>::MIN, <$type>::MAX
                )),
            };
            read.map_err(|error| error.at(self.0))
        }
    )*};
}

macro_rules! values {
    ($($method:ident($($argument:ty),*) $visit:ident,)*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $argument,)* visitor: V) -> Result<V::Value, ReadError> {
            self.$visit(visitor).map_err(|error| error.at(self.0))
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = ReadError;

    values! {
        deserialize_any() visit_any,
        deserialize_str() visit_text,
        deserialize_string() visit_text,
        deserialize_identifier() visit_text,
        deserialize_seq() visit_array,
        deserialize_map() visit_object,
        deserialize_struct(&'static str, &'static [&'static str]) visit_object,
        deserialize_enum(&'static str, &'static [&'static str]) visit_word,
    }

    whole_numbers! {
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_i64 visit_i64 i64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0 {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => self.expected("true or false").map_err(|error: ReadError| error.at(self.0)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.is('n') {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

/// The fields of an object.
struct Fields<'de> {
    fields: Elements<'de>,
    /// The name of the field whose value is next, as the text has it.
    name: &'de str,
}

impl<'de> de::MapAccess<'de> for Fields<'de> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ReadError> {
        let Some(name) = self.fields.next() else { return Ok(None) };
        self.name = name;
        seed.deserialize(Value(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ReadError> {
        let value = self.fields.next().ok_or_else(|| de::Error::custom("a value is missing"))?;
        seed.deserialize(Value(value)).map_err(|error| error.inside(self.name.trim_matches('"')))
    }
}

/// The values of an array.
struct Items<'de> {
    items: Elements<'de>,
    at: usize,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ReadError> {
        let Some(item) = self.items.next() else { return Ok(None) };
        self.at += 1;
        let inside = |error: ReadError| error.inside(&format!("[{}]", self.at - 1));
        seed.deserialize(Value(item)).map(Some).map_err(inside)
    }
}

/// A word, and its settings where it has any.
struct Word<'de> {
    name: Value<'de>,
    settings: Option<Value<'de>>,
}

impl<'de> Word<'de> {
    fn settings(&self) -> Result<Value<'de>, ReadError> {
        self.settings.ok_or_else(|| {
            let what = format!("{} needs settings", self.name.0.replace('"', "`"));
            de::Error::custom(what)
        })
    }

    fn inside(&self, error: ReadError) -> ReadError {
        error.inside(self.name.0.trim_matches('"'))
    }
}

impl<'de> de::EnumAccess<'de> for Word<'de> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        Ok((seed.deserialize(self.name)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Word<'de> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.settings {
            Some(settings) if settings.0 != "null" => {
                let error: ReadError = de::Error::custom("has no settings");
                Err(self.inside(error.at(settings.0)))
            }
            _ => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(self.settings()?).map_err(|error| self.inside(error))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.settings()?.deserialize_seq(visitor).map_err(|error| self.inside(error))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.settings()?.deserialize_map(visitor).map_err(|error| self.inside(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{faults::Plan, journal::Filter};

    #[track_caller]
    fn refused<'de, T: Deserialize<'de> + fmt::Debug>(json: &'de str) -> String {
        read::<T>(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_plan_reads_as_serde_json_reads_it() {
        let json = r#" {"seed" : 7, "steps": [ {"fault": "none"}, {"fault": {"status": {"code": 503,
            "headers": {"A\u0042": "1"}, "body": "\"x\""}}, "count": "forever"},
            {"fault": {"slicer": {}}, "delay": {"uniform_ms": {"lower": 1, "upper": 2}}, "count": 3},
            {"fault": {"timeout": null}} ] } "#;
        let plan: Plan = read(json.as_bytes()).unwrap();
        assert_eq!(plan, serde_json::from_str(json).unwrap());
        assert_eq!(plan.steps.len(), 4);
    }

    #[test]
    fn a_byte_order_mark_is_no_mistake() {
        let filter: Filter = read("\u{feff}{\"status\": 404}".as_bytes()).unwrap();
        assert_eq!(filter, Filter::any().status(404));
    }

    #[test]
    fn an_array_never_passes_for_an_object() {
        for (json, told) in [
            ("[[], 7]", "expected an object, found an array at line 1 column 1"),
            (
                r#"{"steps": [["timeout"]]}"#,
                "steps[0]: expected an object, found an array at line 1 column 12",
            ),
            (
                r#"{"steps": [{"fault": {"status": [503]}}]}"#,
                "steps[0].fault.status: expected an object, found an array at line 1 column 33",
            ),
            (
                r#"{"steps": [{"fault": {"raw": ["x"]}}]}"#,
                "steps[0].fault.raw: expected an object, found an array at line 1 column 30",
            ),
            (r#"{"steps": {}}"#, "steps: expected an array, found an object at line 1 column 11"),
        ] {
            assert_eq!(refused::<Plan>(json), told);
        }
        let told = refused::<Filter>(r#"["jane"]"#);
        assert_eq!(told, "expected an object, found an array at line 1 column 1");
    }

    #[test]
    fn a_mistake_is_told_by_path_line_and_column_in_the_words_of_json() {
        for (json, told) in [
            ("", "EOF while parsing a value at line 1 column 0"),
            ("{\"steps\": [],}", "key must be a string at line 1 column 14"),
            ("{}", "missing field `steps` at line 1 column 1"),
            (
                r#"{"steps": [{"fault": {"status": {"code": 65536}}}]}"#,
                "steps[0].fault.status.code: expected a whole number from 0 to 65535, found a number at line 1 column 42",
            ),
            (
                r#"{"steps": [{"fault": {"raw": {"text": 1}}}]}"#,
                "steps[0].fault.raw.text: expected text, found a number at line 1 column 39",
            ),
            (
                "{\"steps\": [\n {\"fault\": \"raw\"}]}",
                "steps[0].fault: `raw` needs settings at line 2 column 12",
            ),
            (
                r#"{"steps": [{"fault": {"timeout": {}}}]}"#,
                "steps[0].fault.timeout: has no settings at line 1 column 34",
            ),
            (
                r#"{"steps": [{"fault": {"timeout": null, "none": null}}]}"#,
                "steps[0].fault: expected one word and its settings in the object at line 1 column 22",
            ),
            (
                r#"{"steps": [{"fault": 1}]}"#,
                "steps[0].fault: expected a word, or an object of one word and its settings, found a number at line 1 column 22",
            ),
            (
                r#"{"steps": [{"fault": "none", "count": -1}]}"#,
                "steps[0].count: expected a whole number or \"forever\", found a number at line 1 column 39",
            ),
            (r#"{"steps": [], "steps": []}"#, "duplicate field `steps` at line 1 column 1"),
            (
                r#"{"steps": [{"fault": {"slicer": {"delay": 1}}}]}"#,
                "steps[0].fault.slicer: unknown field `delay`, expected `delay_ms` at line 1 column 34",
            ),
            (
                r#"{"steps": [], "operation": "\ud800"}"#,
                "operation: the text has an escape that is no character at line 1 column 28",
            ),
        ] {
            assert_eq!(refused::<Plan>(json), told, "{json}");
        }
        assert_eq!(read::<Plan>(b"{\n \xff}").unwrap_err(), "is not UTF-8 at line 2 column 2");
    }

    #[test]
    fn no_message_repeats_a_text_that_may_be_somebodys_id() {
        let told = refused::<Filter>(r#"{"status": "jane.doe@example.com"}"#);
        assert_eq!(
            told,
            "status: expected a whole number from 0 to 65535, found text at line 1 column 12"
        );
    }
}
