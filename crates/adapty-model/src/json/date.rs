//! Dates as text: every form the documents show is read, the newest is written.
//!
//! | form | example | shown in |
//! | --- | --- | --- |
//! | microseconds, offset without a colon | `2022-10-12T09:42:50.000000+0000` | both older pages |
//! | whole seconds, offset with a colon | `2024-12-24T10:50:23+00:00` | the newer page, OpenAPI |
//! | microseconds, offset with a colon | `2025-01-05T13:27:47.461425+00:00` | the same |
//! | `Z` | `2026-05-23T10:30:00Z`, `2025-07-30T11:13:58.798Z` | OpenAPI, other operations |
//! | a space | `2029-08-29 09:33:42+00:00` | error messages |
//!
//! Positions up to the seconds are fixed, so one pass over the bytes reads them all, and
//! `+0000`, which is not RFC 3339, costs what the others cost.

use std::fmt;

use serde::de::{self, Deserializer, Unexpected, Visitor};
use serde::ser::{Error as _, Serializer};
use time::{Date, Month, OffsetDateTime, Time, UtcOffset};

/// Writes a date as answers do: `2024-12-24T10:50:23+00:00`.
pub(crate) fn serialize<S: Serializer>(
    date: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    write(*date, b"+00:00", serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OffsetDateTime, D::Error> {
    struct DateText;

    impl Visitor<'_> for DateText {
        type Value = OffsetDateTime;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a date with time and zone")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<OffsetDateTime, E> {
            parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
        }
    }

    deserializer.deserialize_str(DateText)
}

/// A date or `null`.
pub(crate) mod option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use time::OffsetDateTime;

    #[derive(Serialize, Deserialize)]
    struct Wire(#[serde(with = "super")] OffsetDateTime);

    pub(crate) fn serialize<S: Serializer>(
        date: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        date.map(Wire).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        Ok(Option::<Wire>::deserialize(deserializer)?.map(|Wire(date)| date))
    }
}

/// A date as requests have it: `2024-12-24T10:50:23Z`.
pub(crate) mod z {
    use serde::Serializer;
    use time::OffsetDateTime;

    use super::write;

    pub(crate) fn serialize<S: Serializer>(
        date: &OffsetDateTime,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        write(*date, b"Z", serializer)
    }

    /// Such a date or `null`.
    pub(crate) mod option {
        use serde::{Serialize, Serializer};
        use time::OffsetDateTime;

        #[derive(Serialize)]
        struct Wire(#[serde(serialize_with = "super::serialize")] OffsetDateTime);

        pub(crate) fn serialize<S: Serializer>(
            date: &Option<OffsetDateTime>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            date.map(Wire).serialize(serializer)
        }
    }
}

fn write<S: Serializer, const ZONE: usize>(
    date: OffsetDateTime,
    zone: &[u8; ZONE],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut buffer = [0; LONGEST];
    match format(date, zone, &mut buffer) {
        Some(text) => serializer.serialize_str(text),
        None => Err(S::Error::custom("a date outside the years 0000 to 9999 has no text form")),
    }
}

/// `YYYY-MM-DD`, `T`, `t` or a space, `HH:MM:SS`, an optional fraction of one to nine digits,
/// and `Z`, `z`, `±HH:MM` or `±HHMM`. UTC; `None` for anything else.
pub(crate) fn parse(text: &str) -> Option<OffsetDateTime> {
    let (date, rest) = day(text.as_bytes())?;
    let [b'T' | b't' | b' ', h0, h1, b':', mi0, mi1, b':', s0, s1, rest @ ..] = rest else {
        return None;
    };
    let (hour, minute, second) = (number(h0, h1)?, number(mi0, mi1)?, number(s0, s1)?);
    let (nanosecond, zone) = fraction(rest)?;
    let time = Time::from_hms_nano(hour, minute, second, nanosecond).ok()?;
    let local = date.with_time(time);
    match seconds_ahead(zone)? {
        0 => Some(local.assume_utc()),
        ahead => {
            let offset = UtcOffset::from_whole_seconds(ahead).ok()?;
            let utc = local.assume_offset(offset).checked_to_offset(UtcOffset::UTC)?;
            // Every date that is read can be written.
            (0..=9999).contains(&utc.year()).then_some(utc)
        }
    }
}

/// `YYYY-MM-DD` and nothing else.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    day(text.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|(date, _)| date)
}

