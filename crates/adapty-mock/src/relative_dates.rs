//! Dates counted from the app's time: `+P1D` is a day from now, `-PT1H` an hour ago.

use std::borrow::Cow;

use adapty_model::time::OffsetDateTime;
use bytes::Bytes;

use crate::{
    dates,
    period::Period,
    profile_lists::{ACCESS_LEVELS, NON_SUBSCRIPTIONS, Rows, SUBSCRIPTIONS},
    raw_json::{Object, text},
};

/// A date, or one counted from `now`; the error says what is wrong with it.
pub(crate) fn read(date: &str, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
    let counted =
        |period: &str| period.parse::<Period>().map_err(|error| format!("`{date}` is {error}"));
    let beyond = || format!("`{date}` is beyond the years 0 to 9999");
    if let Some(period) = date.strip_prefix('+') {
        return counted(period)?.after(now).ok_or_else(beyond);
    }
    if let Some(period) = date.strip_prefix('-') {
        return counted(period)?.before(now).ok_or_else(beyond);
    }
    dates::read(date).ok_or_else(|| format!("`{date}` is no date with time and zone"))
}

/// A profile's body with dates in the place of those that are counted from `now`; the error names the field.
/// A body that is no profile's, or has no such date, stays as it is.
pub(crate) fn resolve(body: Bytes, now: OffsetDateTime) -> Result<Bytes, String> {
    let is_counted = |value: &str| value.starts_with("\"+P") || value.starts_with("\"-P");
    let has_any = |text: &str| text.contains("\"+P") || text.contains("\"-P");
    let resolved = {
        let Some(json) = std::str::from_utf8(&body).ok().filter(|it| has_any(it)) else {
            return Ok(body);
        };
        let Some(mut envelope) = Object::parse(json) else { return Ok(body) };
        let Some(mut data) = envelope.object("data") else { return Ok(body) };
        for list in [ACCESS_LEVELS, SUBSCRIPTIONS, NON_SUBSCRIPTIONS] {
            let Some(mut rows) = Rows::read(&data, list) else { continue };
            for (position, row) in rows.rows.iter_mut().enumerate() {
                for (name, value) in &mut row.0 {
                    if name.ends_with("_at") && is_counted(value.get()) {
                        let counted: String = serde_json::from_str(value.get()).unwrap_or_default();
                        let date = read(&counted, now);
                        let place = |what| format!("data.{}[{position}].{name}: {what}", list.name);
                        *value = Cow::Owned(text(&dates::write(date.map_err(place)?)));
                    }
                }
            }
            if data.get(list.name).is_some() {
                rows.write(&mut data);
            }
        }
        envelope.put("data", &data);
        text(&envelope).get().to_owned()
    };
    Ok(resolved.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> OffsetDateTime {
        dates::read("2030-01-31T00:00:00Z").expect("a date")
    }

    #[test]
    fn a_date_counted_from_now_is_after_or_before_it() {
        for (text, date) in [
            ("+P1M", "2030-02-28T00:00:00+00:00"),
            ("-PT1H", "2030-01-30T23:00:00+00:00"),
            ("2029-01-01T00:00:00Z", "2029-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(read(text, now()).map(dates::write).as_deref(), Ok(date));
        }
        let told = |text: &str| read(text, now()).unwrap_err();
        assert_eq!(told("soon"), "`soon` is no date with time and zone");
        assert!(told("+1D").starts_with("`+1D` is no ISO 8601 duration"), "{}", told("+1D"));
        assert_eq!(told("-P9999Y"), "`-P9999Y` is beyond the years 0 to 9999");
    }

    #[test]
    fn dates_of_a_profile_are_resolved_and_all_else_stays() {
        let body = r#"{"more":1.50,"data":{"x":"+P1D","access_levels":{"vip":{"expires_at":"+P1D","y":"-P1D"}}}}"#;
        let resolved = resolve(Bytes::from(body), now()).unwrap();
        let told = body.replacen(
            r#""expires_at":"+P1D""#,
            r#""expires_at":"2030-02-01T00:00:00+00:00""#,
            1,
        );
        assert_eq!(resolved, told);
        for other in
            ["<html> \"+P", r#"{"data":{"access_levels":[{"expires_at":"2030-01-01T00:00:00Z"}]}}"#]
        {
            assert_eq!(resolve(Bytes::from(other), now()).unwrap(), other);
        }
    }

    #[test]
    fn a_date_that_cannot_be_counted_is_named() {
        let body = r#"{"data":{"subscriptions":[{},{"expires_at":"+P1X"}]}}"#;
        let told = resolve(Bytes::from(body), now()).unwrap_err();
        assert!(
            told.starts_with("data.subscriptions[1].expires_at: `+P1X` is no ISO 8601"),
            "{told}"
        );
    }
}
