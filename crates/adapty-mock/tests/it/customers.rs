//! Customers in short: a level and a date become a whole profile.

use adapty_mock::adapty_model::{
    Access, CancellationReason, Denial, Grant, Profile, ProfileResponse,
    time::{Duration, OffsetDateTime},
};
use adapty_mock::{
    App, CustomerAccess, Edition, Identity, MockServer, NewPurchase, NewSubscription, Period,
};
use serde_json::{Value, json};

use crate::admin::{admin, mistake};
use crate::support::*;

/// A server whose app's time is the beginning of 2030.
async fn server() -> MockServer {
    let server = MockServer::start().await;
    server.app("k").set_clock(now());
    server
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_893_456_000).expect("a date")
}

async fn customer(server: &MockServer, id: &str) -> Profile {
    let seen = get(server, "k", id).await;
    ProfileResponse::from_json(seen.body().as_bytes()).expect("a profile").data
}

/// The profile of a customer put with this access.
async fn put(access: &str) -> Profile {
    let server = server().await;
    let body = format!(r#"{{"premium": {access}}}"#);
    let (status, told) = admin(&server, "PUT customers/jane", "", &body).await;
    assert_eq!(status, 200, "{told}");
    let profile = customer(&server, "jane").await;
    assert_eq!(told["profile"]["profile_id"], profile.profile_id.to_string());
    profile
}

#[tokio::test]
async fn what_ended_by_the_apps_time_did_so_to_the_last_digit() {
    let server = server().await;
    let app = server.app("k");
    let now = now() + Duration::nanoseconds(123_456_789);
    app.set_clock(now);
    app.put_customer("jane", &[("premium", CustomerAccess::Expired(now))]);
    let end = customer(&server, "jane").await.access_levels[0].expires_at;
    assert_eq!(end, Some(app.now()));
}

#[tokio::test]
async fn each_short_form_is_the_access_it_says() {
    let day = Duration::DAY;
    for (access, end) in [
        (r#""+P1D""#, now() + day),
        (r#""2030-01-03T00:00:00Z""#, now() + 2 * day),
        (r#"{"until": "+P1D"}"#, now() + day),
        (r#"{"trial_until": "+P1D"}"#, now() + day),
        (r#"{"billing_issue_until": "+P1D"}"#, now() + day),
        (r#"{"cancelled_until": "+P1D"}"#, now() + day),
    ] {
        let profile = put(access).await;
        let Access::Granted { why, .. } = profile.access("premium", now()) else {
            panic!("{access}")
        };
        assert_eq!(why, Grant::Until(end), "{access}");
        assert_eq!(profile.subscriptions.len(), 1, "{access}");
    }
    let granted = put("null").await;
    assert!(matches!(
        granted.access("premium", now()),
        Access::Granted { why: Grant::Forever, .. }
    ));
    let grace = put(r#"{"in_grace_until": "+PT12H"}"#).await;
    let why = Grant::InGracePeriodUntil(now() + Duration::hours(12));
    assert!(matches!(grace.access("premium", now()), Access::Granted { why: it, .. } if it == why));
    for (access, why) in [
        (r#"{"expired": "-P1D"}"#, Denial::ExpiredAt(now() - day)),
        (r#"{"refunded": "-P1D"}"#, Denial::ExpiredAfterRefundAt(now() - day)),
        (r#"{"starts_at": "+P1D"}"#, Denial::StartsAt(now() + day)),
    ] {
        let profile = put(access).await;
        assert!(
            matches!(profile.access("premium", now()), Access::Denied { why: it, .. } if it == why),
            "{access}"
        );
    }
}

#[tokio::test]
async fn what_explains_the_access_is_there_too() {
    let cancelled = put(r#"{"cancelled_until": "+P1D"}"#).await.access_levels[0].clone();
    assert_eq!(cancelled.cancellation_reason, Some(CancellationReason::VoluntarilyCancelled));
    assert!(cancelled.is_renewal_cancelled());
    assert!(put(r#"{"billing_issue_until": "+P1D"}"#).await.access_levels[0].has_billing_issue());
    assert!(put(r#"{"trial_until": "+P1D"}"#).await.subscriptions[0].offer.is_some());
    assert_eq!(
        put("null").await.non_subscriptions[0].store_product_id.as_deref(),
        Some("premium_lifetime")
    );
}

#[tokio::test]
async fn a_short_form_that_is_none_is_told_what_and_where_and_changes_nothing() {
    let server = server().await;
    for (body, told) in [
        (r#"{"premium": "soon"}"#, "premium: `soon` is no date with time and zone"),
        (
            r#"{"premium": {"paused": "+P1D"}}"#,
            "premium: there is no `paused`, expected one of until, trial_until, in_grace_until, billing_issue_until, cancelled_until, expired, refunded, starts_at",
        ),
        (r#"{"premium": {"expired": 7}}"#, "premium: expired: it is no string"),
        (r#"{"": null}"#, "the id of an access level is empty"),
        (
            r#"{"premium": {"until": "+P1D", "since": "-P1D"}}"#,
            "premium: there is no `since`, expected one of until, trial_until, in_grace_until, billing_issue_until, cancelled_until, expired, refunded, starts_at",
        ),
        (
            r#"{"premium": {}}"#,
            "premium: an object has exactly one of until, trial_until, in_grace_until, billing_issue_until, cancelled_until, expired, refunded, starts_at",
        ),
        (
            r#"{"premium": {"until": "+P1D", "expired": "-P1D"}}"#,
            "premium: an object has exactly one of until, trial_until, in_grace_until, billing_issue_until, cancelled_until, expired, refunded, starts_at",
        ),
    ] {
        let (status, message) = mistake(&server, "PUT customers/jane", "", body).await;
        assert_eq!((status, message), (400, format!("body: {told}")), "{body}");
    }
    let odd = mistake(&server, "PUT customers/jane", "", r#"{"premium": true}"#).await.1;
    assert!(
        odd.starts_with("body: premium: neither a date, nor null, nor an object of one of until,"),
        "{odd}"
    );
    assert_eq!(get(&server, "k", "jane").await.status(), 404);
}

#[tokio::test]
async fn a_customer_put_again_keeps_the_profile_id() {
    let server = server().await;
    let app = server.app("k");
    app.put_customer("jane", &[("premium", CustomerAccess::Forever)]);
    let before = customer(&server, "jane").await;
    app.put_customer(
        "jane",
        &[("premium", CustomerAccess::Expired(now())), ("vip", CustomerAccess::Forever)],
    );
    let after = customer(&server, "jane").await;
    assert_eq!((after.profile_id, after.access_levels.len()), (before.profile_id, 2));
    assert!(after.timestamp > before.timestamp);
}

#[tokio::test]
async fn an_id_in_the_path_may_need_percent_encoding() {
    let server = server().await;
    admin(&server, "PUT customers/jane%2Fdoe%40example.com", "", r#"{"premium": null}"#).await;
    assert_eq!(get(&server, "k", "jane/doe@example.com").await.status(), 200);
}

#[tokio::test]
async fn the_named_persons_are_what_their_names_say_in_every_edition() {
    let server = server().await;
    let (_, told) = admin(&server, "POST persons", "", "").await;
    assert_eq!(told["persons"]["in_grace"], "premium in a grace period of three more days");
    for edition in
        [Edition::AsWritten, Edition::OlderPage, Edition::OlderObjectsPage, Edition::NewerPage]
    {
        server.app("k").set_edition(edition);
        for (person, has_access) in [
            ("active", true),
            ("lifetime", true),
            ("expired", false),
            ("trial", true),
            ("in_grace", true),
            ("billing_issue", true),
            ("cancelled", true),
            ("refunded", false),
            ("future", false),
            ("never_bought", false),
        ] {
            let profile = customer(&server, person).await;
            assert_eq!(
                profile.access("premium", now()).is_granted(),
                has_access,
                "{person} {edition}"
            );
        }
    }
}

#[tokio::test]
async fn dates_of_given_profiles_may_be_counted_from_the_apps_time() {
    let server = server().await;
    let body =
        json!({"data": {"customer_user_id": "me", "access_levels": [{"expires_at": "+P1D"}]}});
    admin(&server, "PUT profiles", "", &body.to_string()).await;
    let seen: Value = serde_json::from_str(&get(&server, "k", "me").await.body()).unwrap();
    assert_eq!(seen["data"]["access_levels"][0]["expires_at"], "2030-01-02T00:00:00+00:00");
    let body = body.to_string().replace("+P1D", "+P1X");
    let told = mistake(&server, "PUT profiles", "", &body).await.1;
    assert!(
        told.starts_with("body: data.access_levels[0].expires_at: `+P1X` is no ISO 8601"),
        "{told}"
    );
    assert_eq!(server.app("k").body(Identity::customer("me")).map(|it| it.is_empty()), Some(false));
}

/// One whose level ends a day from now, with or without a name of its own.
fn counted(end: &str) -> Value {
    json!({"data": {"customer_user_id": "me", "access_levels": [{"access_level_id": "premium", "expires_at": end}]}})
}

/// When that level ends, as it is served.
async fn end_of(server: &MockServer, key: &str) -> Value {
    let body: Value = serde_json::from_str(&get(server, key, "me").await.body()).expect("JSON");
    body["data"]["access_levels"][0]["expires_at"].clone()
}

#[tokio::test]
async fn dates_of_what_every_app_starts_with_are_counted_from_its_clock_until_something_changes_it()
{
    let builder = MockServer::builder().profile_json(counted("+P1D").to_string()).unwrap();
    let server = builder.start().await.expect("a free port");
    let app = server.app("k");
    // At first by the machine's clock.
    let body = app.body(Identity::customer("me")).expect("it is there");
    let body: Value = serde_json::from_slice(&body).expect("JSON");
    let end = body["data"]["access_levels"][0]["expires_at"].as_str().expect("a date");
    assert!(end.starts_with("20") && end.ends_with("+00:00"), "{end}");
    let put = |now: &'static str| {
        let server = &server;
        async move {
            let body = json!({"now": now}).to_string();
            assert_eq!(admin(server, "PUT clock", "", &body).await.0, 200);
        }
    };
    put("2030-01-01T00:00:00Z").await;
    assert_eq!(end_of(&server, "k").await, "2030-01-02T00:00:00+00:00");
    app.advance(Period::days(3));
    assert_eq!(end_of(&server, "k").await, "2030-01-02T00:00:00+00:00");
    put("2031-01-01T00:00:00Z").await;
    assert_eq!(end_of(&server, "k").await, "2031-01-02T00:00:00+00:00");
    server.app("k2").set_clock(now());
    assert_eq!(end_of(&server, "k2").await, "2030-01-02T00:00:00+00:00");
    let late = json!({"now": "9999-12-31T12:00:00Z"}).to_string();
    let told = "body: now: a profile that the app starts with: data.access_levels[0].expires_at: `+P1D` is beyond \
                the years 0 to 9999";
    assert_eq!(mistake(&server, "PUT clock", "", &late).await, (400, told.to_owned()));
    assert_eq!(end_of(&server, "k").await, "2031-01-02T00:00:00+00:00");
    // Something of it was changed: it is the test's now.
    assert_eq!(update(&server, "me", r#"{"first_name": "Jane"}"#).await.status(), 200);
    put("2032-01-01T00:00:00Z").await;
    assert_eq!(end_of(&server, "k").await, "2031-01-02T00:00:00+00:00");
    app.reset();
    put("2033-01-01T00:00:00Z").await;
    assert_eq!(end_of(&server, "k").await, "2033-01-02T00:00:00+00:00");
    app.remove_profile(Identity::customer("me"));
    put("2034-01-01T00:00:00Z").await;
    assert_eq!(get(&server, "k", "me").await.status(), 404);
}

#[tokio::test]
async fn dates_are_counted_wherever_a_row_is_given_unless_it_is_to_be_served_as_given() {
    let server = server().await;
    let me = "adapty-customer-user-id: me\r\n";
    let in_a_day = "2030-01-02T00:00:00+00:00";
    admin(&server, "PUT profiles", me, &counted("+P1D").to_string()).await;
    assert_eq!(end_of(&server, "k").await, in_a_day);
    admin(&server, "PATCH profiles", me, &counted("-PT1H").to_string()).await;
    assert_eq!(end_of(&server, "k").await, "2029-12-31T23:00:00+00:00");
    for what in ["PUT profiles", "PATCH profiles"] {
        let told = mistake(&server, what, me, &counted("+P1X").to_string()).await;
        let place = "body: data.access_levels[0].expires_at: `+P1X` is no ISO 8601 duration";
        assert!(told.0 == 400 && told.1.starts_with(place), "{what}: {}", told.1);
    }
    admin(&server, "PUT profiles?as=given", me, &counted("+P1D").to_string()).await;
    assert_eq!(end_of(&server, "k").await, "+P1D");
    admin(&server, "PATCH profiles", me, r#"{"data": {"x": 1}}"#).await;
    assert_eq!(end_of(&server, "k").await, "+P1D");
    let token = |end: &str| {
        let row = json!({"access_level_id": "premium", "expires_at": end});
        json!({"token": "t", "purchase": {"access_levels": [row]}}).to_string()
    };
    for tokens in ["stripe-tokens", "paddle-tokens"] {
        let put = format!("PUT {tokens}");
        assert_eq!(admin(&server, &put, "", &token("+P1D")).await.0, 200);
        let listed = admin(&server, &format!("GET {tokens}"), "", "").await.1.to_string();
        assert!(listed.contains(in_a_day) && !listed.contains("+P1D"), "{listed}");
        let told = mistake(&server, &put, "", &token("+P1X")).await;
        let place = "body: access_levels[0].expires_at: `+P1X` is no ISO 8601 duration";
        assert!(told.0 == 400 && told.1.starts_with(place), "{}", told.1);
    }
}

#[tokio::test]
async fn a_customer_put_over_one_who_bought_replaces_all_that_they_had() {
    let server = server().await;
    let app = server.app("k");
    let jane = || Identity::customer("jane");
    let new = NewSubscription::new("monthly", Period::months(1));
    let subscription = app.start_subscription(jane(), new);
    let purchase = app.make_purchase(jane(), NewPurchase::new("lifetime"));
    app.put_customer("jane", &[("premium", CustomerAccess::Expired(now()))]);
    let before = app.body(jane());
    app.advance(Period::months(3));
    assert_eq!(app.body(jane()), before);
    for (path, told) in [
        (format!("subscriptions/{}/renew", subscription.id()), "original transaction id"),
        (format!("purchases/{}/refund", purchase.id()), "transaction id"),
    ] {
        let (status, message) = mistake(&server, &format!("POST {path}"), "", "").await;
        assert!(status == 404 && message.ends_with(told), "{status} {message}");
    }
}

#[tokio::test]
async fn a_profile_made_anew_begins_without_what_the_one_before_bought() {
    let server = server().await;
    let app = server.app("k");
    let jane = || Identity::customer("jane");
    type Anew = fn(&App);
    let ways: [Anew; 3] = [
        |app| drop(app.put_json(r#"{"data": {"customer_user_id": "jane"}}"#)),
        |app| {
            app.remove_profile(Identity::customer("jane"));
            app.put_body(Identity::customer("jane"), r#"{"data": {"access_levels": []}}"#);
        },
        |app| {
            app.remove_profiles();
            app.put_customer("jane", &[]);
        },
    ];
    for (number, make_anew) in ways.into_iter().enumerate() {
        let new = NewSubscription::new("monthly", Period::months(1));
        app.start_subscription(jane(), new);
        make_anew(&app);
        let before = app.body(jane());
        app.advance(Period::months(3));
        assert_eq!(app.body(jane()), before, "{number}");
    }
}

#[tokio::test]
async fn what_ended_did_not_end_in_the_future() {
    let server = server().await;
    for name in ["expired", "refunded"] {
        let body = format!(r#"{{"premium": {{"{name}": "+P1D"}}}}"#);
        let told = mistake(&server, "PUT customers/jane", "", &body).await;
        let expected = format!(
            "body: premium: {name}: 2030-01-02T00:00:00+00:00 is later than the app's time, \
             2030-01-01T00:00:00+00:00; what ended did so by then"
        );
        assert_eq!(told, (400, expected));
    }
    assert_eq!(get(&server, "k", "jane").await.status(), 404);
}

#[tokio::test]
#[should_panic(expected = "premium: refunded: 2030-01-02T00:00:00+00:00 is later than the app's")]
async fn nor_in_rust() {
    let access = CustomerAccess::Refunded(now() + Duration::DAY);
    server().await.app("k").put_customer("jane", &[("premium", access)]);
}

#[tokio::test]
#[should_panic(expected = "the customer's id is empty")]
async fn a_customer_has_an_id() {
    server().await.app("k").put_customer("", &[]);
}

#[tokio::test]
async fn near_the_last_year_a_person_whose_date_is_beyond_it_is_told() {
    let server = server().await;
    let end = OffsetDateTime::from_unix_timestamp(253_402_300_799).expect("a date");
    server.app("k").set_clock(end);
    let told = mistake(&server, "POST persons", "", "").await;
    assert_eq!(told, (400, "body: active: its date is beyond the year 9999".to_owned()));
    assert_eq!(get(&server, "k", "lifetime").await.status(), 404);
}
