//! A 64-bit integer or `null`, also when it is spelled with a fraction of nothing
//! (`1733324566777.0`).

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Unexpected, Visitor};

use super::number;

pub(crate) mod option {
    use serde::{Deserialize, Deserializer};

    use super::Integer;

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<i64>, D::Error> {
        Ok(Option::<Integer>::deserialize(deserializer)?.map(|Integer(number)| number))
    }
}

struct Integer(i64);

/// What an error says it found; the number itself is of no help.
const NO_INTEGER: Unexpected<'static> = Unexpected::Other("a number that is no 64-bit integer");

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl<'de> Visitor<'de> for Number {
            type Value = Integer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_i64<E>(self, number: i64) -> Result<Integer, E> {
                Ok(Integer(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Integer, E> {
                let number = i64::try_from(number);
                number.map(Integer).map_err(|_| E::invalid_type(NO_INTEGER, &self))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Integer, E> {
                // 2^63 as a float: the first value above i64::MAX.
                const END: f64 = 9_223_372_036_854_775_808.0;
                if number.fract() != 0.0 || !(-END..END).contains(&number) {
                    return Err(E::invalid_type(NO_INTEGER, &self));
                }
                #[expect(clippy::cast_possible_truncation, reason = "integral and in range")]
                Ok(Integer(number as i64))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Integer, A::Error> {
                let number = number::open(map, &self)?;
                match (number.as_i64(), number.as_f64()) {
                    (Some(number), _) => self.visit_i64(number),
                    (None, number) => self.visit_f64(number.unwrap_or(f64::INFINITY)),
                }
            }
        }

        deserializer.deserialize_any(Number)
    }
}
