//! One value of a JSON text, read as it is asked for.

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, Visitor},
    forward_to_deserialize_any,
};
use serde_json::value::RawValue;

use super::error::ReadError;

/// The elements of an array or, with their names, the fields of an object, as they come in the text.
pub(super) struct Elements<'de>(&'de str);

impl<'de> Elements<'de> {
    /// Those of the text behind the opening bracket.
    pub(super) fn of(behind: &'de str) -> Self {
        Self(behind)
    }

    /// The next value; `None` at the closing bracket. Commas and colons are where they belong, as the
    /// text was looked through before.
    pub(super) fn next(&mut self) -> Option<&'de str> {
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
pub(super) struct Value<'de>(pub(super) &'de str);

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
        self.visit_float(visitor)
    }

    fn visit_float<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self.0.parse::<f64>() {
            Ok(number) if number.is_finite() => visitor.visit_f64(number),
            Ok(_) => Err(de::Error::custom("the number is too large")),
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
        deserialize_f64() visit_float,
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
        deserialize_i32 visit_i32 i32,
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
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        // The name by which a `RawValue` asks for its text; only its own reader can give it.
        if name == "$serde_json::private::RawValue" {
            let mut text = serde_json::Deserializer::from_str(self.0);
            return text.deserialize_newtype_struct(name, visitor).map_err(de::Error::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct
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
        let name = self.name.trim_matches('"');
        seed.deserialize(Value(value)).map_err(|error| error.at(value).inside(name))
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
        let inside = |error: ReadError| error.at(item).inside(&format!("[{}]", self.at - 1));
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