/// A leading `YYYY-MM-DD`, and what follows it.
#[inline]
fn day(text: &[u8]) -> Option<(Date, &[u8])> {
    let [y0, y1, y2, y3, b'-', mo0, mo1, b'-', d0, d1, rest @ ..] = text else {
        return None;
    };
    let year = 100 * i32::from(number(y0, y1)?) + i32::from(number(y2, y3)?);
    let month = Month::try_from(number(mo0, mo1)?).ok()?;
    Some((Date::from_calendar_date(year, month, number(d0, d1)?).ok()?, rest))
}

/// Two digits.
fn number(tens: &u8, units: &u8) -> Option<u8> {
    let (tens, units) = (tens.wrapping_sub(b'0'), units.wrapping_sub(b'0'));
    (tens <= 9 && units <= 9).then(|| tens * 10 + units)
}

/// The nanoseconds of an optional `.f` to `.fffffffff`, and what follows it.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let [b'.', digits @ ..] = text else {
        return Some((0, text));
    };
    let mut nanoseconds = 0;
    let mut unit = 1_000_000_000;
    let mut rest = digits;
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        unit /= 10;
        if unit == 0 {
            return None;
        }
        nanoseconds += u32::from(digit - b'0') * unit;
        rest = after;
    }
    (unit < 1_000_000_000).then_some((nanoseconds, rest))
}

/// How far local time is ahead of UTC: `Z`, `z`, `±HH:MM` or `±HHMM`.
fn seconds_ahead(zone: &[u8]) -> Option<i32> {
    let (sign, h0, h1, m0, m1) = match zone {
        [b'Z' | b'z'] => return Some(0),
        [sign, h0, h1, b':', m0, m1] | [sign, h0, h1, m0, m1] => (sign, h0, h1, m0, m1),
        _ => return None,
    };
    let (hours, minutes) = (number(h0, h1)?, number(m0, m1)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

/// The length of `YYYY-MM-DDTHH:MM:SS.nnnnnnnnn+00:00`.
const LONGEST: usize = 35;

/// `YYYY-MM-DDTHH:MM:SS` and the zone, with as many digits of fraction as the instant has.
/// `None` where the year in UTC does not have four digits.
// Inlined into the writing of every date field of a row it makes `to_json` 4 per cent slower
// (`cargo bench -p adapty-model --bench reading`).
#[inline(never)]
fn format<'t, const ZONE: usize>(
    date: OffsetDateTime,
    zone: &[u8; ZONE],
    text: &'t mut [u8; LONGEST],
) -> Option<&'t str> {
    let utc = date.checked_to_offset(UtcOffset::UTC)?;
    let (year, month, day) = utc.to_calendar_date();
    let (hour, minute, second, nanosecond) = utc.to_hms_nano();
    let year = u16::try_from(year).ok().filter(|year| *year <= 9999)?;
    *text = *b"0000-00-00T00:00:00.000000000+00:00";
    text[0..2].copy_from_slice(digits(year / 100));
    text[2..4].copy_from_slice(digits(year % 100));
    text[5..7].copy_from_slice(digits(u8::from(month).into()));
    text[8..10].copy_from_slice(digits(day.into()));
    text[11..13].copy_from_slice(digits(hour.into()));
    text[14..16].copy_from_slice(digits(minute.into()));
    text[17..19].copy_from_slice(digits(second.into()));
    let mut end = 19;
    if nanosecond != 0 {
        let mut left = nanosecond;
        for digit in text[20..29].iter_mut().rev() {
            *digit += u8::try_from(left % 10).ok()?;
            left /= 10;
        }
        end = 29;
        while text[end - 1] == b'0' {
            end -= 1;
        }
    }
    text[end..end + ZONE].copy_from_slice(zone);
    str::from_utf8(&text[..end + ZONE]).ok()
}

/// A number below 100 as two digits.
fn digits(number: u16) -> &'static [u8] {
    const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
        2021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859\
        6061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899";
    let at = usize::from(number) * 2;
    &PAIRS[at..at + 2]
}
