//! Subscriptions and purchases over HTTP, and what of a request is refused.

use adapty_mock::Identity;
use serde_json::{Value, json};

use super::{app, jane, monthly, period};
use crate::admin::{admin, mistake};
use crate::support::*;

#[tokio::test]
async fn a_level_that_the_settings_do_not_list_is_refused() {
    let (server, app) = app().await;
    let id = jane(&app, monthly()).id().to_owned();
    let given =
        |level: &str| json!({"customer_user_id": "x", "product": "p", "access_level_id": level});
    let mut subscription = given("nope");
    subscription["period"] = "P1M".into();
    let change = json!({"product": "q", "access_level_id": "nope"});
    let refused = [
        ("POST subscriptions".to_owned(), subscription.to_string()),
        ("POST purchases".to_owned(), given("nope").to_string()),
        (format!("POST subscriptions/{id}/change_product"), change.to_string()),
    ];
    // Without a list, a level that is new is the app's from then on.
    assert_eq!(admin(&server, "POST purchases", "", &given("new").to_string()).await.0, 200);
    admin(&server, "PUT settings", "", r#"{"access_levels": ["premium"]}"#).await;
    let told = "body: access_level_id: the app's settings list no access level `nope`";
    for (what, body) in refused {
        assert_eq!(mistake(&server, &what, "", &body).await, (400, told.to_owned()), "{what}");
    }
    assert_eq!(admin(&server, "POST purchases", "", &given("premium").to_string()).await.0, 200);
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
