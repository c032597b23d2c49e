//! Periods of the calendar, in ISO 8601's words: `P1M`, `P7D`, `P1Y2M3DT4H5M6S`.

use std::{fmt, str::FromStr};

use adapty_model::time::{Date, Duration, Month, OffsetDateTime, UtcOffset};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A period of the calendar: months, whose length it is that decides, and a length of time.
///
/// Written as ISO 8601 writes durations, `P1M` or `P1Y2M3W4DT5H6M7S`, whole numbers all; a year is
/// twelve months, a week seven days, a day 24 hours, since there is no zone but UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    months: u32,
    seconds: u64,
}

impl Period {
    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self { months: 0, seconds: days as u64 * DAY }
    }

    /// So many months of the calendar.
    #[must_use]
    pub const fn months(months: u32) -> Self {
        Self { months, seconds: 0 }
    }

    /// Whether it lasts no time.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.months == 0 && self.seconds == 0
    }

    /// The instant so much after another; `None` beyond the year 9999.
    ///
    /// Months come first, and a day that a month does not have is its last: a month after 31 January is
    /// 28 or 29 February.
    #[must_use]
    pub fn after(self, instant: OffsetDateTime) -> Option<OffsetDateTime> {
        self.times_after(1, instant)
    }

    /// The instant this many periods after another, each counted from there: three times `P1M` after
    /// 31 January is 30 April, and four times is 31 May.
    #[must_use]
    pub fn times_after(self, times: u32, instant: OffsetDateTime) -> Option<OffsetDateTime> {
        let utc = instant.checked_to_offset(UtcOffset::UTC)?;
        let date = months_after(utc.date(), self.months.checked_mul(times)?)?;
        let seconds = self.seconds.checked_mul(u64::from(times))?;
        let after = utc.replace_date(date).checked_add(length(seconds)?)?;
        (after.year() <= LAST_YEAR).then_some(after)
    }

    /// The instant so much before another; `None` before the year 0.
    #[must_use]
    pub fn before(self, instant: OffsetDateTime) -> Option<OffsetDateTime> {
        let utc = instant.checked_to_offset(UtcOffset::UTC)?;
        let months = i64::from(self.months).checked_neg()?;
        let date = shifted(utc.date(), months)?;
        let before = utc.replace_date(date).checked_sub(length(self.seconds)?)?;
        (before.year() >= 0).then_some(before)
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
const LAST_YEAR: i32 = 9999;

fn length(seconds: u64) -> Option<Duration> {
    Some(Duration::seconds(i64::try_from(seconds).ok()?))
}

fn months_after(date: Date, months: u32) -> Option<Date> {
    shifted(date, i64::from(months))
}

fn shifted(date: Date, months: i64) -> Option<Date> {
    let month = i64::from(date.year()) * 12 + i64::from(u8::from(date.month())) - 1 + months;
    let year = i32::try_from(month.div_euclid(12)).ok().filter(|year| *year <= LAST_YEAR)?;
    let month = Month::try_from(u8::try_from(month.rem_euclid(12) + 1).ok()?).ok()?;
    let day = date.day().min(month.length(year));
    Date::from_calendar_date(year, month, day).ok()
}

impl FromStr for Period {
    type Err = NoPeriod;

    fn from_str(text: &str) -> Result<Self, NoPeriod> {
        const IN_MONTHS: [(char, u32); 2] = [('Y', 12), ('M', 1)];
        const DATE: [(char, u64); 2] = [('W', WEEK), ('D', DAY)];
        const TIME: [(char, u64); 3] = [('H', HOUR), ('M', MINUTE), ('S', 1)];

        let rest = text.strip_prefix('P').ok_or(NoPeriod)?;
        let (date, time) = match rest.split_once('T') {
            Some((_, "")) => return Err(NoPeriod),
            Some((date, time)) => (date, time),
            None => (rest, ""),
        };
        if date.is_empty() && time.is_empty() {
            return Err(NoPeriod);
        }
        let mut period = Self { months: 0, seconds: 0 };
        let mut date = Parts(date);
        for (unit, months) in IN_MONTHS {
            let number = u32::try_from(date.take(unit)?).map_err(|_| NoPeriod)?;
            let more = number.checked_mul(months).ok_or(NoPeriod)?;
            period.months = period.months.checked_add(more).ok_or(NoPeriod)?;
        }
        let mut time = Parts(time);
        let units = DATE.into_iter().map(|it| (it, true)).chain(TIME.map(|it| (it, false)));
        for ((unit, seconds), is_date) in units {
            let number = if is_date { date.take(unit)? } else { time.take(unit)? };
            let more = number.checked_mul(seconds).ok_or(NoPeriod)?;
            period.seconds = period.seconds.checked_add(more).ok_or(NoPeriod)?;
        }
        match (date.0, time.0) {
            ("", "") => Ok(period),
            _ => Err(NoPeriod),
        }
    }
}

/// Numbers, each before its unit, in the order of the units.
struct Parts<'a>(&'a str);

