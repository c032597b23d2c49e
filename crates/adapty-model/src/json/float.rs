//! A binary float or `null`, as exact as it was sent. NaN and the infinities have no JSON form, and
//! are refused both ways.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Unexpected, Visitor};
use serde::ser::{Error as _, Serializer};

use super::number;

pub(crate) mod option {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Finite, write};

    pub(crate) fn serialize<S: Serializer>(
        number: &Option<f64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match number {
            Some(number) => write(*number, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Finite>::deserialize(deserializer)?.map(|Finite(number)| number))
    }
}

fn write<S: Serializer>(number: f64, serializer: S) -> Result<S::Ok, S::Error> {
    if !number.is_finite() {
        return Err(S::Error::custom(format_args!(
            "{number} is not a finite number and has no JSON form"
        )));
    }
    serializer.serialize_f64(number)
}

struct Finite(f64);

impl<'de> Deserialize<'de> for Finite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl<'de> Visitor<'de> for Number {
            type Value = Finite;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Finite, E> {
                if !number.is_finite() {
                    return Err(E::invalid_type(Unexpected::Other("a number out of range"), &self));
                }
                Ok(Finite(number))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Finite, E> {
                Ok(Finite(number as f64))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Finite, E> {
                Ok(Finite(number as f64))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Finite, A::Error> {
                let number = number::open(map, &self)?;
                self.visit_f64(number.as_f64().unwrap_or(f64::INFINITY))
            }
        }

        deserializer.deserialize_any(Number)
    }
}
