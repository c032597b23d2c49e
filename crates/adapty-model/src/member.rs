//! How one member of an object travels: read from JSON, written to JSON.
//!
//! serde's own traits cannot carry this: a date belongs to `time`, `null` has three meanings
//! depending on the member, and an error may show a date's text but never an id's.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, Unexpected, Visitor};
use serde::ser::{Error as _, Serialize, Serializer};
use uuid::Uuid;

/// A value that can stand as a member of an object of this API.
pub(crate) trait Member: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;

    /// `name` is the member's own, for the message when the value has no JSON form.
    fn write<S: Serializer>(&self, name: &'static str, serializer: S) -> Result<S::Ok, S::Error>;

    /// Whether there is anything to write; a member not stated may be left out.
    fn is_stated(&self) -> bool {
        true
    }
}

/// Reads a [`Member`] where serde asks for a seed.
pub(crate) struct Read<T>(PhantomData<T>);

impl<T> Read<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Member> DeserializeSeed<'de> for Read<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }
}

/// Writes a [`Member`] where serde asks for something it can serialize.
pub(crate) struct Write<'a, T>(pub(crate) &'static str, pub(crate) &'a T);

impl<T: Member> Serialize for Write<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.1.write(self.0, serializer)
    }
}

/// `null` and `None` are the same thing.
impl<T: Member> Member for Option<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nullable<T>(PhantomData<T>);

        impl<'de, T: Member> Visitor<'de> for Nullable<T> {
            type Value = Option<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_none<E>(self) -> Result<Option<T>, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Option<T>, E> {
                Ok(None)
            }

            fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Option<T>, D::Error> {
                T::read(inner).map(Some)
            }
        }

        deserializer.deserialize_option(Nullable(PhantomData))
    }

    fn write<S: Serializer>(&self, name: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => value.write(name, serializer),
            None => serializer.serialize_none(),
        }
    }

    fn is_stated(&self) -> bool {
        self.is_some()
    }
}

/// Text, which may name a customer: an error never shows it.
impl Member for String {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = String;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_str<E>(self, text: &str) -> Result<String, E> {
                Ok(text.to_owned())
            }

            fn visit_string<E>(self, text: String) -> Result<String, E> {
                Ok(text)
            }
        }

        deserializer.deserialize_string(Text)
    }

    fn write<S: Serializer>(&self, _: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl Member for bool {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flag;

        impl Visitor<'_> for Flag {
            type Value = bool;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<bool, E> {
                Ok(flag)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<bool, E> {
                Err(E::invalid_value(Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_bool(Flag)
    }

    fn write<S: Serializer>(&self, _: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(*self)
    }
}

impl Member for f64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = f64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<f64, E> {
                if !number.is_finite() {
                    return Err(E::invalid_type(Unexpected::Other("a number out of range"), &self));
                }
                Ok(number)
            }

            fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
                Ok(number as f64)
            }

            fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
                Ok(number as f64)
            }
        }

        deserializer.deserialize_f64(Number)
    }

    fn write<S: Serializer>(&self, _: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.is_finite() {
            return Err(S::Error::custom(format_args!(
                "{self} is not a finite number and has no JSON form"
            )));
        }
        serializer.serialize_f64(*self)
    }
}

/// An integer, also when it is spelled with a fraction of nothing (`1733324566777.0`).
impl Member for i64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Integer;

        /// What an error says it found; the number itself is of no help.
        const NO_INTEGER: Unexpected<'static> =
            Unexpected::Other("a number that is no 64-bit integer");

        impl Visitor<'_> for Integer {
            type Value = i64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_i64<E>(self, number: i64) -> Result<i64, E> {
                Ok(number)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<i64, E> {
                i64::try_from(number).map_err(|_| E::invalid_type(NO_INTEGER, &self))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<i64, E> {
                // 2^63 as a float: the first value above i64::MAX.
                const END: f64 = 9_223_372_036_854_775_808.0;
                if number.fract() != 0.0 || !(-END..END).contains(&number) {
                    return Err(E::invalid_type(NO_INTEGER, &self));
                }
                #[expect(clippy::cast_possible_truncation, reason = "integral and in range")]
                Ok(number as i64)
            }
        }

        deserializer.deserialize_i64(Integer)
    }

    fn write<S: Serializer>(&self, _: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(*self)
    }
}

/// An id: an error never shows its text.
impl Member for Uuid {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Id;

        impl Visitor<'_> for Id {
            type Value = Uuid;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a UUID")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Uuid, E> {
                let unexpected = Unexpected::Other("text that is no UUID");
                Uuid::try_parse(text).map_err(|_| E::invalid_type(unexpected, &self))
            }
        }

        deserializer.deserialize_str(Id)
    }

    fn write<S: Serializer>(&self, _: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }
}

impl Member for time::OffsetDateTime {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::json::date::deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, _: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        crate::json::date::serialize(self, serializer)
    }
}
