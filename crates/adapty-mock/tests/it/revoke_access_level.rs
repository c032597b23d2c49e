//! Revoke access level: what is checked, what ends, and what is refused.

use adapty_mock::adapty_model::{
    AccessLevel, CancellationReason, Expiry, Profile, ProfileResponse, Subscription,
    time::{Duration, OffsetDateTime},
};
use adapty_mock::{
    App, Edition, Identity, MockServer, NewPurchase, NewSubscription, Period, ProductChange,
    SubscriptionHandle,
};
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
async fn a_date_of_nine_digits_is_the_microsecond_that_answers_show() {
    let server = MockServer::start().await;
    let nine = "2039-08-29T09:33:42.123456789Z";
    let at = json!({"access_level_id": "premium", "revoke_at": nine}).to_string();
    let until = json!({"access_level_id": "premium", "expires_at": nine}).to_string();
    grant(&server, JANE, &until).await;
    for _ in 0..2 {
        let level = data(&revoke(&server, JANE, &at).await)["access_levels"][0].take();
        assert_eq!(level["expires_at"], "2039-08-29T09:33:42.123456+00:00");
    }
    let later = at.replace("456789Z", "457Z");
    assert_eq!(revoke(&server, JANE, &later).await.status(), 400);
}

#[tokio::test]
async fn a_level_ends_at_the_time_at_which_it_is_revoked_to_the_last_digit() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::UNIX_EPOCH + Duration::nanoseconds(1_999_999_999_123_456_789));
    grant(&server, JANE, UNTIL_2040).await;
    for _ in 0..2 {
        let level = data(&revoke(&server, JANE, NOW).await)["access_levels"][0].take();
        assert_eq!(level["expires_at"], "2033-05-18T03:33:19.123456+00:00");
    }
    let past = json!({"access_level_id": "premium", "revoke_at": "2033-05-18T03:33:19.123456999Z"});
    assert_eq!(revoke(&server, JANE, &past.to_string()).await.status(), 400);
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

/// An app at the beginning of 2030 in which Jane has subscribed for a month, renewing.
async fn subscribed() -> (MockServer, App, SubscriptionHandle) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date"));
    let new = NewSubscription::new("premium_monthly", Period::months(1)).store("play_store");
    let subscription = app.start_subscription(Identity::customer(JANE), new);
    (server, app, subscription)
}

fn jane(app: &App) -> Profile {
    let body = app.body(Identity::customer(JANE)).expect("a profile");
    ProfileResponse::from_json(&body).expect("it reads").data
}

fn has_access(app: &App) -> bool {
    jane(app).access("premium", app.now()).is_granted()
}

#[tokio::test]
async fn a_revoked_level_stays_so_whatever_its_subscription_does() {
    let steps: [fn(&App, &SubscriptionHandle); 8] = [
        |_, it| it.cancel_renewal(),
        |_, it| it.reactivate(),
        |_, it| it.fail_payment(),
        |_, it| it.recover(),
        |_, it| it.renew(),
        |app, _| app.advance(Period::months(3)),
        |_, it| it.defer(Period::days(7)),
        |_, it| it.change_product(ProductChange::at_period_end("other")),
    ];
    let (server, app, subscription) = subscribed().await;
    revoke(&server, JANE, NOW).await;
    let level = jane(&app).access_levels;
    for (number, step) in steps.into_iter().enumerate() {
        step(&app, &subscription);
        assert!(!has_access(&app), "step {number}");
        assert_eq!(jane(&app).access_levels, level, "step {number}");
    }
    app.advance(Period::months(1));
    assert!(!has_access(&app));
    let rows = jane(&app).subscriptions;
    let lasts = |row: &&Subscription| matches!(row.expires_at, Expiry::At(end) if end > app.now());
    let lasting = rows.iter().filter(lasts);
    assert_eq!(lasting.count(), 1, "the subscription itself goes on: {rows:?}");
    assert_eq!(app.timeline(Identity::customer(JANE), app.now() + Duration::days(99)).len(), 1);
}

#[tokio::test]
async fn a_level_to_be_revoked_ends_then_or_earlier_with_its_purchase() {
    let (server, app, subscription) = subscribed().await;
    let at = r#"{"access_level_id": "premium", "revoke_at": "2030-01-20T00:00:00Z"}"#;
    revoke(&server, JANE, at).await;
    subscription.renew();
    let revoked_at = app.now() + Duration::days(19);
    assert_eq!(jane(&app).access_levels[0].expires_at, Some(revoked_at));
    app.advance(Period::days(1));
    assert!(has_access(&app));
    subscription.refund();
    let level = jane(&app).access_levels[0].clone();
    assert_eq!(level.expires_at, Some(app.now()));
    assert_eq!(level.cancellation_reason, Some(CancellationReason::Refund));
}

#[tokio::test]
async fn a_one_time_purchase_paid_back_after_its_level_was_revoked_leaves_when_that_was() {
    let (server, app, _) = subscribed().await;
    let buyer = Identity::customer("buyer");
    let purchase = app.make_purchase(buyer.clone(), NewPurchase::new("lifetime"));
    revoke(&server, "buyer", NOW).await;
    let revoked_at = app.now();
    app.advance(Period::days(1));
    purchase.refund();
    let body = app.body(buyer).expect("a profile");
    let profile = ProfileResponse::from_json(&body).expect("it reads").data;
    assert_eq!(profile.access_levels[0].expires_at, Some(revoked_at));
    assert_eq!(profile.non_subscriptions[0].is_refund, Some(true));
}

#[tokio::test]
async fn what_is_bought_or_granted_after_a_revocation_gives_the_level_again() {
    type Buy = fn(&App, &SubscriptionHandle);
    let buys: [Buy; 4] = [
        |app, _| drop(app.make_purchase(Identity::customer(JANE), NewPurchase::new("lifetime"))),
        |app, _| {
            let new = NewSubscription::new("premium_monthly", Period::months(1));
            drop(app.start_subscription(Identity::customer(JANE), new));
        },
        |_, it| it.change_product(ProductChange::now("premium_annual")),
        |app, it| {
            it.expire();
            app.advance(Period::days(1));
            it.renew();
        },
    ];
    for (number, buy) in buys.into_iter().enumerate() {
        let (server, app, subscription) = subscribed().await;
        revoke(&server, JANE, NOW).await;
        buy(&app, &subscription);
        assert!(has_access(&app), "buy {number}");
    }
    let (server, app, _) = subscribed().await;
    revoke(&server, JANE, NOW).await;
    grant(&server, JANE, r#"{"access_level_id": "premium"}"#).await;
    assert!(has_access(&app));
}
