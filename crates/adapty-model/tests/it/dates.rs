//! The forms a date may have, and those it may not.

use adapty_model::ReadErrorKind;
use adapty_model::time::{Duration, OffsetDateTime, UtcOffset};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{christmas_eve, level, read, refusal, with};

/// The end of an access level whose `expires_at` is this text.
#[track_caller]
fn end(text: &str) -> OffsetDateTime {
    level(json!({"access_level_id": "premium", "starts_at": null, "expires_at": text}))
        .expires_at
        .unwrap()
}

#[test]
fn every_spelling_of_one_instant_agrees() {
    for text in [
        "2024-12-24T10:50:23Z",
        "2024-12-24t10:50:23z",
        "2024-12-24 10:50:23Z",
        "2024-12-24T10:50:23+00:00",
        "2024-12-24T10:50:23-00:00",
        "2024-12-24T10:50:23+0000",
        "2024-12-24T10:50:23.0+0000",
        "2024-12-24T10:50:23.000000000Z",
        "2024-12-24T11:50:23+01:00",
        "2024-12-24T11:50:23.000+0100",
        "2024-12-24T05:20:23-05:30",
        "2024-12-25T10:49:23+2359",
    ] {
        assert_eq!(end(text), christmas_eve(), "{text}");
        assert_eq!(end(text).offset(), UtcOffset::UTC, "{text}");
    }
}

#[test]
fn every_digit_of_a_fraction_counts() {
    for (fraction, nanoseconds) in
        [("5", 500_000_000), ("461425", 461_425_000), ("000000001", 1), ("123456789", 123_456_789)]
    {
        let text = format!("2024-12-24T10:50:23.{fraction}+0000");
        assert_eq!(end(&text), christmas_eve() + Duration::nanoseconds(nanoseconds));
    }
}

#[test]
fn days_that_exist_are_read() {
    assert_eq!(end("2024-02-29T00:00:00Z").ordinal(), 60);
    assert_eq!(end("0000-01-01T00:00:00Z").year(), 0);
    assert_eq!(end("9999-12-31T23:59:59.999999999Z").year(), 9999);
}

#[test]
fn anything_else_is_an_error_that_shows_the_text() {
    for text in [
        "",
        " ",
        "never",
        "2024-12-24",
        "2024-12-24T10:50:23",
        "2024-12-24T10:50Z",
        "2024-12-24T10:50:23.Z",
        "2024-12-24T10:50:23,5Z",
        "2024-12-24T10:50:23.1234567890Z",
        "2024-12-24T10:50:23 Z",
        "2024-12-24T10:50:23+00",
        "2024-12-24T10:50:23+0:00",
        "2024-12-24T10:50:23+24:00",
        "2024-12-24T10:50:23+00:60",
        "2024-12-24T10:50:23*00:00",
        "2024-12-24T10:50:23UTC",
        "2024-12-24_10:50:23Z",
        "2024-13-24T10:50:23Z",
        "2023-02-29T10:50:23Z",
        "2024-00-24T10:50:23Z",
        "2024-12-00T10:50:23Z",
        "2024-12-24T24:00:00Z",
        "2024-12-24T10:60:23Z",
        "2024-12-24T10:50:60Z",
        "+2024-12-24T10:50:23Z",
        "2024-12-24T10:50:23Z ",
        "12/24/2024 10:50:23 AM",
        "1735037423",
        "٢٠٢٤-12-24T10:50:23Z",
    ] {
        let error = refusal(&with(
            "access_levels",
            json!([{"access_level_id": "premium", "starts_at": null, "expires_at": text}]),
        ));
        assert_eq!(error.kind(), ReadErrorKind::WrongText, "{text}");
        assert_eq!(error.path(), "data.access_levels[0].expires_at");
        assert_eq!(error.found(), format!("the string {text:?}"));
    }
}

#[test]
fn a_year_that_could_not_be_written_is_refused() {
    for text in ["9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+00:01"] {
        let error = refusal(&with(
            "access_levels",
            json!([{"access_level_id": "p", "starts_at": null, "expires_at": text}]),
        ));
        assert_eq!(error.kind(), ReadErrorKind::WrongText);
    }
}

#[test]
fn every_date_of_every_row_is_read() {
    let date = "2024-12-24T10:50:23+0000";
    let row = level(json!({
        "access_level_id": "premium", "starts_at": date, "purchased_at": date,
        "originally_purchased_at": date, "expires_at": date, "renewal_cancelled_at": date,
        "billing_issue_detected_at": date,
    }));
    let dates = [
        row.starts_at,
        row.purchased_at,
        row.originally_purchased_at,
        row.expires_at,
        row.renewal_cancelled_at,
        row.billing_issue_detected_at,
    ];
    assert_eq!(dates, [Some(christmas_eve()); 6]);
}

#[test]
fn a_date_of_another_type_is_an_error() {
    for (value, found) in [
        (json!(1_735_037_423), "a number"),
        (json!(true), "a boolean"),
        (json!({}), "an object"),
        (json!([]), "an array"),
    ] {
        let error = refusal(&with(
            "access_levels",
            json!([{"access_level_id": "p", "starts_at": value, "expires_at": null}]),
        ));
        assert_eq!(
            error.to_string(),
            format!(
                "data.access_levels[0].starts_at: expected a date with time and zone, found {found}"
            )
        );
    }
}

proptest! {
    #[test]
    fn an_instant_reads_the_same_in_every_spelling(
        seconds in -62_167_132_800_i64..253_402_214_400,
        nanoseconds in 0_u32..1_000_000_000,
        minutes in -1_439_i32..1_440,
        colon: bool,
        separator in "[Tt ]",
    ) {
        let instant = OffsetDateTime::from_unix_timestamp(seconds).unwrap()
            + Duration::nanoseconds(nanoseconds.into());
        let local = instant.to_offset(UtcOffset::from_whole_seconds(minutes * 60).unwrap());
        let text = format!(
            "{:04}-{:02}-{:02}{separator}{:02}:{:02}:{:02}.{nanoseconds:09}{}{:02}{}{:02}",
            local.year(), u8::from(local.month()), local.day(),
            local.hour(), local.minute(), local.second(),
            if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60,
            if colon { ":" } else { "" }, minutes.abs() % 60,
        );
        prop_assert_eq!(end(&text), instant);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "\\PC{0,40}|[0-9TZ:+. -]{0,40}") {
        let body = with("access_levels", json!([{"access_level_id": "p", "starts_at": null, "expires_at": text}]));
        let _ = adapty_model::ProfileResponse::from_json(body.to_string().as_bytes());
    }
}

#[test]
fn a_subscriptions_expiry_has_three_states() {
    use adapty_model::Expiry;
    let rows = json!([
        {"store_product_id": "a", "starts_at": null, "expires_at": "2024-12-24T10:50:23Z"},
        {"store_product_id": "b", "starts_at": null, "expires_at": null},
        {"store_product_id": "c"},
    ]);
    let states: Vec<Expiry> =
        read(&with("subscriptions", rows)).subscriptions.iter().map(|row| row.expires_at).collect();
    assert_eq!(states, [Expiry::At(christmas_eve()), Expiry::Never, Expiry::NotStated]);
}
