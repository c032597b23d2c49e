//! Payments that fail: grace periods, what recovers, what never does.

use adapty_mock::{App, ProductChange, SubscriptionHandle, adapty_model::CancellationReason};

use super::{app, at, has_access, jane, level, monthly, period, profile, row};

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
async fn a_payment_that_recovers_leaves_renewal_cancelled_where_the_customer_cancelled_it() {
    for grace_period in [Some(period("P16D")), None] {
        let (_server, app) = app().await;
        let mut new = monthly();
        new.grace_period = grace_period;
        let subscription = jane(&app, new);
        subscription.fail_payment();
        subscription.cancel_renewal();
        app.advance_to(at(2030, 1, 20));
        subscription.recover();
        let level = level(&app);
        assert_eq!(
            (level.expires_at, level.billing_issue_detected_at),
            (Some(at(2030, 3, 1)), None)
        );
        assert_eq!(level.renewal_cancelled_at, Some(at(2030, 1, 1)));
        assert_eq!(level.cancellation_reason, Some(CancellationReason::VoluntarilyCancelled));
        app.advance_to(at(2030, 4, 1));
        assert!(!has_access(&app));
        assert_eq!(profile(&app).total_revenue_usd, Some(20.0));
    }
}

#[tokio::test]
async fn the_state_in_words_names_all_that_keeps_a_subscription_from_renewing() {
    let (_server, app) = app().await;
    let told = |subscription: &SubscriptionHandle| {
        let state = subscription.state();
        state.split_once(", ").expect("what is to come").1.to_owned()
    };
    for grace_period in [Some(period("P16D")), None] {
        let mut new = monthly();
        new.grace_period = grace_period;
        let subscription = jane(&app, new);
        subscription.fail_payment();
        assert_eq!(told(&subscription), "with a billing issue");
        subscription.cancel_renewal();
        assert_eq!(told(&subscription), "with a billing issue, its renewal cancelled");
    }
    let basic = || ProductChange::at_period_end("basic");
    let subscription = jane(&app, monthly().store("play_store"));
    subscription.change_product(basic());
    assert_eq!(told(&subscription), "to change its product then");
    subscription.pause();
    let next = "to change its product with the next payment";
    assert_eq!(told(&subscription), format!("to pause then, {next}"));
    app.advance(period("P1M"));
    let paused = format!("paused since 2030-02-01T00:00:00+00:00, {next}");
    assert_eq!(subscription.state(), paused);
    let subscription = jane(&app, monthly());
    subscription.change_product(basic());
    subscription.fail_payment();
    assert_eq!(told(&subscription), format!("with a billing issue, {next}"));
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
