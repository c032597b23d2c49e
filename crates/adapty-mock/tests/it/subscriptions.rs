//! Subscriptions that live on the app's clock, and what happens to them shows in the profile.

use adapty_mock::adapty_model::{
    AccessLevel, CancellationReason, Expiry, Profile, ProfileResponse, Subscription,
    time::{self, Date, Month, OffsetDateTime},
};
use adapty_mock::{
    App, EventStream, Identity, MockServer, NewPurchase, NewSubscription, Period, ProductChange,
    SubscriptionHandle,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::admin::{admin, mistake};
use crate::support::*;

fn at(year: i32, month: u8, day: u8) -> OffsetDateTime {
    let month = Month::try_from(month).expect("a month");
    Date::from_calendar_date(year, month, day).expect("a date").midnight().assume_utc()
}

fn period(text: &str) -> Period {
    text.parse().expect("a period")
}

/// An app at the beginning of 2030.
async fn app() -> (MockServer, App) {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(at(2030, 1, 1));
    (server, app)
}

/// Ten dollars a month, sixteen days of grace.
fn monthly() -> NewSubscription {
    NewSubscription::new("premium_monthly", period("P1M")).price(10.0).grace_period(period("P16D"))
}

fn jane(app: &App, new: NewSubscription) -> SubscriptionHandle {
    app.start_subscription(Identity::customer(JANE), new)
}

fn profile(app: &App) -> Profile {
    let body = app.body(Identity::customer(JANE)).expect("a profile");
    ProfileResponse::from_json(&body).expect("it reads").data
}

fn level(app: &App) -> AccessLevel {
    profile(app).access_levels[0].clone()
}

fn row(app: &App) -> Subscription {
    profile(app).subscriptions[0].clone()
}

fn has_access(app: &App) -> bool {
    profile(app).access("premium", app.now()).is_granted()
}

#[tokio::test]
async fn a_paid_subscription_begins_with_a_row_a_level_and_its_price() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    let (row, level) = (row(&app), level(&app));
    assert_eq!(row.store_product_id, "premium_monthly");
    assert_eq!(row.store_original_transaction_id.as_deref(), Some(subscription.id()));
    assert_eq!(row.store_transaction_id, row.store_original_transaction_id);
    assert_eq!((row.purchased_at, row.originally_purchased_at), (Some(app.now()), Some(app.now())));
    assert_eq!((level.expires_at, level.starts_at), (Some(at(2030, 2, 1)), None));
    assert_eq!(row.expires_at, Expiry::At(at(2030, 2, 1)));
    assert_eq!((profile(&app).total_revenue_usd, row.offer), (Some(10.0), None));
    assert!(has_access(&app));
}

#[tokio::test]
async fn it_renews_until_something_stops_it_each_time_with_a_new_transaction_of_the_chain() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.advance(period("P3M"));
    let row = row(&app);
    assert_eq!(row.purchased_at, Some(at(2030, 4, 1)));
    assert_eq!(row.expires_at, Expiry::At(at(2030, 5, 1)));
    assert_eq!(row.store_original_transaction_id.as_deref(), Some(subscription.id()));
    assert_ne!(row.store_transaction_id, row.store_original_transaction_id);
    assert_eq!(
        (profile(&app).total_revenue_usd, profile(&app).subscriptions.len()),
        (Some(40.0), 1)
    );
    assert_eq!(subscription.state(), "paid until 2030-05-01T00:00:00+00:00, renewing");
}

#[tokio::test]
async fn a_trial_is_free_and_converts() {
    let (_server, app) = app().await;
    jane(&app, monthly().trial(period("P7D")));
    let offer = row(&app).offer.expect("an offer");
    assert_eq!(offer.r#type.as_ref().map(|it| it.as_str()), Some("free_trial"));
    assert_eq!(
        (level(&app).expires_at, profile(&app).total_revenue_usd),
        (Some(at(2030, 1, 8)), Some(0.0))
    );
    app.advance(period("P7D"));
    assert_eq!((row(&app).offer, profile(&app).total_revenue_usd), (None, Some(10.0)));
    assert_eq!(level(&app).expires_at, Some(at(2030, 2, 8)));
}

#[tokio::test]
async fn a_cancelled_renewal_keeps_access_until_the_end_and_can_be_reactivated() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.advance(period("P1D"));
    subscription.cancel_renewal();
    assert_eq!(row(&app).renewal_cancelled_at, Some(at(2030, 1, 2)));
    let reason = level(&app).cancellation_reason;
    assert_eq!(reason, Some(CancellationReason::VoluntarilyCancelled));
    subscription.reactivate();
    assert_eq!((row(&app).renewal_cancelled_at, row(&app).cancellation_reason), (None, None));
    subscription.cancel_renewal();
    app.advance_to(at(2030, 1, 31));
    assert!(has_access(&app));
    app.advance_to(at(2030, 2, 1));
    assert!(!has_access(&app));
    assert_eq!(subscription.state(), "over since 2030-02-01T00:00:00+00:00");
    app.advance(period("P1Y"));
    assert_eq!(profile(&app).total_revenue_usd, Some(10.0));
}

