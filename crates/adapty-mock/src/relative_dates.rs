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
    let resolved = {
        let Some(json) = std::str::from_utf8(&body).ok().filter(|it| may_have_any(it)) else {
            return Ok(body);
        };
        let Some(mut envelope) = Object::parse(json) else { return Ok(body) };
        match resolve_in(&mut envelope, now)? {
            true => text(&envelope).get().to_owned(),
            false => return Ok(body),
        }
    };
    Ok(resolved.into())
}

/// The same in a body that is read already; says whether there was any.
pub(crate) fn resolve_in(envelope: &mut Object<'_>, now: OffsetDateTime) -> Result<bool, String> {
    let Some(mut data) = envelope.object("data") else { return Ok(false) };
    let mut has_any = false;
    for list in [ACCESS_LEVELS, SUBSCRIPTIONS, NON_SUBSCRIPTIONS] {
        let is_there = data.get(list.name).is_some_and(|list| may_have_any(list.get()));
        let Some(mut rows) = Rows::read(&data, list).filter(|_| is_there) else { continue };
        let mut is_in_list = false;
        for (position, row) in rows.rows.iter_mut().enumerate() {
            let place = |what| format!("data.{}[{position}].{what}", list.name);
            is_in_list |= resolve_row(row, now).map_err(place)?;
        }
        if is_in_list {
            rows.write(&mut data);
            has_any = true;
        }
    }
    if has_any {
        envelope.put("data", &data);
    }
    Ok(has_any)
}

/// The same in one row; says whether there was any.
pub(crate) fn resolve_row(row: &mut Object<'_>, now: OffsetDateTime) -> Result<bool, String> {
    let is_counted = |value: &str| value.starts_with("\"+P") || value.starts_with("\"-P");
    let mut has_any = false;
    for (name, value) in &mut row.0 {
        if name.ends_with("_at") && is_counted(value.get()) {
            let counted: String = serde_json::from_str(value.get()).unwrap_or_default();
            let date = read(&counted, now).map_err(|what| format!("{name}: {what}"))?;
            *value = Cow::Owned(text(&dates::write(date)));
            has_any = true;
        }
    }
    Ok(has_any)
}

/// Whether it is worth looking into a text.
pub(crate) fn may_have_any(text: &str) -> bool {
    text.contains("\"+P") || text.contains("\"-P")
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
