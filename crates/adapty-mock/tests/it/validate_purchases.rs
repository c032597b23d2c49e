//! Validation of Stripe's and Paddle's tokens: which purchase each imports, and what is refused.

use adapty_mock::{
    App, Edition, Identity, ImportedPurchase, MockServer, PaddleErrors, PaddleRefusal,
    adapty_model::{AccessLevel, Profile, ProfileResponse, time::OffsetDateTime, uuid::Uuid},
};
use serde_json::{Value, json};

use crate::support::*;

const STRIPE: &str = "/api/v1/sdk/purchase/stripe/token/validate/";
const PADDLE: &str = "/api/v2/server-side-api/purchase/paddle/token/validate/";
const JSON_API: &str = "Content-Type: application/vnd.api+json\r\n";
/// Whom the documented requests name.
const PLACEHOLDER: &str = "<YOUR_CUSTOMER_USER_ID>";

async fn stripe(server: &MockServer, body: &str) -> Seen {
    send(server, &anonymous("POST", STRIPE, JSON_API, body)).await
}

async fn paddle(server: &MockServer, body: &str) -> Seen {
    send(server, &anonymous("POST", PADDLE, "", body)).await
}

fn of_stripe(customer: &str, token: &str) -> String {
    let attributes = json!({"customer_user_id": customer, "stripe_token": token});
    json!({"data": {"type": "stripe_receipt_validation_result", "attributes": attributes}})
        .to_string()
}