#[tokio::test]
async fn a_failed_payment_runs_into_its_grace_period_and_recovers() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.advance_to(at(2030, 1, 31));
    subscription.fail_payment();
    assert_eq!(row(&app).billing_issue_detected_at, Some(at(2030, 1, 31)));
    assert_eq!(
        (level(&app).expires_at, level(&app).is_in_grace_period),
        (Some(at(2030, 2, 17)), Some(true))
    );
    app.advance_to(at(2030, 2, 10));
    assert!(has_access(&app));
    subscription.recover();
    let level = level(&app);
    assert_eq!((level.expires_at, level.is_in_grace_period), (Some(at(2030, 3, 1)), Some(false)));
    assert_eq!(
        (level.billing_issue_detected_at, profile(&app).total_revenue_usd),
        (None, Some(20.0))
    );
}

#[tokio::test]
async fn a_payment_that_never_recovers_ends_with_its_grace_period_for_a_billing_error() {
    let (_server, app) = app().await;
    jane(&app, monthly()).fail_payment();
    app.advance_to(at(2030, 2, 17));
    let level = level(&app);
    assert!(!has_access(&app));
    assert_eq!(level.cancellation_reason, Some(CancellationReason::BillingError));
    assert_eq!(
        (level.is_in_grace_period, level.renewal_cancelled_at),
        (Some(false), Some(app.now()))
    );
}

#[tokio::test]
async fn without_a_grace_period_access_ends_with_what_was_paid() {
    let (_server, app) = app().await;
    let mut new = monthly();
    new.grace_period = None;
    jane(&app, new).fail_payment();
    assert_eq!(level(&app).expires_at, Some(at(2030, 2, 1)));
    app.advance_to(at(2030, 2, 1));
    assert!(!has_access(&app));
}

#[tokio::test]
async fn a_refund_ends_access_at_once_and_is_paid_back() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.advance(period("P5D"));
    subscription.refund();
    assert_eq!(level(&app).expires_at, Some(at(2030, 1, 6)));
    assert_eq!(level(&app).cancellation_reason, Some(CancellationReason::Refund));
    assert_eq!(profile(&app).total_revenue_usd, Some(0.0));
    assert!(!has_access(&app));
}

#[tokio::test]
async fn what_ended_can_be_renewed_after_a_gap_in_the_same_chain() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    subscription.expire();
    assert!(!has_access(&app));
    app.advance(period("P1M"));
    subscription.renew();
    assert_eq!(level(&app).expires_at, Some(at(2030, 3, 1)));
    assert_eq!(row(&app).store_original_transaction_id.as_deref(), Some(subscription.id()));
}

#[tokio::test]
async fn what_was_ended_does_not_renew() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    let mut events = app.events();
    app.advance_to(at(2030, 1, 5));
    subscription.expire();
    for cancelled_at in [row(&app).renewal_cancelled_at, level(&app).renewal_cancelled_at] {
        assert_eq!(cancelled_at, Some(at(2030, 1, 5)));
    }
    assert_eq!((row(&app).cancellation_reason, level(&app).cancellation_reason), (None, None));
    let told = contents(&mut events);
    let types: Vec<_> = told.iter().map(|event| event["event_type"].as_str()).collect();
    assert_eq!(types, [Some("subscription_expired"), Some("access_level_updated")]);
    assert_eq!(told[1]["event_properties"]["will_renew"], false);
    subscription.renew();
    assert_eq!(row(&app).renewal_cancelled_at, None);
    subscription.change_product(ProductChange::at_period_end("basic"));
    app.advance_to(at(2030, 1, 9));
    subscription.expire();
    assert_eq!(row(&app).renewal_cancelled_at, Some(at(2030, 1, 5)));
}

#[tokio::test]
async fn a_pause_of_the_play_store_begins_with_the_end_of_the_period_and_ends_with_a_payment() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly().store("play_store"));
    subscription.pause();
    assert_eq!(subscription.state(), "paid until 2030-02-01T00:00:00+00:00, to pause then");
    app.advance_to(at(2030, 3, 15));
    assert_eq!(subscription.state(), "paused since 2030-02-01T00:00:00+00:00");
    assert!(!has_access(&app));
    subscription.resume();
    assert_eq!(level(&app).expires_at, Some(at(2030, 4, 15)));
    assert_eq!(profile(&app).total_revenue_usd, Some(20.0));
}

#[tokio::test]
async fn a_product_changes_at_once_or_with_the_end_of_the_period() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.advance_to(at(2030, 1, 16));
    subscription.change_product(ProductChange::now("pro_monthly").price(20.0));
    let rows = profile(&app).subscriptions;
    let products: Vec<_> = rows.iter().map(|row| row.store_product_id.as_str()).collect();
    assert_eq!(products, ["premium_monthly", "pro_monthly"]);
    assert_eq!(rows[0].expires_at, Expiry::At(at(2030, 1, 16)));
    assert_eq!(rows[0].cancellation_reason.as_ref().map(|it| it.as_str()), Some("upgraded"));
    assert_eq!(
        (level(&app).expires_at, profile(&app).access_levels.len()),
        (Some(at(2030, 2, 16)), 1)
    );
    subscription
        .change_product(ProductChange::at_period_end("premium_annual").period(period("P1Y")));
    assert_eq!(level(&app).store_product_id.as_deref(), Some("pro_monthly"));
    app.advance_to(at(2030, 2, 16));
    assert_eq!(level(&app).store_product_id.as_deref(), Some("premium_annual"));
    assert_eq!(level(&app).expires_at, Some(at(2031, 2, 16)));
}

