//! Changes of product, at once or with the end of the period.

use adapty_mock::{
    App, ProductChange, SubscriptionHandle,
    adapty_model::{Expiry, time::OffsetDateTime},
};

use super::{app, at, has_access, jane, level, monthly, period, profile, row};

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
    assert_eq!(
        subscription.state(),
        "paused since 2030-02-01T00:00:00+00:00, to change its product with the next payment"
    );
    subscription.resume();
    assert_eq!(level(&app).store_product_id.as_deref(), Some("annual"));
    assert!(has_access(&app));
}