fn of_paddle(customer: &str, token: &str) -> String {
    json!({"customer_user_id": customer, "paddle_token": token}).to_string()
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The purchase of the documents' profile that has one for ever.
fn lifetime() -> ImportedPurchase {
    let body = fixture!("get_profile.200.openapi.lifetime_premium");
    ImportedPurchase::of(&ProfileResponse::from_json(body.as_bytes()).expect("a profile").data)
}

async fn profile_of(server: &MockServer, customer: &str) -> Profile {
    let seen = get(server, "k", customer).await;
    assert_eq!(seen.status(), 200, "{}", seen.text());
    ProfileResponse::from_json(seen.body().as_bytes()).expect("a profile").data
}

#[tokio::test]
async fn the_documented_stripe_request_imports_its_purchase_and_creates_the_profile() {
    let server = MockServer::start().await;
    server.app("k").put_stripe_token("<YOUR_STRIPE_TOKEN>", lifetime());
    assert_eq!(get(&server, "k", PLACEHOLDER).await.status(), 404);
    let request = fixture!("validate_stripe_purchase.request.openapi.placeholders");
    let seen = stripe(&server, request).await;
    answered(&seen, 200, fixture!("validate_stripe_purchase.200.openapi.null_data"));
    assert_eq!(seen.header("content-type").as_deref(), Some("application/vnd.api+json"));
    assert!(server.app("k").requests()[1].changed);
    let profile = profile_of(&server, PLACEHOLDER).await;
    let lifetime = profile_of(&server, LIFETIME).await;
    assert_eq!(profile.customer_user_id.as_deref(), Some(PLACEHOLDER));
    assert_eq!(profile.access_levels[0].access_level_id, "premium");
    assert_eq!(profile.access_levels[0].expires_at, lifetime.access_levels[0].expires_at);
    assert_eq!(profile.subscriptions.len(), 1);
}

#[tokio::test]
async fn the_documented_paddle_request_is_answered_with_the_profile_it_created() {
    for edition in ["as-written", "older-page", "older-objects-page", "newer-page", "openapi"] {
        let edition: Edition = edition.parse().unwrap();
        let server = MockServer::builder().edition(edition).start().await.unwrap();
        server.app("k").put_paddle_token("live_7d279f61a3339fed520f7cd8c08", lifetime());
        let request = fixture!("validate_paddle_purchase.request.openapi.live_token");
        let seen = paddle(&server, request).await;
        assert_eq!(seen.status(), 200, "{}", seen.text());
        assert_eq!(get(&server, "k", PLACEHOLDER).await.body(), seen.body(), "{edition}");
        let profile = ProfileResponse::from_json(seen.body().as_bytes()).unwrap().data;
        assert_eq!(profile.access_levels.len(), 1, "{edition}");
        assert!(!profile.profile_id.is_nil());
        assert!(server.app("k").body(Identity::profile(profile.profile_id)).is_some());
    }
}

#[tokio::test]
async fn a_purchase_is_added_to_a_profile_that_is_there_and_only_once() {
    let server = MockServer::start().await;
    server.app("k").put_stripe_token("sub_1", lifetime());
    for customer in [JANE, EXPIRED] {
        let before = profile_of(&server, customer).await;
        for _ in 0..2 {
            assert_eq!(stripe(&server, &of_stripe(customer, "sub_1")).await.status(), 200);
        }
        let after = profile_of(&server, customer).await;
        assert_eq!(after.profile_id, before.profile_id);
        assert_eq!(after.access_levels.len(), before.access_levels.len() + 1);
        assert_eq!(after.subscriptions.len(), before.subscriptions.len() + 1);
        assert_eq!(after.custom_attributes, before.custom_attributes);
    }
}

#[tokio::test]
async fn a_later_purchase_of_the_same_subscription_takes_the_place_of_the_earlier() {
    let server = MockServer::start().await;
    let purchase = |end: &str| {
        json!({"token": "sub_1", "purchase": {"access_levels": [{
            "access_level_id": "vip", "store": "stripe", "store_product_id": "p",
            "store_original_transaction_id": "1", "expires_at": end, "more": 1.50,
        }]}})
    };
    for end in ["2030-01-01T00:00:00+00:00", "2031-01-01T00:00:00+00:00"] {
        let body = purchase(end).to_string().replace("1.5", "1.50");
        let put = admin(&server, "PUT stripe-tokens", "", &body).await;
        assert_eq!(put, (200, r#"{"put":1,"missing":[]}"#.to_owned()));
        stripe(&server, &of_stripe(JANE, "sub_1")).await;
        let body = get(&server, "k", JANE).await.body();
        let levels = read(&body)["data"]["access_levels"].take();
        assert_eq!(levels.as_array().map(Vec::len), Some(1));
        assert_eq!(levels[0]["expires_at"], end);
        assert!(body.contains("\"more\":1.50"), "what it says itself is as it was: {body}");
    }
}

#[tokio::test]
async fn a_stripe_token_that_is_null_missing_or_unknown_is_the_documented_400() {
    let server = MockServer::start().await;
    let unknown = of_stripe(JANE, "sub_1");
    let null = unknown.replace("\"sub_1\"", "null");
    let missing = unknown.replace("stripe_token", "token");
    let not_there = "stripe_token is null or missing";
    for (body, reason) in [
        (unknown, "no such token of Stripe's was prepared for this app"),
        (null, not_there),
        (missing, not_there),
    ] {
        let seen = stripe(&server, &body).await;
        answered(&seen, 400, fixture!("validate_stripe.400.openapi.json_api"));
        assert_eq!(seen.header("content-type").as_deref(), Some("application/vnd.api+json"));
        assert_eq!(seen.reason(), reason);
        assert!(!server.app("k").requests().last().unwrap().changed);
    }
}

#[tokio::test]
async fn what_else_is_wrong_with_a_stripe_body_is_pointed_at() {
    let server = MockServer::start().await;
    let body = of_stripe(JANE, "sub_1");
    for (body, pointer, detail) in [
        ("{}".to_owned(), "/data", "is no object"),
        (
            body.replace("stripe_receipt", "receipt"),
            "/data/type",
            "is not stripe_receipt_validation_result",
        ),
        (body.replace("attributes", "more"), "/data/attributes", "is no object"),
        (body.replace(JANE, ""), "/data/attributes/customer_user_id", "is no string, or empty"),
        (
            body.replace("\"sub_1\"", "1"),
            "/data/attributes/stripe_token",
            "is neither a string nor null",
        ),
    ] {
        let seen = stripe(&server, &body).await;
        let error = json!({"detail": detail, "source": {"pointer": pointer}, "status": "400"});
        assert_eq!((seen.status(), read(&seen.body())), (400, json!({"errors": [error]})));
        assert_eq!(seen.reason(), format!("{pointer} {detail}"));
    }
    let seen = stripe(&server, "{").await;
    let expected = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)";
    assert_eq!(seen.reason(), format!("JSON parse error - {expected}"));
}

#[tokio::test]
async fn another_media_type_than_stripes_is_a_415() {
    let server = MockServer::start().await;
    server.app("k").put_stripe_token("sub_1", lifetime());
    let body = of_stripe(JANE, "sub_1");
    for headers in ["", "Content-Type: application/json\r\n"] {
        let seen = send(&server, &anonymous("POST", STRIPE, headers, &body)).await;
        let reason = "the request's Content-Type is not application/vnd.api+json";
        assert_eq!((seen.status(), seen.reason().as_str()), (415, reason));
    }
    let with_parameter = "Content-Type: Application/Vnd.Api+JSON; charset=utf-8\r\n";
    let seen = send(&server, &anonymous("POST", STRIPE, with_parameter, &body)).await;
    assert_eq!(seen.status(), 200);
}

#[tokio::test]
async fn each_paddle_refusal_is_answered_in_either_documented_form() {
    let server = MockServer::start().await;
    let app = server.app("k");
    let unknown = PaddleRefusal::InvalidPaddleCredentialsOrPurchaseNotFound;
    app.refuse_paddle_token("none", PaddleRefusal::NoProductsFound);
    app.refuse_paddle_token("key", PaddleRefusal::PaddleApiKeyNotFound);
    app.refuse_paddle_token("bad", unknown);
    for (errors, bodies) in [
        (
            PaddleErrors::OpenApi,
            [
                fixture!("validate_paddle_purchase.400.openapi.no_products_found"),
                fixture!("validate_paddle_purchase.400.openapi.paddle_api_key_not_found"),
                fixture!(
                    "validate_paddle_purchase.400.openapi.invalid_credentials_or_purchase_not_found"
                ),
            ],
        ),
        (
            PaddleErrors::Fragment,
            [
                fixture!("validate_paddle_purchase.400.fragment.no_products_found"),
                fixture!("validate_paddle_purchase.400.fragment.paddle_api_key_not_found"),
                fixture!(
                    "validate_paddle_purchase.400.fragment.invalid_credentials_or_purchase_not_found"
                ),
            ],
        ),
    ] {
        app.set_paddle_errors(errors);
        for (token, body) in ["none", "key", "bad"].into_iter().zip(bodies) {
            let seen = paddle(&server, &of_paddle(JANE, token)).await;
            answered(&seen, 400, body);
            assert_eq!(seen.reason(), "a test prepared this refusal of the token");
        }
        let seen = paddle(&server, &of_paddle(JANE, "unknown")).await;
        answered(&seen, 400, bodies[2]);
        assert_eq!(seen.reason(), "no such token of Paddle's was prepared for this app");
    }
    assert!(app.requests().iter().all(|request| !request.changed));
}

#[tokio::test]
async fn a_paddle_field_that_is_not_what_it_should_be_is_named() {
    let server = MockServer::start().await;
    for (body, reason) in [
        (of_paddle("", "t"), "customer_user_id is empty"),
        (of_paddle(JANE, "t").replace("\"t\"", "null"), "paddle_token is not a string"),
        ("{}".to_owned(), "customer_user_id is missing"),
    ] {
        let seen = paddle(&server, &body).await;
        assert_eq!((seen.status(), seen.reason().as_str()), (400, reason));
    }
}

#[tokio::test]
async fn a_wrong_key_is_answered_as_each_document_shows_it() {
    let server = MockServer::builder().api_key("right").start().await.unwrap();
    let seen = stripe(&server, "{}").await;
    answered(&seen, 401, fixture!("get_profile.401.older-page.not_authenticated"));
    let seen = paddle(&server, "{}").await;
    answered(&seen, 401, fixture!("refund_saver.401.openapi.unauthorized"));
}

#[tokio::test]
async fn two_apps_do_not_share_tokens_and_a_reset_forgets_them() {
    let server = MockServer::start().await;
    server.app("k").put_paddle_token("txn_1", lifetime());
    let other = anonymous("POST", PADDLE, "", &of_paddle(JANE, "txn_1"));
    let other = other.replace("Api-Key k", "Api-Key other");
    assert_eq!(send(&server, &other).await.status(), 400);
    assert_eq!(paddle(&server, &of_paddle(JANE, "txn_1")).await.status(), 200);
    server.app("k").reset();
    assert_eq!(paddle(&server, &of_paddle(JANE, "txn_1")).await.status(), 400);
}

#[tokio::test]
async fn tokens_are_put_listed_and_deleted_over_admin() {
    let server = MockServer::start().await;
    let purchase = serde_json::to_value(lifetime()).unwrap();
    for (body, told) in [
        (
            json!({"token": "txn_1", "purchase": purchase, "errors": "fragment"}),
            r#"{"put":1,"missing":[]}"#,
        ),
        (json!({"token": "txn_2", "refusal": "no_products_found"}), r#"{"put":1}"#),
        (json!({"errors": "fragment"}), r#"{"put":0}"#),
    ] {
        let put = admin(&server, "PUT paddle-tokens", "", &body.to_string()).await;
        assert_eq!(put, (200, told.to_owned()));
    }
    let listed = json!({
        "errors": "fragment",
        "tokens": {"txn_1": {"purchase": purchase}, "txn_2": {"refusal": "no_products_found"}},
    });
    assert_eq!(read(&admin(&server, "GET paddle-tokens", "", "").await.1), listed);
    let seen = paddle(&server, &of_paddle(JANE, "txn_2")).await;
    answered(&seen, 400, fixture!("validate_paddle_purchase.400.fragment.no_products_found"));
    let stripe_token = json!({"token": "pi_1", "purchase": purchase}).to_string();
    admin(&server, "PUT stripe-tokens", "", &stripe_token).await;
    let listed = json!({"tokens": {"pi_1": purchase}});
    assert_eq!(read(&admin(&server, "GET stripe-tokens", "", "").await.1), listed);
    for tokens in ["stripe-tokens", "paddle-tokens"] {
        assert_eq!(admin(&server, &format!("DELETE {tokens}"), "", "").await.0, 200);
        let listed = read(&admin(&server, &format!("GET {tokens}"), "", "").await.1);
        assert_eq!(listed["tokens"], json!({}));
    }
}

#[tokio::test]
async fn a_mistake_in_a_token_is_named() {
    let server = MockServer::start().await;
    let which = "body: expected a token with either a purchase or a refusal, or errors alone";
    let row = "body: subscriptions[0]: is no object";
    for (path, body, what) in [
        (
            "stripe-tokens",
            json!({"token": "", "purchase": {}}),
            "body: token: has not 1 to 1024 bytes",
        ),
        ("stripe-tokens", json!({"token": "t", "purchase": {"subscriptions": [1]}}), row),
        ("paddle-tokens", json!({"token": "t", "purchase": {"subscriptions": [1]}}), row),
        ("paddle-tokens", json!({"token": "t"}), which),
        ("paddle-tokens", json!({"purchase": {}}), which),
    ] {
        let (status, mistake) = admin(&server, &format!("PUT {path}"), "", &body.to_string()).await;
        assert_eq!((status, &read(&mistake)["errors"][0]["errors"][0]), (400, &json!(what)));
    }
}

#[tokio::test]
async fn what_a_row_leaves_out_is_filled_and_a_client_reads_the_profile() {
    let server = MockServer::start().await;
    let app = server.app("k");
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_893_456_000).unwrap());
    let purchase = json!({
        "access_levels": [{"access_level_id": "premium", "expires_at": null}],
        "subscriptions": [{"store_product_id": "p", "expires_at": null, "offer": null}],
        "non_subscriptions": [{"store_product_id": "n", "store": "play_store", "purchase_id":
            "00000000-0000-4000-8000-000000000001"}],
    });
    for (tokens, store) in [("stripe-tokens", "stripe"), ("paddle-tokens", "paddle")] {
        let body = json!({"token": "t", "purchase": purchase}).to_string();
        let put = admin(&server, &format!("PUT {tokens}"), "", &body).await;
        assert_eq!(put, (200, r#"{"put":1,"missing":[]}"#.to_owned()));
        match store {
            "stripe" => assert_eq!(stripe(&server, &of_stripe(store, "t")).await.status(), 200),
            _ => assert_eq!(paddle(&server, &of_paddle(store, "t")).await.status(), 200),
        }
        let profile = profile_of(&server, store).await;
        assert!(profile.access("premium", app.now()).is_granted());
        assert_eq!(profile.access_levels[0].purchased_at, Some(app.now()));
        let stores = [
            &profile.access_levels[0].store,
            &profile.subscriptions[0].store,
            &profile.non_subscriptions[0].store,
        ];
        let stores = stores.map(|known| known.as_ref().map(|known| known.as_str()));
        assert_eq!(stores, [Some(store), Some(store), Some("play_store")]);
        let body = app.body(Identity::customer(store)).unwrap();
        assert!(server.app("other").put_json(body).profiles[0].is_whole());
    }
}

#[tokio::test]
async fn a_row_that_a_client_cannot_read_is_told_as_a_profiles_gaps_are() {
    let server = MockServer::start().await;
    let body = json!({"token": "t", "purchase": {
        "access_levels": [{"nope": 1}],
        "subscriptions": [{"store_product_id": 7, "expires_at": "soon"}],
    }});
    let told = r#"{"put":1,"missing":["purchase.access_levels[0].access_level_id","purchase.access_levels[0].expires_at"],"unreadable":["purchase.subscriptions[0].store_product_id","purchase.subscriptions[0].expires_at"]}"#;
    for tokens in ["PUT stripe-tokens", "PUT paddle-tokens"] {
        let put = admin(&server, tokens, "", &body.to_string()).await;
        assert_eq!(put, (200, told.to_owned()));
    }
}

/// An app that holds a profile whose body is none.
fn odd(server: &MockServer) -> App {
    let app = server.app("k");
    app.put_body(Identity::customer("odd"), "<html>");
    app
}

#[tokio::test]
async fn a_stored_body_that_is_no_profile_is_refused_and_stays() {
    let server = MockServer::start().await;
    odd(&server).put_paddle_token("txn_1", lifetime());
    let seen = paddle(&server, &of_paddle("odd", "txn_1")).await;
    let reason = "the body stored for this id is no profile to change";
    assert_eq!((seen.status(), seen.reason().as_str()), (400, reason));
    assert_eq!(get(&server, "k", "odd").await.body(), "<html>");
}

#[tokio::test]
async fn what_does_not_fit_into_the_budget_is_a_507_and_creates_nothing() {
    let server = MockServer::builder().memory_limit(6912).start().await.unwrap();
    let mut vip = Profile::new(Uuid::from_u128(1));
    vip.access_levels.push(AccessLevel::new("v".repeat(1500), None));
    server.app("k").put_paddle_token("txn_1", ImportedPurchase::of(&vip));
    let seen = paddle(&server, &of_paddle("new", "txn_1")).await;
    assert_eq!(seen.status(), 507, "{}", seen.text());
    assert_eq!(get(&server, "k", "new").await.status(), 404);
}
