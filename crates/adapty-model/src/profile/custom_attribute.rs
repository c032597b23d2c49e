//! What a developer noted about a customer.

use std::fmt;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::collection::Row;
use crate::json::number;
use crate::json::object::object;

/// One custom attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an attribute object")]
#[non_exhaustive]
pub struct CustomAttribute {
    /// The attribute's name.
    ///
    /// Wire: `key`, a string; required, except in a dictionary, whose key it is. Written ones have at
    /// most 30 letters, digits, `-`, `.` and `_`; a reader takes any.
    pub key: String,

    /// What was noted.
    ///
    /// Wire: `value`; always there in the documents, [`Null`](AttributeValue::Null) if absent.
    #[serde(default)]
    pub value: AttributeValue,
}

impl CustomAttribute {
    /// An attribute from its two fields.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

object!(CustomAttribute);

/// A dictionary of attributes holds the values themselves.
impl Row for CustomAttribute {
    const ID: &'static str = "key";

    fn read_entry<'de, D>(key: &str, rows: &mut Vec<Self>, value: D) -> Result<(), D::Error>
    where
        D: Deserializer<'de>,
    {
        rows.push(Self::new(key, AttributeValue::deserialize(value)?));
        Ok(())
    }
}

/// The value of a custom attribute.
///
/// The documents store text and floats only: a `true` that was sent may come back as `1.0`, a `7`
/// as `7.0`. What else JSON can say in one value is read all the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum AttributeValue {
    /// Text.
    Text(String),
    /// A number, as exact as [`Number`] is.
    Number(Number),
    /// `true` or `false`.
    Boolean(bool),
    /// `null`, which in a request deletes the attribute.
    #[default]
    Null,
}

impl AttributeValue {
    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The nearest float, if it is a number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => number.as_f64(),
            _ => None,
        }
    }

    /// The flag, if it is one. A flag that was sent may come back as the number `1.0` or `0.0`, which is
    /// none.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(flag) => Some(*flag),
            _ => None,
        }
    }
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Number> for AttributeValue {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for AttributeValue {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<i64> for AttributeValue {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for AttributeValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for AttributeValue {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

/// Refuses NaN and the infinities, which JSON has no form for.
impl TryFrom<f64> for AttributeValue {
    type Error = NotFinite;

    fn try_from(number: f64) -> Result<Self, NotFinite> {
        Number::try_from(number).map(Self::Number)
    }
}

impl From<bool> for AttributeValue {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl<'de> Deserialize<'de> for AttributeValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyValue;

        impl<'de> Visitor<'de> for AnyValue {
            type Value = AttributeValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number, true, false or null")
            }

            fn visit_str<E>(self, text: &str) -> Result<AttributeValue, E> {
                Ok(text.into())
            }

            fn visit_string<E>(self, text: String) -> Result<AttributeValue, E> {
                Ok(text.into())
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<AttributeValue, E> {
                let number = Number::try_from(number).map_err(E::custom)?;
                Ok(number.into())
            }

            fn visit_i64<E>(self, number: i64) -> Result<AttributeValue, E> {
                Ok(Number::from(number).into())
            }

            fn visit_u64<E>(self, number: u64) -> Result<AttributeValue, E> {
                Ok(Number::from(number).into())
            }

            fn visit_bool<E>(self, flag: bool) -> Result<AttributeValue, E> {
                Ok(flag.into())
            }

            fn visit_unit<E>(self) -> Result<AttributeValue, E> {
                Ok(AttributeValue::Null)
            }

            fn visit_none<E>(self) -> Result<AttributeValue, E> {
                Ok(AttributeValue::Null)
            }

            fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<AttributeValue, D::Error> {
                some.deserialize_any(self)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AttributeValue, A::Error> {
                number::open(map, &self).map(|number| AttributeValue::Number(Number(number)))
            }
        }

        deserializer.deserialize_any(AnyValue)
    }
}

impl Serialize for AttributeValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => number.serialize(serializer),
            Self::Boolean(flag) => serializer.serialize_bool(*flag),
            Self::Null => serializer.serialize_unit(),
        }
    }
}

/// A number as JSON has it: an integer of 64 bits, with or without a sign, or the nearest finite
/// binary float. Either is exact to the last bit; an integer of more bits is read as a float.
///
/// A program that turns on serde_json's `arbitrary_precision` has every digit of either instead.
///
/// `7` and `7.0` are two spellings and compare unequal; [`as_f64`](Self::as_f64) makes them one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Number(serde_json::Number);

impl Number {
    /// The nearest float; `None` only for a number beyond every float.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.0.as_f64()
    }

    /// The integer, if the number is spelled as one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.as_i64()
    }

    /// The integer, if the number is spelled as one and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.0.as_u64()
    }
}

/// As the number it is: where `arbitrary_precision` is on, serde_json's own writing hands other formats
/// a map in its stead, and is left for what has more digits than a number of 64 bits.
impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let is = |number: &serde_json::Number| *number == self.0;
        match (self.as_i64(), self.as_u64(), self.as_f64()) {
            (Some(number), ..) if is(&number.into()) => serializer.serialize_i64(number),
            (_, Some(number), _) if is(&number.into()) => serializer.serialize_u64(number),
            (.., Some(number)) if serde_json::Number::from_f64(number).as_ref().is_some_and(is) => {
                serializer.serialize_f64(number)
            }
            _ => self.0.serialize(serializer),
        }
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self(number.into())
    }
}

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self(number.into())
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Self {
        Self(number.into())
    }
}

/// Refuses NaN and the infinities, which JSON has no form for.
impl TryFrom<f64> for Number {
    type Error = NotFinite;

    fn try_from(number: f64) -> Result<Self, NotFinite> {
        serde_json::Number::from_f64(number).map(Self).ok_or(NotFinite)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The error for a float that no JSON number can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFinite;

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NaN and the infinities have no JSON form")
    }
}

impl std::error::Error for NotFinite {}