#[tokio::test]
async fn a_renewal_put_off_moves_the_end_of_access_and_the_periods_behind_it() {
    let (server, app) = app().await;
    let subscription = jane(&app, monthly().store("play_store"));
    subscription.defer(period("P10D"));
    assert_eq!(level(&app).expires_at, Some(at(2030, 2, 11)));
    let path = format!("POST subscriptions/{}/defer", subscription.id());
    assert_eq!(admin(&server, &path, "", r#"{"by": "P1D"}"#).await.0, 200);
    app.advance_to(at(2030, 2, 11));
    assert_eq!(profile(&app).total_revenue_usd, Some(10.0));
    app.advance_to(at(2030, 2, 12));
    assert_eq!(profile(&app).total_revenue_usd, Some(20.0));
    assert_eq!(level(&app).expires_at, Some(at(2030, 3, 12)));
    let zero = mistake(&server, &path, "", r#"{"by": "PT0S"}"#).await;
    assert_eq!(zero, (400, "body: by: it lasts no time".to_owned()));
    let beyond = mistake(&server, &path, "", r#"{"by": "P9999Y"}"#).await;
    assert_eq!(beyond, (409, "that is beyond the year 9999".to_owned()));
    subscription.cancel_renewal();
    let told = mistake(&server, &path, "", r#"{"by": "P1D"}"#).await.1;
    let not = "the subscription is not paid and to renew, so there is nothing to put off: it is ";
    assert!(told.starts_with(not), "{told}");
}

#[tokio::test]
#[should_panic(expected = "is not of the Play Store, which alone puts renewals off: it is paid")]
async fn no_other_store_puts_a_renewal_off() {
    let (_server, app) = app().await;
    jane(&app, monthly()).defer(period("P1D"));
}

#[tokio::test]
async fn a_verb_that_makes_no_sense_is_refused_with_the_state_in_words() {
    let (server, app) = app().await;
    let id = jane(&app, monthly().trial(period("P7D"))).id().to_owned();
    let path = |verb: &str| format!("POST subscriptions/{id}/{verb}");
    let state = "it is in its trial until 2030-01-08T00:00:00+00:00, renewing";
    for (verb, not) in [
        ("reactivate", "reactivated"),
        ("recover", "waiting for a payment"),
        ("refund", "paid for, so there is nothing to refund"),
        ("pause", "of the Play Store, which alone pauses"),
        ("resume", "paused"),
    ] {
        let told = mistake(&server, &path(verb), "", "").await;
        assert_eq!(told, (409, format!("the subscription is not {not}: {state}")), "{verb}");
    }
    let unknown = mistake(&server, &path("retire"), "", "").await.1;
    assert!(
        unknown.starts_with("path: there is no verb `retire`, expected one of renew, cancel_"),
        "{unknown}"
    );
    let junk = mistake(&server, &path("renew"), "", r#"{"at": 1}"#).await;
    assert_eq!(junk, (400, "body: none is taken here, but for an empty one or `{}`".to_owned()));
    let change = r#"{"product": "q", "access_level_id": ""}"#;
    let empty = mistake(&server, &path("change_product"), "", change).await;
    assert_eq!(empty, (400, "body: access_level_id: it is empty".to_owned()));
    let change = r#"{"product": "q"}"#;
    assert_eq!(admin(&server, &path("expire"), "", "").await.0, 200);
    let late = mistake(&server, &path("change_product"), "", change).await;
    assert_eq!(late.0, 409);
    assert!(late.1.starts_with("the subscription is not "), "{}", late.1);
    let change = mistake(&server, "POST subscriptions/7/change_product", "", change).await;
    assert_eq!(change, (404, "no subscription has this original transaction id".to_owned()));
    let nobody = mistake(&server, "POST subscriptions/7/renew", "", "").await;
    assert_eq!(nobody, (404, "no subscription has this original transaction id".to_owned()));
}

#[tokio::test]
#[should_panic(expected = "the subscription is not reactivated: it is paid until")]
async fn such_a_verb_fails_the_test() {
    let (_server, app) = app().await;
    jane(&app, monthly()).reactivate();
}

#[tokio::test]
async fn over_http_a_subscription_is_begun_and_lives_the_same() {
    let (server, app) = app().await;
    let new = r#"{"customer_user_id": "new", "product": "p", "period": "P1M", "trial": "P3D", "price": 5}"#;
    let (status, begun) = admin(&server, "POST subscriptions", "", new).await;
    assert_eq!(status, 200, "{begun}");
    let id = begun["store_original_transaction_id"].as_str().unwrap();
    assert_eq!(begun["profile"]["subscriptions"][0]["store_product_id"], "p");
    assert_eq!(begun["state"], "in its trial until 2030-01-04T00:00:00+00:00, renewing");
    admin(&server, "POST clock/advance", "", r#"{"by": "P3D"}"#).await;
    let (_, seen) = admin(&server, &format!("GET subscriptions/{id}"), "", "").await;
    assert_eq!(seen["state"], "paid until 2030-02-04T00:00:00+00:00, renewing");
    let change = r#"{"product": "q", "when": "period_end", "price": 7}"#;
    let changed =
        admin(&server, &format!("POST subscriptions/{id}/change_product"), "", change).await;
    assert_eq!((changed.0, &changed.1["profile"]["total_revenue_usd"]), (200, &json!(5.0)));
    let read: Value =
        serde_json::from_slice(&app.body(Identity::customer("new")).unwrap()).unwrap();
    assert_eq!(read["data"]["access_levels"][0]["access_level_id"], "premium");
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_told_so_by_field() {
    let (server, _app) = app().await;
    let whom = format!("adapty-customer-user-id: {JANE}\r\n");
    for (body, told) in [
        (r#"{"product": "", "period": "P1M"}"#, "product: it is empty"),
        (r#"{"product": "p", "period": "PT0S"}"#, "period: it lasts no time"),
        (r#"{"product": "p", "period": "P1M", "price": -1}"#, "price: -1 is no price"),
        (
            r#"{"product": "p", "period": "P1M", "environment": "production"}"#,
            "environment: `production` is neither Production nor Sandbox",
        ),
        (r#"{"product": "p", "period": "P9999Y"}"#, "that is beyond the year 9999"),
    ] {
        let (status, message) = mistake(&server, "POST subscriptions", &whom, body).await;
        assert!((400..=409).contains(&status) && message.ends_with(told), "{body}: {message}");
    }
    let nobody =
        mistake(&server, "POST subscriptions", "", r#"{"product": "p", "period": "P1M"}"#).await;
    let told =
        "body: whose it is stands in one identity header, or in customer_user_id or profile_id";
    assert_eq!(nobody, (400, told.to_owned()));
}

#[tokio::test]
async fn what_is_begun_or_bought_is_read_as_all_bodies_are() {
    let (server, app) = app().await;
    let fields = "expected one of `customer_user_id`, `profile_id`, `product`, ";
    for (what, body, told) in [
        (
            "subscriptions",
            r#"{"product": "p", "period": "P1M", "price": "5"}"#,
            "body: price: expected a number, found text at line 1 column 44".to_owned(),
        ),
        (
            "subscriptions",
            r#"{"product": "p", "period": "P1M", "price": 1e999}"#,
            "body: price: the number is too large at line 1 column 44".to_owned(),
        ),
        (
            "subscriptions",
            r#"{"product": "p", "period": "P1M", "store": null}"#,
            "body: store: expected text, found null at line 1 column 44".to_owned(),
        ),
        (
            "subscriptions",
            r#"{"product": "p", "period": "monthly"}"#,
            "body: period: `monthly` is no ISO 8601 duration of whole numbers, such as P1M, P7D or PT12H \
             at line 1 column 28"
                .to_owned(),
        ),
        (
            "subscriptions",
            r#"{"produkt": "p"}"#,
            format!(
                "body: unknown field `produkt`, {fields}`period`, `trial`, `grace_period`, `price`, \
                 `store`, `environment`, `access_level_id` at line 1 column 2"
            ),
        ),
        (
            "purchases",
            r#"{"produkt": "p"}"#,
            format!(
                "body: unknown field `produkt`, {fields}`price`, `store`, `environment`, `consumable`, \
                 `access_level_id` at line 1 column 2"
            ),
        ),
        (
            "purchases",
            r#"{"product": "p", "profile_id": "jane"}"#,
            "body: profile_id: UUID parsing failed: invalid character: found `j` at 0 at line 1 column 32"
                .to_owned(),
        ),
        (
            "purchases",
            r#"{"product": "p", "customer_user_id": ""}"#,
            "body: customer_user_id: it is empty".to_owned(),
        ),
        (
            "purchases",
            r#"{"product": "p", "customer_user_id": "x", "access_level_id": ""}"#,
            "body: access_level_id: it is empty".to_owned(),
        ),
        (
            "purchases",
            r#"{"product": "p", "customer_user_id": "x", "store": ""}"#,
            "body: store: it is empty".to_owned(),
        ),
        ("purchases", "", "body: is empty: expected an object, found nothing".to_owned()),
    ] {
        let told_in_fact = mistake(&server, &format!("POST {what}"), "", body).await;
        assert_eq!(told_in_fact, (400, told), "{what} {body}");
    }
    let open = r#"{"customer_user_id": "x", "product": "p", "store": "my_store", "price": 5}"#;
    assert_eq!(admin(&server, "POST purchases", "", open).await.0, 200);
    assert!(app.body(Identity::customer("x")).is_some());
}

#[tokio::test]
async fn a_timeline_names_what_of_its_request_is_wrong() {
    let (server, _app) = app().await;
    let jane = format!("adapty-customer-user-id: {JANE}\r\n");
    let no_date =
        "query parameter `until`: neither a date nor a duration that ends before the year 10000";
    for (query, headers, told) in [
        ("", "", (400, "whose timeline it is stands in an identity header")),
        ("", "adapty-customer-user-id: nobody\r\n", (404, "no profile of this app has this id")),
        ("?until=soon", &jane, (400, no_date)),
        ("?until=P9999Y", &jane, (400, no_date)),
        (
            "?until=2029-12-31T23:59:59Z",
            &jane,
            (
                400,
                "query parameter `until`: 2029-12-31T23:59:59+00:00 is before the app's time, \
                 2030-01-01T00:00:00+00:00",
            ),
        ),
    ] {
        let seen = mistake(&server, &format!("GET timeline{query}"), headers, "").await;
        assert_eq!(seen, (told.0, told.1.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_timeline_of_a_profile_that_cannot_be_read_names_the_profile() {
    let (server, app) = app().await;
    app.put_body(Identity::customer("broken"), "<html>");
    let broken = "adapty-customer-user-id: broken\r\n";
    let (status, told) = mistake(&server, "GET timeline", broken, "").await;
    assert_eq!(status, 409);
    assert!(told.starts_with("the profile cannot be read: "), "{told}");
}

#[tokio::test]
async fn a_one_time_purchase_gives_its_level_without_an_end_until_it_is_refunded() {
    let (_server, app) = app().await;
    let purchase =
        app.make_purchase(Identity::customer(JANE), NewPurchase::new("lifetime").price(99.0));
    assert!(level(&app).is_lifetime());
    assert_eq!(
        profile(&app).non_subscriptions[0].store_transaction_id.as_deref(),
        Some(purchase.id())
    );
    app.advance(period("P1Y"));
    purchase.refund();
    assert!(!has_access(&app));
    assert_eq!(profile(&app).non_subscriptions[0].is_refund, Some(true));
    assert_eq!(
        (profile(&app).total_revenue_usd, level(&app).expires_at),
        (Some(0.0), Some(app.now()))
    );
}

#[tokio::test]
async fn coins_give_no_access() {
    let (server, app) = app().await;
    let body =
        format!(r#"{{"customer_user_id": "{JANE}", "product": "coins", "consumable": true}}"#);
    let (_, made) = admin(&server, "POST purchases", "", &body).await;
    assert_eq!(made["profile"]["access_levels"], json!([]));
    assert!(profile(&app).access_levels.is_empty());
    let path = format!("POST purchases/{}/refund", made["store_transaction_id"].as_str().unwrap());
    assert_eq!(admin(&server, &path, "", "").await.0, 200);
    let again = mistake(&server, &path, "", "").await;
    assert_eq!(again, (409, "the purchase is refunded already".to_owned()));
}

#[tokio::test]
async fn the_last_day_of_a_month_stays_the_last_day() {
    let (_server, app) = app().await;
    app.set_clock(at(2031, 1, 31));
    jane(&app, monthly());
    let mut ends = Vec::new();
    for _ in 0..4 {
        let end = level(&app).expires_at.expect("an end");
        ends.push((u8::from(end.month()), end.day()));
        app.advance_to(end);
    }
    assert_eq!(ends, [(2, 28), (3, 31), (4, 30), (5, 31)]);
}

#[tokio::test]
async fn a_year_from_the_29_of_february_ends_on_the_28_but_for_leap_years() {
    let (_server, app) = app().await;
    app.set_clock(at(2028, 2, 29));
    jane(&app, NewSubscription::new("annual", period("P1Y")));
    let mut ends = Vec::new();
    for _ in 0..4 {
        let end = level(&app).expires_at.expect("an end");
        ends.push(end);
        app.advance_to(end);
        assert!(has_access(&app), "it renews at {end}");
    }
    assert_eq!(ends, [at(2029, 2, 28), at(2030, 2, 28), at(2031, 2, 28), at(2032, 2, 29)]);
}

#[tokio::test]
async fn what_begins_within_a_second_ends_within_one() {
    let (_server, app) = app().await;
    let half = time::Duration::milliseconds(500);
    app.set_clock(at(2030, 1, 31) + half);
    let subscription = jane(&app, monthly());
    assert_eq!(level(&app).expires_at, Some(at(2030, 2, 28) + half));
    app.advance_to(at(2030, 2, 28) + half);
    assert_eq!(level(&app).expires_at, Some(at(2030, 3, 31) + half));
    assert_eq!(row(&app).purchased_at, Some(at(2030, 2, 28) + half));
    subscription.cancel_renewal();
    app.advance_to(at(2030, 3, 31) + half - time::Duration::microseconds(1));
    assert!(has_access(&app));
    app.advance_to(at(2030, 3, 31) + half);
    assert!(!has_access(&app));
}

#[tokio::test]
async fn what_is_paid_adds_up_to_the_cent() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly().price(9.99));
    app.advance(period("P1Y"));
    let revenue = |app: &App| {
        let body = app.body(Identity::customer(JANE)).expect("a profile");
        String::from_utf8(body.to_vec()).expect("text")
    };
    assert!(revenue(&app).contains(r#""total_revenue_usd":129.87"#), "{}", revenue(&app));
    assert!(!revenue(&app).contains(r#""total_revenue_usd":129.869"#), "{}", revenue(&app));
    subscription.refund();
    assert!(revenue(&app).contains(r#""total_revenue_usd":119.88"#), "{}", revenue(&app));
}

#[tokio::test]
async fn while_a_product_is_to_change_its_renewal_is_off() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.advance_to(at(2030, 1, 5));
    subscription.change_product(ProductChange::at_period_end("basic"));
    app.advance_to(at(2030, 1, 9));
    for cancelled_at in [row(&app).renewal_cancelled_at, level(&app).renewal_cancelled_at] {
        assert_eq!(cancelled_at, Some(at(2030, 1, 5)));
    }
    assert_eq!(level(&app).cancellation_reason, None);
    app.advance_to(at(2030, 2, 1));
    assert_eq!(level(&app).renewal_cancelled_at, None);
    let rows = profile(&app).subscriptions;
    assert_eq!(rows[0].renewal_cancelled_at, Some(at(2030, 1, 5)));
    assert_eq!(rows[1].renewal_cancelled_at, None);
}

/// The contents of the events so far, without what is drawn at random.
fn contents(events: &mut EventStream) -> Vec<Value> {
    std::iter::from_fn(|| events.try_next())
        .map(|event| {
            let mut event: Value = serde_json::from_slice(&event.body).expect("JSON");
            event["event_properties"]["profile_event_id"].take();
            event
        })
        .collect()
}

/// What comes of a year that passes step by step, for customers of many kinds: profiles, access day by day
/// where it was looked at, and events.
async fn a_year(app: &App, steps: u32) -> (Vec<Value>, Vec<bool>, Vec<Value>) {
    app.set_clock(at(2030, 1, 1));
    let mut events = app.events();
    // By profile ids: one that is made for a customer is another each time.
    let id = |number: u128| Identity::from(Uuid::from_u128(number));
    let play = || monthly().store("play_store");
    let kinds = [
        monthly().trial(period("P7D")),
        monthly(),
        NewSubscription::new("weekly", period("P1W")).price(1.99),
        NewSubscription::new("annual", period("P1Y")),
        play(),
        play(),
        monthly(),
        monthly(),
        monthly().trial(period("P1M")),
    ];
    let begun: Vec<_> =
        (1..).zip(kinds).map(|(number, new)| app.start_subscription(id(number), new)).collect();
    app.make_purchase(id(10), NewPurchase::new("lifetime"));
    begun[1].cancel_renewal();
    begun[4].pause();
    begun[5].defer(period("P10D"));
    begun[6].fail_payment();
    begun[7].change_product(ProductChange::at_period_end("annual").period(period("P2M")));
    begun[8].fail_payment();
    for _ in 0..steps {
        app.advance(period(&format!("P{}D", 365 / steps)));
    }
    let mut bodies: Vec<Value> = (1..=10)
        .map(|number| {
            serde_json::from_slice(&app.body(id(number)).expect("a profile")).expect("JSON")
        })
        .collect();
    bodies[9]["data"]["non_subscriptions"][0]["purchase_id"].take();
    let access = (1..=10)
        .map(|number| {
            let body = app.body(id(number)).expect("a profile");
            let profile = ProfileResponse::from_json(&body).expect("it reads").data;
            profile.access("premium", app.now()).is_granted()
        })
        .collect();
    (bodies, access, contents(&mut events))
}

#[tokio::test]
async fn a_year_at_once_is_a_year_day_by_day_in_profiles_access_and_events() {
    let server = MockServer::start().await;
    let at_once = a_year(&server.app("one"), 1).await;
    let by_day = a_year(&server.app("other"), 365).await;
    let access = [true, false, true, true, false, true, false, true, false, true];
    assert_eq!(at_once.1, access);
    assert!(at_once.2.len() > 200, "{}", at_once.2.len());
    assert_eq!(at_once, by_day);
}

#[tokio::test]
async fn in_the_last_year_there_is_no_renewal_any_more() {
    let (_server, app) = app().await;
    app.set_clock(at(9998, 6, 1));
    jane(&app, NewSubscription::new("annual", period("P1Y")));
    app.advance_to(at(9999, 12, 31));
    assert!(!has_access(&app));
}

#[tokio::test]
async fn a_profile_taken_away_takes_its_subscription_with_it() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.remove_profile(Identity::customer(JANE));
    app.advance(period("P1Y"));
    assert_eq!(app.body(Identity::customer(JANE)), None);
    let state = std::panic::AssertUnwindSafe(|| subscription.state());
    assert!(std::panic::catch_unwind(state).is_err());
}

#[tokio::test]
async fn a_payment_that_fails_in_a_period_leads_into_the_grace_period_behind_it() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    app.advance_to(at(2030, 1, 16));
    subscription.fail_payment();
    for day in [at(2030, 1, 16), at(2030, 2, 1), at(2030, 2, 16)] {
        app.advance_to(day);
        let level = level(&app);
        assert_eq!(level.billing_issue_detected_at, Some(at(2030, 1, 16)));
        assert_eq!(
            (level.expires_at, level.is_in_grace_period),
            (Some(at(2030, 2, 17)), Some(true))
        );
        assert!(has_access(&app));
    }
    let state = "in its grace period until 2030-02-17T00:00:00+00:00";
    assert!(subscription.state().starts_with(state), "{}", subscription.state());
    assert_eq!(profile(&app).total_revenue_usd, Some(10.0));
    app.advance_to(at(2030, 2, 17));
    assert!(!has_access(&app));
}

#[tokio::test]
async fn a_payment_that_recovers_before_the_end_clears_the_issue_and_pays_the_next_period() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    subscription.fail_payment();
    app.advance_to(at(2030, 1, 20));
    subscription.recover();
    let row = level(&app);
    assert_eq!((row.billing_issue_detected_at, row.expires_at), (None, Some(at(2030, 3, 1))));
    assert_eq!(profile(&app).total_revenue_usd, Some(20.0));
    app.advance_to(at(2030, 3, 1));
    assert_eq!(
        (level(&app).expires_at, profile(&app).total_revenue_usd),
        (Some(at(2030, 4, 1)), Some(30.0))
    );
}

#[tokio::test]
async fn a_trial_whose_payment_fails_ends_unpaid_after_its_grace_period() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly().trial(period("P7D")));
    subscription.fail_payment();
    assert_eq!(level(&app).expires_at, Some(at(2030, 1, 24)));
    app.advance_to(at(2030, 1, 24));
    assert!(!has_access(&app));
    assert_eq!(profile(&app).total_revenue_usd, Some(0.0));
}

#[tokio::test]
async fn the_offer_of_a_trial_stays_until_something_is_paid() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly().trial(period("P7D")));
    let is_trial = |app: &App| {
        [row(app).offer, level(app).offer].map(|offer| {
            let of_trial = offer.and_then(|offer| offer.r#type);
            of_trial.is_some_and(|it| it.as_str() == "free_trial")
        })
    };
    subscription.fail_payment();
    for day in [at(2030, 1, 1), at(2030, 1, 20), at(2030, 1, 24)] {
        app.advance_to(day);
        assert_eq!(is_trial(&app), [true, true], "{day}");
    }
    assert!(!has_access(&app));
    subscription.renew();
    assert_eq!(is_trial(&app), [false, false]);
}

#[tokio::test]
async fn one_who_cancels_in_the_grace_period_has_access_until_its_end() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly());
    subscription.fail_payment();
    subscription.cancel_renewal();
    app.advance_to(at(2030, 2, 16));
    assert!(has_access(&app));
    app.advance_to(at(2030, 2, 17));
    assert!(!has_access(&app));
    let reason = level(&app).cancellation_reason;
    assert_eq!(reason, Some(CancellationReason::VoluntarilyCancelled));
}

#[tokio::test]
async fn a_renewal_of_any_kind_changes_the_product_that_was_to_change() {
    type Renew = fn(&App, &SubscriptionHandle);
    let renewals: [(Renew, OffsetDateTime); 4] = [
        (|app, _| app.advance_to(at(2030, 2, 1)), at(2031, 2, 1)),
        (|_, it| it.renew(), at(2031, 2, 1)),
        (
            |_, it| {
                it.fail_payment();
                it.recover();
            },
            at(2031, 2, 1),
        ),
        (
            |app, it| {
                it.pause();
                app.advance_to(at(2030, 3, 1));
                it.resume();
            },
            at(2031, 3, 1),
        ),
    ];
    for (number, (renew, end)) in renewals.into_iter().enumerate() {
        let (_server, app) = app().await;
        let subscription = jane(&app, monthly().store("play_store"));
        let change = ProductChange::at_period_end("annual").period(period("P1Y")).price(50.0);
        subscription.change_product(change);
        renew(&app, &subscription);
        let row = level(&app);
        assert_eq!(row.store_product_id.as_deref(), Some("annual"), "{number}");
        assert_eq!(row.expires_at, Some(end), "{number}");
        assert_eq!(profile(&app).total_revenue_usd, Some(60.0), "{number}");
        assert_eq!(row.billing_issue_detected_at, None, "{number}");
        app.advance_to(end);
        assert_eq!(profile(&app).total_revenue_usd, Some(110.0), "{number}");
    }
}

#[tokio::test]
async fn a_change_of_product_and_a_pause_can_both_wait_for_the_end_of_the_period() {
    let (_server, app) = app().await;
    let subscription = jane(&app, monthly().store("play_store"));
    subscription.change_product(ProductChange::at_period_end("annual").period(period("P1Y")));
    subscription.pause();
    app.advance_to(at(2030, 2, 10));
    assert!(!has_access(&app));
    assert_eq!(subscription.state(), "paused since 2030-02-01T00:00:00+00:00");
    subscription.resume();
    assert_eq!(level(&app).store_product_id.as_deref(), Some("annual"));
    assert!(has_access(&app));
}

#[tokio::test]
async fn a_timeline_tells_each_change_of_access_beforehand_and_touches_nothing() {
    let (server, app) = app().await;
    let subscription = jane(&app, monthly().trial(period("P7D")));
    app.advance(period("P1M"));
    subscription.cancel_renewal();
    let before = app.body(Identity::customer(JANE));
    let timeline = app.timeline(Identity::customer(JANE), at(2031, 1, 1));
    let told: Vec<_> = timeline.iter().map(|it| (it.at, it.granted, it.reason.as_str())).collect();
    assert_eq!(
        told,
        [
            (at(2030, 2, 1), true, "premium: granted until 2030-02-08 00:00:00 UTC"),
            (at(2030, 2, 8), false, "premium: denied, expired 2030-02-08 00:00:00 UTC"),
        ]
    );
    assert_eq!(app.body(Identity::customer(JANE)), before);
    let whom = format!("adapty-customer-user-id: {JANE}\r\n");
    let (_, over_http) = admin(&server, "GET timeline?until=P1Y", &whom, "").await;
    assert_eq!(over_http["changes"], serde_json::to_value(&timeline).unwrap());
    assert_eq!(
        (&over_http["now"], &over_http["until"]),
        (&json!("2030-02-01T00:00:00+00:00"), &json!("2031-02-01T00:00:00+00:00"))
    );
}

/// Something that may happen to a subscription between two looks.
#[derive(Clone, Copy, Debug)]
enum Step {
    Days(u32),
    Run(usize),
}

const VERBS: [&str; 12] = [
    "renew",
    "cancel_renewal",
    "reactivate",
    "fail_payment",
    "recover",
    "expire",
    "refund",
    "pause",
    "resume",
    "defer",
    "change_product",
    "grant",
];

/// Carries out one of the above, if it makes sense.
async fn attempt(server: &MockServer, subscription: &SubscriptionHandle, verb: usize) {
    let body = match VERBS[verb] {
        "defer" => r#"{"by": "P5D"}"#,
        "change_product" => r#"{"product": "other", "when": "period_end", "period": "P2W"}"#,
        "grant" => {
            let body = r#"{"access_level_id": "premium", "expires_at": "2030-03-05T12:00:00Z"}"#;
            grant(server, JANE, body).await;
            return;
        }
        _ => "",
    };
    let path = format!("POST subscriptions/{}/{}", subscription.id(), VERBS[verb]);
    admin(server, &path, "", body).await;
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![(1..40_u32).prop_map(Step::Days), (0..VERBS.len()).prop_map(Step::Run)];
    proptest::collection::vec(step, 1..12)
}

/// Every profile of an app after these steps, access after each, and the events; each period of days in so many parts.
fn played(steps: &[Step], parts: u32) -> (Vec<Value>, Vec<bool>, Vec<Value>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let (server, app) = app().await;
        let mut events = app.events();
        let first = jane(&app, monthly().trial(period("P7D")).store("play_store"));
        // By a profile id: one that is made for a customer is another each time.
        let joe = Identity::from(Uuid::from_u128(7));
        app.start_subscription(joe.clone(), NewSubscription::new("weekly", period("P1W")));
        let mut access = Vec::new();
        for step in steps {
            match step {
                Step::Days(days) => {
                    let hours = days * 24 / parts;
                    for _ in 1..parts {
                        app.advance(period(&format!("PT{hours}H")));
                    }
                    app.advance(period(&format!("PT{}H", days * 24 - hours * (parts - 1))));
                }
                Step::Run(verb) => attempt(&server, &first, *verb).await,
            }
            access.push(has_access(&app));
        }
        let bodies =
            [Identity::customer(JANE), joe].map(|it| app.body(it).expect("both have a profile"));
        (
            bodies.map(|body| serde_json::from_slice(&body).expect("a profile is JSON")).to_vec(),
            access,
            contents(&mut events),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Advancing at once is advancing bit by bit.
    #[test]
    fn time_passed_at_once_is_time_passed_in_parts(steps in steps()) {
        let at_once = played(&steps, 1);
        for parts in [2, 7] {
            prop_assert_eq!(&played(&steps, parts), &at_once);
        }
    }

    /// The timeline told beforehand is the access seen while stepping.
    #[test]
    fn the_timeline_is_the_access_seen_while_stepping(verbs in proptest::collection::vec(0..VERBS.len(), 0..4), days in 0..40_u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (server, app) = app().await;
            let subscription =
                jane(&app, monthly().trial(period("P7D")).store("play_store"));
            app.advance(Period::days(days));
            for verb in verbs {
                attempt(&server, &subscription, verb).await;
            }
            let until = at(2031, 6, 1);
            let timeline = app.timeline(Identity::customer(JANE), until);
            let mut granted = None;
            while app.now() < until {
                let told = timeline.iter().rfind(|change| change.at <= app.now());
                granted = told.map(|change| change.granted).or(granted);
                assert_eq!(Some(has_access(&app)), granted, "{} {timeline:?}", app.now());
                app.advance(period("PT13H"));
            }
        });
    }
}
