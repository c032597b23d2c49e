//! One-time purchases.

use adapty_mock::{Identity, NewPurchase};
use serde_json::json;

use super::{app, has_access, level, period, profile};
use crate::admin::{admin, mistake};
use crate::support::*;

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
