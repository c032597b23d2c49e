//! Revoke access level: what is checked, what ends, and what is refused.

use adapty_mock::adapty_model::{AccessLevel, ProfileResponse, time::OffsetDateTime};
use adapty_mock::{Edition, Identity, MockServer};
use serde_json::{Value, json};

use crate::support::*;

const NOW: &str = fixture!("revoke_access_level.request.openapi.immediate");
const UNTIL_2040: &str = r#"{"access_level_id": "premium", "expires_at": "2040-01-01T00:00:00Z"}"#;
const AT_2039: &str = r#"{"access_level_id": "premium", "revoke_at": "2039-08-29T09:33:42Z"}"#;

fn milliseconds() -> i128 {
    OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000
}

/// When a level ends, in Unix milliseconds.
fn end(level: &AccessLevel) -> i128 {
    level.expires_at.expect("an end").unix_timestamp_nanos() / 1_000_000
}

#[tokio::test]
async fn a_revocation_without_a_date_ends_the_level_now() {
    let server = MockServer::start().await;
    grant(&server, JANE, UNTIL_2040).await;
    let before = milliseconds();
    let seen = revoke(&server, JANE, NOW).await;
    let after = milliseconds();
    assert_eq!(get(&server, "k", JANE).await.body(), seen.body());
    let profile = ProfileResponse::from_json(seen.body().as_bytes()).expect("a profile").data;
    let [level] = <[AccessLevel; 1]>::try_from(profile.access_levels).expect("one level");
    assert!((before..=after).contains(&end(&level)));
    assert!(seen.body().contains(r#""cancellation_reason":"adapty_revoked""#), "{}", seen.body());
}

#[tokio::test]
async fn a_revocation_with_a_date_ends_the_level_then_in_every_edition() {
    for (edition, expected) in [
        (Edition::AsWritten, "2039-08-29T09:33:42+00:00"),
        (Edition::OlderPage, "2039-08-29T09:33:42.000000+0000"),
        (Edition::NewerPage, "2039-08-29T09:33:42+00:00"),
        (Edition::OpenApi, "2039-08-29T09:33:42+00:00"),
    ] {
        let server = MockServer::builder().edition(edition).start().await.unwrap();
        let answered = data(&revoke(&server, LIFETIME, AT_2039).await);
        let level = &answered["access_levels"][0];
        assert_eq!(level["expires_at"], expected, "{edition}");
        assert_eq!(level["cancellation_reason"], "adapty_revoked", "{edition}");
        assert_eq!(answered["subscriptions"][0]["expires_at"], Value::Null, "{edition}");
    }
}

#[tokio::test]
async fn grants_and_purchases_of_the_level_end_and_what_ends_earlier_stays() {
    let server = MockServer::start().await;
    grant(&server, LIFETIME, UNTIL_2040).await;
    grant(&server, EXPIRED, UNTIL_2040).await;
    let ends = |seen: Seen| -> Vec<Value> {
        let levels = data(&seen)["access_levels"].take();
        levels.as_array().unwrap().iter().map(|level| level["expires_at"].clone()).collect()
    };
    let at = "2039-08-29T09:33:42+00:00";
    assert_eq!(ends(revoke(&server, LIFETIME, AT_2039).await), [at, at]);
    let before = ends(get(&server, "k", EXPIRED).await);
    assert_eq!(ends(revoke(&server, EXPIRED, AT_2039).await), [before[0].clone(), at.into()]);
}

#[tokio::test]
async fn a_level_that_begins_later_ends_as_it_begins() {
    let server = MockServer::start().await;
    let later = UNTIL_2040.replace('}', r#", "starts_at": "2039-01-01T00:00:00Z"}"#);
    grant(&server, JANE, &later).await;
    let answered = data(&revoke(&server, JANE, NOW).await);
    assert_eq!(answered["access_levels"][0]["expires_at"], "2039-01-01T00:00:00+00:00");
}

#[tokio::test]
async fn a_revocation_ends_the_grace_period_that_it_cuts_short() {
    let body = r#"{"data":{"access_levels":{"premium":{"is_in_grace_period":true,"expires_at":"2040-01-01T00:00:00Z","more":1.50}}}}"#;
    for (request, is_in_grace_period) in [(NOW, false), (AT_2039, true)] {
        let server = MockServer::start().await;
        server.app("k").put_body(Identity::customer("given"), body);
        let seen = revoke(&server, "given", request).await;
        assert!(seen.body().contains(r#""more":1.50"#), "{}", seen.body());
        let level = data(&seen)["access_levels"]["premium"].take();
        assert_eq!(level["is_in_grace_period"], is_in_grace_period);
    }
}

#[tokio::test]
async fn the_documented_date_that_is_past_by_now_is_the_documented_400() {
    let server = MockServer::start().await;
    let request = fixture!("revoke_access_level.request.openapi.scheduled");
    let seen = revoke(&server, LIFETIME, request).await;
    let expected = fixture!("revoke_access_level.400.fragment.value_error");
    assert_eq!((seen.status(), seen.body().as_str()), (400, expected));
    assert_eq!(seen.reason(), "revoke_at is not later than the app's time");
    assert!(!server.app("k").requests()[0].changed);
}

#[tokio::test]
async fn a_level_that_the_profile_does_not_have_is_the_documented_400() {
    let server = MockServer::start().await;
    let id = "478b2e7f-d557-4b8b-9c5f-cbd46fc2dee2";
    server.app("k").put_json(format!(r#"{{"data":{{"profile_id":"{id}"}}}}"#));
    let text = operation("POST", REVOKE_PATH, JANE, NOW)
        .replace(&format!("adapty-customer-user-id: {JANE}"), &format!("adapty-profile-id: {id}"));
    let seen = send(&server, &text).await;
    let documented =
        fixture!("revoke_access_level.400.fragment.profile_paid_access_level_does_not_exist");
    assert_eq!((seen.status(), seen.body().as_str()), (400, documented));
    assert_eq!(seen.reason(), "the profile has no such access level");
    let seen = revoke(&server, JANE, NOW).await;
    assert_eq!(seen.body(), documented.replace(id, "3286abd3-48b0-4e9c-a5f6-ac0a006804a6"));
}

#[tokio::test]
async fn a_date_after_the_levels_end_is_the_documented_400_with_the_two_dates() {
    let server = MockServer::start().await;
    grant(&server, JANE, r#"{"access_level_id": "premium", "expires_at": "2038-08-29T09:33:42Z"}"#)
        .await;
    let seen = revoke(&server, JANE, AT_2039).await;
    let documented =
        fixture!("revoke_access_level.400.fragment.revocation_date_more_than_expiration_date");
    let documented = documented.replace("2029-08", "2039-08").replace("2028-08", "2038-08");
    assert_eq!((seen.status(), seen.body()), (400, documented));
    assert_eq!(seen.reason(), "revoke_at is later than the access level ends");
    let at_its_end = AT_2039.replace("2039", "2038");
    assert_eq!(revoke(&server, JANE, &at_its_end).await.status(), 200);
}

#[tokio::test]
async fn a_level_that_has_ended_already_is_refused_as_one_that_ends_earlier() {
    let server = MockServer::start().await;
    let before = get(&server, "k", EXPIRED).await.body();
    for request in [NOW, AT_2039] {
        let seen = revoke(&server, EXPIRED, request).await;
        assert_eq!(
            (seen.status(), seen.reason().as_str()),
            (400, "the access level has ended already")
        );
        assert!(seen.body().contains("\"revocation_date_more_than_expiration_date\""));
    }
    assert_eq!(get(&server, "k", EXPIRED).await.body(), before);
}

#[tokio::test]
async fn a_level_of_the_app_whose_name_ends_in_a_quote_is_named_in_good_json() {
    let server = MockServer::start().await;
    let seen = revoke(&server, JANE, r#"{"access_level_id": "go\""}"#).await;
    let body: Value = serde_json::from_str(&seen.body()).expect("JSON");
    let message = &body["errors"][0]["errors"][0];
    assert_eq!(message, r#"Paid access level `go"` does not exist"#);
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let server = MockServer::start().await;
    let without_key = operation("POST", REVOKE_PATH, "", "x").replace("Api-Key k", "Bearer k");
    assert_eq!(send(&server, &without_key).await.status(), 401);
    assert_eq!(revoke(&server, "", "x").await.reason(), "an identity header is empty");
    let reason = revoke(&server, "nobody", "x").await.reason();
    assert!(reason.starts_with("JSON parse error - "), "{reason}");
    let past = json!({"access_level_id": "gold", "revoke_at": "2024-01-01T00:00:00Z"});
    for (body, expected) in [
        ("{}", "access_level_id is missing"),
        (
            r#"{"access_level_id": "gold", "revoke_at": 7}"#,
            "revoke_at is neither a string nor null",
        ),
        (&*past.to_string(), "revoke_at is not later than the app's time"),
        (r#"{"access_level_id": "gold"}"#, "the app has no such access level"),
        (r#"{"access_level_id": "premium"}"#, "no profile of this app has this id"),
    ] {
        assert_eq!(revoke(&server, "nobody", body).await.reason(), expected, "{body}");
    }
}
