//! Dates as requests and answers have them, read and written by the fake's own hand.

use adapty_model::time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset};

/// Reads `2024-12-24T10:50:23`, an optional fraction, and `Z`, `+00:00` or `+0000`.
///
/// More than six digits of the fraction are cut: no date of the fake has more, so that one read from a
/// request is the same when it is read from what was written.
pub(crate) fn read(text: &str) -> Option<OffsetDateTime> {
    let (date, time) = (text.get(..10)?, text.get(10..)?.strip_prefix(['T', 't', ' '])?);
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time.get(..8)?, ':', [2, 2, 2])?;
    let rest = time.get(8..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|digit: char| !digit.is_ascii_digit())?),
        None => ("0", rest),
    };
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let time = Time::from_hms_nano(
        u8::try_from(hour).ok()?,
        u8::try_from(minute).ok()?,
        u8::try_from(second).ok()?,
        format!("{fraction:0<9}").parse().ok()?,
    );
    let local = date.with_time(time.ok()?).assume_offset(offset(zone)?);
    let utc = local.checked_to_offset(UtcOffset::UTC)?;
    (0..=9999).contains(&utc.year()).then(|| cut(utc))
}

/// A date to the microsecond, as answers can show it.
pub(crate) fn cut(date: OffsetDateTime) -> OffsetDateTime {
    date - Duration::nanoseconds(i64::from(date.nanosecond() % 1000))
}

/// Writes a date as the newest documents do: `2024-12-24T10:50:23+00:00`, with six digits of a second
/// if it is not whole.
pub(crate) fn write(date: OffsetDateTime) -> String {
    let (seconds, microseconds) = parts(date);
    match microseconds {
        0 => format!("{seconds}+00:00"),
        _ => format!("{seconds}.{microseconds:06}+00:00"),
    }
}

/// Writes a date as "Get paywall" does: `2025-07-30T11:13:58.798Z`.
pub(crate) fn write_milliseconds(date: OffsetDateTime) -> String {
    let (seconds, microseconds) = parts(date);
    format!("{seconds}.{:03}Z", microseconds / 1000)
}

/// Writes a date as the history of virtual currencies does: `2026-05-23T10:30:00Z`.
pub(crate) fn write_seconds(date: OffsetDateTime) -> String {
    format!("{}Z", parts(date).0)
}

/// Writes a date as the older pages do: `2024-12-24T10:50:23.000000+0000`.
pub(crate) fn write_older(date: OffsetDateTime) -> String {
    let (seconds, microseconds) = parts(date);
    format!("{seconds}.{microseconds:06}+0000")
}

/// A date up to its seconds, and its microseconds.
fn parts(date: OffsetDateTime) -> (String, u32) {
    let utc = date.checked_to_offset(UtcOffset::UTC).unwrap_or(date);
    let (year, month, day) = utc.to_calendar_date();
    let (hour, minute, second) = utc.to_hms();
    let month = u8::from(month);
    let seconds = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    (seconds, utc.microsecond())
}

fn numbers<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[u16; N]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; N];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next()?;
        if part.len() != length || !part.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn offset(zone: &str) -> Option<UtcOffset> {
    if matches!(zone, "Z" | "z") {
        return Some(UtcOffset::UTC);
    }
    let sign = match zone.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let digits = zone.get(1..)?;
    let spelt = match digits.len() {
        4 => format!("{}:{}", digits.get(..2)?, digits.get(2..)?),
        _ => digits.to_owned(),
    };
    let [hours, minutes] = numbers(&spelt, ':', [2, 2])?;
    if hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    UtcOffset::from_whole_seconds(sign * seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_form_is_one_instant() {
        for text in [
            "2024-12-24T10:50:23Z",
            "2024-12-24T10:50:23.000Z",
            "2024-12-24T10:50:23+00:00",
            "2024-12-24T10:50:23.000000+0000",
            "2024-12-24 12:50:23+02:00",
        ] {
            assert_eq!(read(text).map(write).as_deref(), Some("2024-12-24T10:50:23+00:00"));
        }
    }

    #[test]
    fn microseconds_are_written_unless_the_second_is_whole() {
        let date = read("2024-12-24T10:50:23.4614250001Z");
        assert_eq!(date, None, "ten digits");
        let date = read("2024-12-24T10:50:23.461425009Z").unwrap();
        assert_eq!(write(date), "2024-12-24T10:50:23.461425+00:00");
        assert_eq!(write_older(date), "2024-12-24T10:50:23.461425+0000");
        assert_eq!(write_milliseconds(date), "2024-12-24T10:50:23.461Z");
        assert_eq!(write_seconds(date), "2024-12-24T10:50:23Z");
        let whole = read("2024-12-24T10:50:23Z").unwrap();
        assert_eq!(write_older(whole), "2024-12-24T10:50:23.000000+0000");
    }

    #[test]
    fn a_date_is_the_same_when_it_is_read_from_what_was_written() {
        for fraction in ["", ".1", ".123", ".123456", ".1234567", ".123456789", ".000000999"] {
            let date = read(&format!("2024-12-24T10:50:23{fraction}Z")).unwrap();
            assert_eq!(read(&write(date)), Some(date), "{fraction}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "soon",
            "2024-12-24",
            "2024-12-24T10:50:23",
            "2024-12-24T10:50Z",
            "2024-13-24T10:50:23Z",
            "2024-02-30T10:50:23Z",
            "2024-12-24T24:00:00Z",
            "2024-12-24T10:50:60Z",
            "2024-12-24T10:50:23.Z",
            "2024-12-24T10:50:23+24:00",
            "0000-01-01T00:00:00+01:00",
            "2024-12-24T10:50:23Zé",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
