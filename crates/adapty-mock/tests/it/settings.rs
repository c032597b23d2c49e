//! Settings: in Rust, over the admin API, and what they change. What create of an existing profile and
//! the access level of a product make is with those operations.

use std::time::Duration;

use adapty_mock::{ExistingProfile, MissingProfile, MockServer, RateLimit, Settings};
use serde_json::{Value, json};

use crate::support::*;

async fn admin(server: &MockServer, method: &str, body: &str) -> (u16, Value) {
    let seen = send(server, &operation(method, "/__admin/settings", JANE, body)).await;
    (seen.status(), serde_json::from_str(&seen.body()).expect("JSON"))
}

fn defaults() -> Value {
    json!({
        "access_levels": null, "product_access_levels": {}, "missing_profile": "not_found",
        "existing_profile": "update", "rate_limit": null, "redirects_missing_slash": false,
    })
}

fn others() -> Value {
    json!({
        "access_levels": ["premium", "vip"], "product_access_levels": {"coins": null, "gold": "vip"},
        "missing_profile": "unauthorized", "existing_profile": "refuse",
        "rate_limit": {"requests": 100, "window_ms": 1500, "retry_after": false},
        "redirects_missing_slash": true,
    })
}

#[tokio::test]
async fn all_settings_come_out_as_they_went_in_and_a_reset_returns_to_the_defaults() {
    let server = MockServer::start().await;
    assert_eq!(admin(&server, "GET", "").await, (200, defaults()));
    assert_eq!(admin(&server, "PUT", &others().to_string()).await, (200, others()));
    assert_eq!(admin(&server, "GET", "").await, (200, others()));
    let app = server.app("k");
    assert_eq!(serde_json::to_value(app.settings()).unwrap(), others());
    assert_eq!(serde_json::from_value::<Settings>(others()).unwrap(), app.settings());
    app.reset();
    assert_eq!(app.settings(), Settings::default());
}

#[tokio::test]
async fn what_a_put_does_not_name_stays() {
    let server = MockServer::start().await;
    admin(&server, "PUT", &others().to_string()).await;
    let mut expected = others();
    for (name, value) in defaults().as_object().unwrap() {
        expected[name] = value.clone();
        let one = json!({ name: value });
        assert_eq!(admin(&server, "PUT", &one.to_string()).await, (200, expected.clone()));
    }
    assert_eq!(admin(&server, "PUT", "{}").await, (200, defaults()));
}

#[tokio::test]
async fn a_put_with_a_mistake_changes_nothing_and_is_told_what_and_where() {
    let server = MockServer::start().await;
    for (change, what) in [
        (json!({"no_such": 1}), "no_such"),
        (json!({"access_levels": "premium"}), "access_levels: expected an array, found text"),
        (json!({"access_levels": [""]}), "access_levels: an id is empty"),
        (
            json!({"product_access_levels": null}),
            "product_access_levels: expected an object, found null",
        ),
        (
            json!({"product_access_levels": {"": "vip"}}),
            "product_access_levels: a product is empty",
        ),
        (
            json!({"product_access_levels": {"gold": ""}}),
            "product_access_levels: the access level of \"gold\" is empty",
        ),
        (json!({"missing_profile": "500"}), "missing_profile"),
        (json!({"existing_profile": 7}), "existing_profile"),
        (json!({"rate_limit": {"requests": 1, "retry_after": true}}), "window_ms"),
        (
            json!({"rate_limit": {"requests": 1, "retry_after": true, "window_ms": 0}}),
            "rate_limit: a window lasts 1 ms at least",
        ),
        (json!({"redirects_missing_slash": null}), "redirects_missing_slash"),
    ] {
        let mut body = change.clone();
        if change.get("missing_profile").is_none() {
            body["missing_profile"] = "unauthorized".into();
        }
        let (status, error) = admin(&server, "PUT", &body.to_string()).await;
        let message = error["errors"][0]["errors"][0].as_str().expect("a message").to_owned();
        assert_eq!((status, error["error_code"].as_str()), (400, Some("validation_error")));
        assert!(message.starts_with("body: "), "{message}");
        if what != "existing_profile" {
            assert!(message.contains(what), "{message}");
        }
        assert_eq!(admin(&server, "GET", "").await.1, defaults(), "{change}");
    }
}

#[tokio::test]
async fn apps_have_settings_of_their_own_and_start_with_the_builders() {
    let mut settings = Settings::default();
    settings.missing_profile = MissingProfile::Unauthorized;
    let server = MockServer::builder().settings(settings).start().await.unwrap();
    assert_eq!(get(&server, "one", "nobody").await.status(), 401);
    server.app("other").set_settings(Settings::default());
    assert_eq!(get(&server, "other", "nobody").await.status(), 404);
    assert_eq!(get(&server, "one", "nobody").await.status(), 401);
    server.app("other").reset();
    assert_eq!(get(&server, "other", "nobody").await.status(), 401);
}

#[tokio::test]
async fn settings_that_cannot_be_are_an_error_of_the_start() {
    let mut settings = Settings::default();
    settings.access_levels = Some([String::new()].into());
    let error = MockServer::builder().settings(settings).start().await.unwrap_err();
    assert_eq!(error.to_string(), "settings: access_levels: an id is empty");
}

#[tokio::test]
#[should_panic(expected = "rate_limit: a window lasts 1 ms at least")]
async fn settings_that_cannot_be_are_a_panic_in_rust() {
    let server = MockServer::start().await;
    let mut limit = RateLimit::a_minute(1);
    limit.window = Duration::ZERO;
    server.app("k").set_rate_limit(limit);
}

