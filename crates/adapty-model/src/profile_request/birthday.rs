//! A day without a time of day.

use std::fmt;

use serde::de::{self, Unexpected, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::Date;

use crate::json::date;

/// The day on which a customer was born.
///
/// Wire: `birthday`, `YYYY-MM-DD`, without a time or a zone. Years from 0000 to 9999 can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Birthday(pub Date);

impl From<Date> for Birthday {
    fn from(date: Date) -> Self {
        Self(date)
    }
}

impl Serialize for Birthday {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !(0..=9999).contains(&self.0.year()) {
            return Err(S::Error::custom("a day outside the years 0000 to 9999 has no text form"));
        }
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Birthday {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Day;

        impl Visitor<'_> for Day {
            type Value = Birthday;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a day as YYYY-MM-DD")
            }

            /// The error does not show the text: it is a customer's own.
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Birthday, E> {
                let found = Unexpected::Other("a string that is no such day");
                date::parse_day(text).map(Birthday).ok_or_else(|| E::invalid_type(found, &self))
            }
        }

        deserializer.deserialize_str(Day)
    }
}
