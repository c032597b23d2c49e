//! A JSON value opened one level at a time, so that what stands beside it cannot spoil it.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One value, its elements or fields still closed.
pub(crate) enum Raw<'a> {
    Null,
    Boolean(bool),
    /// `None` if it lies outside what 64 bits can hold.
    Number(Option<serde_json::Number>),
    Text(String),
    /// Text with half a surrogate pair, which here is the replacement character.
    BrokenText(String),
    Array(Vec<&'a RawValue>),
    /// Keys may repeat, and are no text where they have half a surrogate pair.
    Object(Vec<(Vec<u8>, &'a RawValue)>),
}

impl<'a> Raw<'a> {
    pub(crate) fn open(raw: &'a RawValue) -> Self {
        let json = raw.get();
        // That it is an object, a list or text was seen when it was cut out of its surroundings.
        match json.as_bytes().first() {
            Some(b'{') => Self::Object(parse(json, Members).unwrap_or_default()),
            Some(b'[') => Self::Array(serde_json::from_str(json).unwrap_or_default()),
            Some(b'"') => match parse(json, Text) {
                Ok(bytes) => match String::from_utf8(bytes) {
                    Ok(text) => Self::Text(text),
                    Err(broken) => {
                        Self::BrokenText(String::from_utf8_lossy(broken.as_bytes()).into_owned())
                    }
                },
                Err(_) => Self::BrokenText(String::new()),
            },
            Some(b't') => Self::Boolean(true),
            Some(b'f') => Self::Boolean(false),
            Some(b'n') => Self::Null,
            _ => Self::Number(serde_json::from_str(json).ok()),
        }
    }
}

fn parse<'a, S: DeserializeSeed<'a>>(
    json: &'a str,
    seed: S,
) -> Result<S::Value, serde_json::Error> {
    seed.deserialize(&mut serde_json::Deserializer::from_str(json))
}

/// Reads text as bytes, which serde_json allows to hold half a surrogate pair.
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Vec<u8>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u8>, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Text {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
        self.visit_bytes(text.as_bytes())
    }
}

struct Members;

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(Vec<u8>, &'de RawValue)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Vec<u8>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(key) = map.next_key_seed(Text)? {
            fields.push((key, map.next_value()?));
        }
        Ok(fields)
    }
}