impl Parts<'_> {
    /// The number before this unit; 0 where it is not next.
    fn take(&mut self, unit: char) -> Result<u64, NoPeriod> {
        let digits = self.0.find(|it: char| !it.is_ascii_digit()).unwrap_or(self.0.len());
        let (number, rest) = self.0.split_at(digits);
        match rest.strip_prefix(unit) {
            Some(rest) => {
                self.0 = rest;
                number.parse().map_err(|_| NoPeriod)
            }
            None => Ok(0),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { months, seconds } = *self;
        f.write_str("P")?;
        let date =
            [(u64::from(months / 12), 'Y'), (u64::from(months % 12), 'M'), (seconds / DAY, 'D')];
        for (number, unit) in date.into_iter().filter(|(number, _)| *number > 0) {
            write!(f, "{number}{unit}")?;
        }
        let (hours, minutes, left) =
            (seconds % DAY / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
        if seconds % DAY > 0 || self.is_zero() {
            f.write_str("T")?;
        }
        let time = [(hours, 'H'), (minutes, 'M')];
        for (number, unit) in time.into_iter().filter(|(number, _)| *number > 0) {
            write!(f, "{number}{unit}")?;
        }
        if left > 0 || self.is_zero() { write!(f, "{left}S") } else { Ok(()) }
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|error| de::Error::custom(format_args!("`{text}` is {error}")))
    }
}

/// A text that is no [`Period`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPeriod;

impl fmt::Display for NoPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no ISO 8601 duration of whole numbers, such as P1M, P7D or PT12H")
    }
}

impl std::error::Error for NoPeriod {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates;

    fn at(text: &str) -> OffsetDateTime {
        dates::read(text).expect("a date")
    }

    fn after(start: &str, period: &str) -> String {
        let period: Period = period.parse().expect("a period");
        period.after(at(start)).map_or("beyond".to_owned(), dates::write)
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (start, period, end) in [
            ("2025-01-31T10:00:00Z", "P1M", "2025-02-28T10:00:00+00:00"),
            ("2024-01-31T10:00:00Z", "P1M", "2024-02-29T10:00:00+00:00"),
            ("2024-02-29T00:00:00Z", "P1Y", "2025-02-28T00:00:00+00:00"),
            ("2024-02-29T00:00:00Z", "P4Y", "2028-02-29T00:00:00+00:00"),
            ("2025-12-15T00:00:00.5Z", "P1M", "2026-01-15T00:00:00.500000+00:00"),
            ("2025-03-30T01:30:00Z", "P1D", "2025-03-31T01:30:00+00:00"),
            ("2025-01-01T00:00:00Z", "P1Y2M3W4DT5H6M7S", "2026-03-26T05:06:07+00:00"),
            ("9999-12-31T00:00:00Z", "P1D", "beyond"),
            ("9999-12-01T00:00:00Z", "P1M", "beyond"),
            ("9999-11-30T00:00:00Z", "P1M", "9999-12-30T00:00:00+00:00"),
        ] {
            assert_eq!(after(start, period), end, "{start} {period}");
        }
    }

    #[test]
    fn many_periods_are_counted_from_their_beginning() {
        let month: Period = "P1M".parse().unwrap();
        let start = at("2025-01-31T00:00:00Z");
        let ends = [1, 2, 3, 4].map(|times| month.times_after(times, start).map(|it| it.day()));
        assert_eq!(ends, [Some(28), Some(31), Some(30), Some(31)]);
    }

    #[test]
    fn before_goes_the_other_way() {
        let before = |period: &str| {
            let period: Period = period.parse().unwrap();
            period.before(at("2024-03-31T00:00:00Z")).map(dates::write)
        };
        assert_eq!(before("P1M").as_deref(), Some("2024-02-29T00:00:00+00:00"));
        assert_eq!(before("PT1H").as_deref(), Some("2024-03-30T23:00:00+00:00"));
        assert_eq!(before("P2025Y"), None);
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["P1M", "P1Y", "P7D", "PT12H", "P1Y2M3DT4H5M6S", "PT0S", "PT1M"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        assert_eq!("P2W".parse::<Period>().unwrap().to_string(), "P14D");
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "P",
            "PT",
            "P1",
            "1M",
            "P1H",
            "PT1D",
            "P1M1Y",
            "P1.5D",
            "P-1D",
            "+P1D",
            "P1MT",
            "p1m",
            "P1D ",
            "P99999999999999999999D",
            "P4294967295Y",
            "PD",
            "P1D1D",
        ] {
            assert_eq!(text.parse::<Period>(), Err(NoPeriod), "{text}");
        }
    }
}
