//! `Retry-After`: whole seconds, or a date in any of HTTP's three forms.

use std::time::{Duration, SystemTime};

/// How long the server asks to wait, counted from its response.
///
/// `value` and `date` are those headers of the response; one that is there twice is absent. A date is
/// measured against the response's own `Date`, so that the two clocks need not agree, and against
/// `now` when it has none. A date in the past is no wait. What is neither (a sign, a fraction,
/// nothing, a list) counts as absent.
pub(crate) fn parse(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Only a number beyond u64 fails here, and it means "practically never".
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let answered = date.and_then(|date| httpdate::parse_http_date(date.trim()).ok()).unwrap_or(now);
    Some(until.duration_since(answered).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DATE_OF_ANSWER: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn wait(value: &str) -> Option<u64> {
        wait_from(value, Some(DATE_OF_ANSWER))
    }

    fn wait_from(value: &str, date: Option<&str>) -> Option<u64> {
        parse(value, date, SystemTime::UNIX_EPOCH).map(|wait| wait.as_secs())
    }

    #[test]
    fn whole_seconds_are_seconds() {
        assert_eq!(wait("0"), Some(0));
        assert_eq!(wait("120"), Some(120));
        assert_eq!(wait("007"), Some(7));
        assert_eq!(wait(" 5 "), Some(5));
    }

    #[test]
    fn a_number_beyond_all_bounds_is_kept_as_the_longest_wait() {
        assert_eq!(wait("99999999999999999999999"), Some(u64::MAX));
    }

    #[test]
    fn each_of_the_three_date_forms_is_measured_from_the_answers_date() {
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(wait("Sunday, 06-Nov-94 08:50:37 GMT"), Some(60));
        assert_eq!(wait("Sun Nov  6 08:50:37 1994"), Some(60));
    }

    #[test]
    fn a_date_in_the_past_is_no_wait() {
        assert_eq!(wait(DATE_OF_ANSWER), Some(0));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:36 GMT"), Some(0));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_is_absent(text in "[ -~]{0,40}") {
            let is_number = !text.trim().is_empty() && text.trim().bytes().all(|it| it.is_ascii_digit());
            prop_assert_eq!(wait(&text).is_some(), is_number);
        }

        #[test]
        fn every_number_of_seconds_is_that_wait(seconds in any::<u64>()) {
            prop_assert_eq!(wait(&seconds.to_string()), Some(seconds));
        }
    }

    #[test]
    fn without_a_date_of_the_answer_our_clock_is_the_measure() {
        let until = "Thu, 01 Jan 1970 00:01:30 GMT";
        assert_eq!(wait_from(until, None), Some(90));
        assert_eq!(wait_from(until, Some("yesterday")), Some(90));
    }

    #[test]
    fn signs_fractions_nothing_and_lists_count_as_absent() {
        for value in ["+5", "-5", "1.5", "5s", "", " ", "5, 6", "5,", "0x5", "soon", "1e3", "٥"] {
            assert_eq!(wait(value), None, "{value:?}");
        }
    }
}
