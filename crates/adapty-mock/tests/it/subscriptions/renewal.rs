//! Beginning, renewing, ending: trials, cancelled renewals, refunds, pauses, deferrals, and the calendar.

use adapty_mock::{
    App, Identity, NewSubscription, ProductChange,
    adapty_model::{CancellationReason, Expiry, time},
};

use super::{app, at, contents, has_access, jane, level, monthly, period, profile, row};
use crate::admin::{admin, mistake};
use crate::support::*;

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