#[tokio::test]
async fn a_list_of_access_levels_replaces_premium_and_those_of_the_profiles() {
    let server = MockServer::start().await;
    admin(&server, "PUT", r#"{"access_levels": ["vip"]}"#).await;
    let premium = r#"{"access_level_id": "premium"}"#;
    let documented = fixture!("grant_access_level.400.fragment.paid_access_level_does_not_exist");
    assert_eq!(grant(&server, LIFETIME, premium).await.body(), documented);
    assert_eq!(revoke(&server, LIFETIME, premium).await.body(), documented);
    assert_eq!(grant(&server, LIFETIME, r#"{"access_level_id": "vip"}"#).await.status(), 200);
}

#[tokio::test]
async fn a_missing_profile_is_the_documented_400_for_operations_about_purchases_alone() {
    let server = MockServer::start().await;
    server.app("k").set_missing_profile(MissingProfile::BadRequest);
    let one_time = fixture!("set_transaction.request.openapi.one_time_purchase");
    let premium = r#"{"access_level_id": "premium"}"#;
    for seen in [
        grant(&server, "nobody", premium).await,
        revoke(&server, "nobody", premium).await,
        transact(&server, "nobody", one_time).await,
    ] {
        let documented = fixture!("grant_access_level.400.fragment.profile_does_not_exist");
        assert_eq!((seen.status(), seen.body().as_str()), (400, documented));
        let reason = "no profile of this app has this id, and this app answers 400 for that";
        assert_eq!(seen.reason(), reason);
    }
    for seen in [
        get(&server, "k", "nobody").await,
        update(&server, "nobody", "{}").await,
        delete(&server, "nobody").await,
    ] {
        let documented = fixture!("get_profile.404.openapi.profile_does_not_exist");
        assert_eq!((seen.status(), seen.body().as_str()), (404, documented));
    }
}

#[tokio::test]
async fn a_missing_profile_is_the_401_for_every_operation_if_the_app_is_set_so() {
    let server = MockServer::start().await;
    admin(&server, "PUT", r#"{"missing_profile": "unauthorized"}"#).await;
    let premium = r#"{"access_level_id": "premium"}"#;
    for seen in [revoke(&server, "nobody", premium).await, update(&server, "nobody", "{}").await] {
        let documented = fixture!("get_profile.401.older-page.not_authenticated");
        assert_eq!((seen.status(), seen.body().as_str()), (401, documented));
    }
}

#[tokio::test]
async fn the_slash_redirect_is_a_setting_of_the_app() {
    let server = MockServer::start().await;
    admin(&server, "PUT", r#"{"redirects_missing_slash": true}"#).await;
    let text = |key| request(key, JANE).replace("/profile/", "/profile");
    assert_eq!(send(&server, &text("k")).await.status(), 301);
    assert_eq!(send(&server, &text("other")).await.status(), 404);
}

#[tokio::test]
async fn a_rate_limit_that_stays_the_same_goes_on_counting() {
    let server = MockServer::start().await;
    let limit = r#"{"rate_limit": {"requests": 1, "window_ms": 3600000, "retry_after": true}}"#;
    admin(&server, "PUT", limit).await;
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
    admin(&server, "PUT", limit).await;
    admin(&server, "PUT", r#"{"existing_profile": "refuse"}"#).await;
    assert_eq!(server.app("k").settings().existing_profile, ExistingProfile::Refuse);
    assert_eq!(get(&server, "k", JANE).await.status(), 429);
    admin(&server, "PUT", &limit.replace(": 1,", ": 2,")).await;
    assert_eq!(get(&server, "k", JANE).await.status(), 200);
}

#[tokio::test]
async fn settings_count_toward_what_the_server_keeps() {
    let server = MockServer::builder().memory_limit(64 * 1024).start().await.unwrap();
    let levels = |length: usize| json!({"access_levels": ["x".repeat(length)]}).to_string();
    assert_eq!(admin(&server, "PUT", &levels(20_000)).await.0, 200);
    let (status, error) = admin(&server, "PUT", &levels(30_000)).await;
    let reason = "the server keeps at most 49152 bytes beside its journals, and this would be more";
    assert_eq!((status, &error["errors"][0]["errors"][0]), (507, &reason.into()));
    let body = json!({"first_name": "x".repeat(20_000)}).to_string();
    assert_eq!(create(&server, "new", &body).await.status(), 507);
    server.app("k").reset();
    assert_eq!(create(&server, "new", &body).await.status(), 200);
}

#[tokio::test]
async fn a_product_that_gives_no_level_gives_none_to_whoever_buys_it() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let mut settings = app.settings();
    settings.product_access_levels = [("coins".to_owned(), None)].into();
    app.set_settings(settings);
    let buy = format!(r#"{{"customer_user_id": "{JANE}", "product": "coins"}}"#);
    let (_, made) = crate::admin::admin(&server, "POST purchases", "", &buy).await;
    assert_eq!(made["profile"]["access_levels"], json!([]));
    assert_eq!(made["profile"]["non_subscriptions"][0]["is_consumable"], true);
    let subscribe = buy.replace('}', r#", "period": "P1M"}"#);
    let told = crate::admin::mistake(&server, "POST subscriptions", "", &subscribe).await;
    let why = "body: access_level_id: by the app's settings coins gives none";
    assert_eq!(told, (400, why.to_owned()));
    let empty = buy.replace('}', r#", "access_level_id": ""}"#);
    for (what, body) in [
        ("POST purchases", empty.clone()),
        ("POST subscriptions", empty.replace('}', r#", "period": "P1M"}"#)),
    ] {
        let told = crate::admin::mistake(&server, what, "", &body).await;
        assert_eq!(told, (400, "body: access_level_id: it is empty".to_owned()), "{what}");
    }
}
