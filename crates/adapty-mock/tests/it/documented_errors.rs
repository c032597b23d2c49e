//! Every error that a document prints, and the situations in which the fake gives it byte for byte. What else
//! an operation refuses is told where that operation is.

use std::{collections::BTreeSet, fs};

use adapty_mock::{
    Answer, App, CurrencyRefusal, Edition, MissingProfile, MockServer, PaddleErrors, PaddleRefusal,
    Plan, adapty_model::time::OffsetDateTime,
};

use crate::support::*;

const STRIPE: &str = "/api/v1/sdk/purchase/stripe/token/validate/";
const PADDLE: &str = "/api/v2/server-side-api/purchase/paddle/token/validate/";
const SETTINGS: &str = "/api/v2/server-side-api/purchase/profile/refund-saver/settings/";
const IDENTIFIERS: &str =
    "/api/v2/server-side-api/integration/profile/set/integration-identifiers/";
const PAYWALLS: &str = "/api/v2/server-side-api/paywalls/";
const NO_PAYWALL: &str = "/api/v2/server-side-api/paywalls/00000000-0000-4000-8000-000000000009/";
const LARGE_PAGE: &str = "/api/v2/server-side-api/paywalls/?page%5Bsize%5D=101";
const TRANSACTIONS: &str = "/api/v2/server-side-api/vc/transactions/";
const BALANCES: &str = "/api/v2/server-side-api/vc/balances/";

const ONE_TIME: &str = fixture!("set_transaction.request.openapi.one_time_purchase");
const SUBSCRIPTION: &str = fixture!("set_transaction.request.openapi.subscription");
const GRANT: &str = fixture!("grant_access_level.request.openapi.immediate");
const REVOKE: &str = fixture!("revoke_access_level.request.openapi.immediate");
const REVOKE_LATER: &str = fixture!("revoke_access_level.request.openapi.scheduled");
const DEBIT: &str = fixture!("create_virtual_currency_transaction.request.openapi.debit");
const CONSENT: &str = fixture!("set_refund_saver_settings.request.openapi.grant");
const SIXTEEN: &str = fixture!("set_integration_identifiers.request.openapi.all_sixteen");
const CONFIGS: &str = fixture!("update_paywall.request.openapi.one_locale");
const OF_STRIPE: &str = fixture!("validate_stripe_purchase.request.openapi.placeholders");
const OF_PADDLE: &str = fixture!("validate_paddle_purchase.request.openapi.live_token");
const PADDLE_TOKEN: &str = "live_7d279f61a3339fed520f7cd8c08";

/// Errors that no operation answers, and why.
const OF_ANOTHER_API: [(&str, &str); 4] = [
    ("update_profile.400.fragment.template_values", "a template that nobody filled in"),
    ("web_api.400.fragment.base_error_as_object", "the web API's"),
    ("web_api.400.fragment.datetime_repeated_message", "the web API's"),
    ("web_api.400.fragment.enum", "the web API's"),
];

/// An error's fixture, what a test has set, and requests that it answers.
struct Row(&'static str, Prepare, Vec<String>);

/// What a test sets.
type Prepare = fn(&App);

const AS_EVER: Prepare = |_| {};

fn jane(method: &str, path: &str, body: &str) -> String {
    operation(method, path, JANE, body)
}

fn nobody(method: &str, path: &str, body: &str) -> String {
    operation(method, path, "nobody", body)
}

/// The same without a key that the server takes for one.
fn without_key<const N: usize>(requests: [String; N]) -> Vec<String> {
    requests.map(|request| request.replace("Api-Key k", "Bearer k")).into()
}

/// A documented transaction with other words.
#[track_caller]
fn transaction(documented: &str, words: &[(&str, &str)]) -> Vec<String> {
    let body = words.iter().fold(documented.to_owned(), |body, (from, to)| {
        assert!(body.contains(from), "{from}");
        body.replacen(from, to, 1)
    });
    vec![jane("POST", TRANSACTION_PATH, &body)]
}

fn stripe(body: &str) -> String {
    anonymous("POST", STRIPE, "Content-Type: application/vnd.api+json\r\n", body)
}

fn vip_alone(app: &App) {
    let mut settings = app.settings();
    settings.access_levels = Some(["vip".to_owned()].into());
    app.set_settings(settings);
}

/// One whose level ends in the course of 2028, as that year begins.
fn until_2028(app: &App) {
    app.set_clock(OffsetDateTime::from_unix_timestamp(1_830_297_600).expect("a date"));
    app.put_json(
        r#"{"data": {"customer_user_id": "until-2028", "access_levels": [
            {"access_level_id": "premium", "expires_at": "2028-08-29T09:33:42+00:00"}]}}"#,
    );
}

/// One with the profile id of the document, and without a level.
fn without_level(app: &App) {
    app.put_json(
        r#"{"data": {"customer_user_id": "bare", "access_levels": [],
            "profile_id": "478b2e7f-d557-4b8b-9c5f-cbd46fc2dee2"}}"#,
    );
}

fn of_profiles_and_purchases() -> Vec<Row> {
    let wrong_key = without_key([
        jane("GET", PATH, ""),
        jane("POST", PATH, "{}"),
        jane("PATCH", PATH, "{}"),
        jane("DELETE", PATH, ""),
        jane("POST", GRANT_PATH, GRANT),
        jane("POST", REVOKE_PATH, REVOKE),
        jane("POST", TRANSACTION_PATH, ONE_TIME),
        jane("POST", TRANSACTIONS, DEBIT),
        jane("GET", TRANSACTIONS, ""),
        jane("GET", BALANCES, ""),
    ]);
    let purchases = |who: fn(&str, &str, &str) -> String| {
        vec![
            who("POST", GRANT_PATH, GRANT),
            who("POST", REVOKE_PATH, REVOKE),
            who("POST", TRANSACTION_PATH, ONE_TIME),
        ]
    };
    let mut missing = purchases(nobody);
    missing.extend(["GET", "DELETE"].map(|method| nobody(method, PATH, "")));
    missing.extend([nobody("PATCH", PATH, "{}"), nobody("GET", BALANCES, "")]);
    let later = REVOKE_LATER.replace("2024-12-31T23:59:59Z", "2029-08-29T09:33:42Z");
    vec![
        Row("get_profile.401.older-page.not_authenticated", AS_EVER, wrong_key),
        Row(
            "get_profile.404.older-page.not_found",
            |app| app.set_edition(Edition::OlderPage),
            vec![nobody("GET", PATH, "")],
        ),
        Row("get_profile.404.openapi.profile_does_not_exist", AS_EVER, missing),
        Row(
            "grant_access_level.400.fragment.profile_does_not_exist",
            |app| app.set_missing_profile(MissingProfile::BadRequest),
            purchases(nobody),
        ),
        Row(
            "grant_access_level.400.fragment.paid_access_level_does_not_exist",
            vip_alone,
            purchases(jane),
        ),
        Row(
            "grant_access_level.400.fragment.parse_error",
            AS_EVER,
            transaction(ONE_TIME, &[("\"app_store\",", "\"app_store\"")]),
        ),
        Row(
            "revoke_access_level.400.fragment.profile_paid_access_level_does_not_exist",
            without_level,
            vec![operation("POST", REVOKE_PATH, "bare", REVOKE)],
        ),
        Row(
            "revoke_access_level.400.fragment.revocation_date_more_than_expiration_date",
            until_2028,
            vec![operation("POST", REVOKE_PATH, "until-2028", &later)],
        ),
        Row(
            "revoke_access_level.400.fragment.value_error",
            AS_EVER,
            vec![jane("POST", REVOKE_PATH, REVOKE_LATER)],
        ),
    ]
}

/// The rules of a transaction, each broken by other words in a documented one.
fn of_transactions() -> Vec<Row> {
    const BOUGHT: &str = r#""2024-01-15T10:30:00Z""#;
    let at = |name: &str, date: &str| format!(r#""{name}": {date}"#);
    let null = |name: &str| at(name, "null");
    let broken = |code: &str, documented: &str, words: &[(String, String)]| {
        let words: Vec<_> = words.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        let name: &'static str = format!("set_transaction.400.fragment.{code}").leak();
        Row(name, AS_EVER, transaction(documented, &words))
    };
    let text = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let dated = |name: &str, date: &str| (null(name), at(name, date));
    let late = r#""2041-01-01T00:00:00Z""#;
    vec![
        broken(
            "store_transaction_id_error",
            ONE_TIME,
            &[text("_id\": \"1000000123456789\"", "_id\": \"2\"")],
        ),
        broken(
            "family_share_price_error",
            ONE_TIME,
            &[text("\"is_family_shared\": false", "\"is_family_shared\": true")],
        ),
        broken(
            "originally_purchased_date_error",
            SUBSCRIPTION,
            &[(at("originally_purchased_at", BOUGHT), at("originally_purchased_at", late))],
        ),
        broken("expires_date_error", SUBSCRIPTION, &[text("2024-02-15", "2024-01-15")]),
        broken(
            "renew_status_changed_date_error",
            SUBSCRIPTION,
            &[dated("renew_status_changed_at", BOUGHT)],
        ),
        broken(
            "billing_issue_detected_at_date_comparison_error",
            SUBSCRIPTION,
            &[dated("billing_issue_detected_at", BOUGHT)],
        ),
        broken(
            "grace_period_billing_error",
            SUBSCRIPTION,
            &[dated("grace_period_expires_at", late)],
        ),
        broken(
            "grace_period_expires_date_error",
            SUBSCRIPTION,
            &[
                dated("billing_issue_detected_at", r#""2024-01-16T00:00:00Z""#),
                dated("grace_period_expires_at", r#""2024-02-15T10:29:59Z""#),
            ],
        ),
        broken(
            "one_time_purchase_trial_error",
            ONE_TIME,
            &[
                text("9.99", "0"),
                (
                    null("offer"),
                    at("offer", r#"{"category": "introductory", "type": "free_trial"}"#),
                ),
            ],
        ),
        broken("free_trial_price_error", SUBSCRIPTION, &[]),
        broken(
            "missing_offer_id",
            SUBSCRIPTION,
            &[
                text("introductory", "promotional"),
                text("free_trial", "pay_up_front"),
                text("\"trial_offer_123\"", "null"),
            ],
        ),
        broken("refund_fields_error", ONE_TIME, &[dated("refunded_at", late)]),
        broken(
            "refund_date_error",
            ONE_TIME,
            &[dated("refunded_at", BOUGHT), dated("cancellation_reason", "\"refund\"")],
        ),
    ]
}

fn of_stores() -> Vec<Row> {
    let prepared: [(&str, Prepare); 6] = [
        ("openapi.no_products_found", |app| refuse(app, NO_PRODUCTS, PaddleErrors::OpenApi)),
        ("fragment.no_products_found", |app| refuse(app, NO_PRODUCTS, PaddleErrors::Fragment)),
        ("openapi.paddle_api_key_not_found", |app| refuse(app, NO_KEY, PaddleErrors::OpenApi)),
        ("fragment.paddle_api_key_not_found", |app| refuse(app, NO_KEY, PaddleErrors::Fragment)),
        ("openapi.invalid_credentials_or_purchase_not_found", AS_EVER),
        ("fragment.invalid_credentials_or_purchase_not_found", |app| {
            app.set_paddle_errors(PaddleErrors::Fragment);
        }),
    ];
    let paddle = prepared.map(|(form, prepare)| {
        let name = format!("validate_paddle_purchase.400.{form}").leak();
        Row(name, prepare, vec![anonymous("POST", PADDLE, "", OF_PADDLE)])
    });
    let without_token = OF_STRIPE.replace("\"<YOUR_STRIPE_TOKEN>\"", "null");
    let refused = vec![stripe(OF_STRIPE), stripe(&without_token)];
    let mut rows = vec![Row("validate_stripe.400.openapi.json_api", AS_EVER, refused)];
    rows.extend(paddle);
    rows
}

const NO_PRODUCTS: PaddleRefusal = PaddleRefusal::NoProductsFound;
const NO_KEY: PaddleRefusal = PaddleRefusal::PaddleApiKeyNotFound;

fn refuse(app: &App, refusal: PaddleRefusal, errors: PaddleErrors) {
    app.refuse_paddle_token(PADDLE_TOKEN, refusal);
    app.set_paddle_errors(errors);
}

fn of_the_rest() -> Vec<Row> {
    let wrong_key = without_key([
        jane("GET", SETTINGS, ""),
        jane("POST", SETTINGS, CONSENT),
        jane("GET", IDENTIFIERS, ""),
        jane("POST", IDENTIFIERS, SIXTEEN),
        jane("GET", PAYWALLS, ""),
        jane("GET", NO_PAYWALL, ""),
        jane("PUT", NO_PAYWALL, CONFIGS),
        jane("POST", PADDLE, OF_PADDLE),
    ]);
    let currencies = vec![
        jane("POST", TRANSACTIONS, DEBIT),
        jane("GET", TRANSACTIONS, ""),
        jane("GET", BALANCES, ""),
    ];
    let empty = r#"{"remote_configs": []}"#;
    vec![
        Row("refund_saver.401.openapi.unauthorized", AS_EVER, wrong_key),
        Row(
            "refund_saver.400.openapi.profile_does_not_exist",
            AS_EVER,
            vec![nobody("GET", SETTINGS, ""), nobody("POST", SETTINGS, CONSENT)],
        ),
        Row(
            "set_refund_saver_settings.400.openapi.validation_error",
            AS_EVER,
            vec![jane("POST", SETTINGS, "{}")],
        ),
        Row(
            "integration_identifiers.404.openapi.profile_not_found",
            AS_EVER,
            vec![nobody("GET", IDENTIFIERS, ""), nobody("POST", IDENTIFIERS, SIXTEEN)],
        ),
        Row(
            "set_integration_identifiers.400.openapi.validation_error",
            AS_EVER,
            vec![jane("POST", IDENTIFIERS, "{}")],
        ),
        Row(
            "list_paywalls.400.openapi.validation_error",
            AS_EVER,
            vec![jane("GET", LARGE_PAGE, "")],
        ),
        Row(
            "get_paywall.404.openapi.paywall_does_not_exist",
            AS_EVER,
            vec![jane("GET", NO_PAYWALL, ""), jane("PUT", NO_PAYWALL, CONFIGS)],
        ),
        Row(
            "update_paywall.400.openapi.validation_error",
            AS_EVER,
            vec![jane("PUT", NO_PAYWALL, "{}"), jane("PUT", NO_PAYWALL, empty)],
        ),
        Row(
            "create_virtual_currency_transaction.400.openapi.insufficient_balance",
            AS_EVER,
            vec![jane("POST", TRANSACTIONS, DEBIT)],
        ),
        Row(
            "create_virtual_currency_transaction.403.openapi.feature_not_enabled",
            |app| app.enable_currencies(false),
            currencies,
        ),
        Row(
            "create_virtual_currency_transaction.409.openapi.idempotency_in_flight",
            |app| app.refuse_currency_transactions([CurrencyRefusal::IdempotencyInFlight]),
            vec![jane("POST", TRANSACTIONS, DEBIT)],
        ),
    ]
}

fn rows() -> Vec<Row> {
    [of_profiles_and_purchases(), of_transactions(), of_stores(), of_the_rest()]
        .into_iter()
        .flatten()
        .collect()
}

/// The status in a fixture's name.
fn status(name: &str) -> Option<u16> {
    name.split('.').nth(1)?.parse().ok()
}

fn text(name: &str) -> String {
    let path = format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_error_that_a_document_prints_has_its_situation() {
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let errors = names.filter_map(|name| {
        let name = name.strip_suffix(".json")?.to_owned();
        status(&name).is_some_and(|status| status >= 400).then_some(name)
    });
    let rows = rows().into_iter().map(|row| row.0);
    let accounted: BTreeSet<_> = rows.chain(OF_ANOTHER_API.map(|(name, _)| name)).collect();
    let errors: BTreeSet<_> = errors.collect();
    assert_eq!(errors.iter().map(String::as_str).collect::<BTreeSet<_>>(), accounted);
}

#[tokio::test]
async fn every_error_that_a_document_prints_is_answered_in_its_situation_byte_for_byte() {
    for Row(name, prepare, requests) in rows() {
        let expected = (status(name).unwrap(), text(name));
        assert!(!requests.is_empty(), "{name}");
        for request in requests {
            let server = MockServer::start().await;
            prepare(&server.app("k"));
            let seen = send(&server, &request).await;
            assert_eq!((seen.status(), seen.body()), expected, "{name}: {request}");
            assert!(server.app("k").requests().iter().all(|request| !request.changed), "{name}");
        }
    }
}

#[tokio::test]
async fn a_status_of_a_fault_plan_has_the_body_that_the_operations_document_gives_it() {
    for (request, status, name) in [
        (jane("GET", SETTINGS, ""), 401, "refund_saver.401.openapi.unauthorized"),
        (jane("POST", PADDLE, OF_PADDLE), 401, "refund_saver.401.openapi.unauthorized"),
        (jane("GET", PATH, ""), 401, "get_profile.401.older-page.not_authenticated"),
        (stripe(OF_STRIPE), 401, "get_profile.401.older-page.not_authenticated"),
        (stripe(OF_STRIPE), 400, "validate_stripe.400.openapi.json_api"),
        (
            jane("POST", PADDLE, OF_PADDLE),
            400,
            "validate_paddle_purchase.400.openapi.invalid_credentials_or_purchase_not_found",
        ),
        (
            jane("POST", GRANT_PATH, GRANT),
            400,
            "grant_access_level.400.fragment.paid_access_level_does_not_exist",
        ),
        (
            jane("POST", REVOKE_PATH, REVOKE),
            400,
            "grant_access_level.400.fragment.paid_access_level_does_not_exist",
        ),
        (
            jane("POST", TRANSACTION_PATH, ONE_TIME),
            400,
            "set_transaction.400.fragment.store_transaction_id_error",
        ),
        (jane("GET", SETTINGS, ""), 400, "refund_saver.400.openapi.profile_does_not_exist"),
        (
            jane("POST", SETTINGS, CONSENT),
            400,
            "set_refund_saver_settings.400.openapi.validation_error",
        ),
        (
            jane("POST", IDENTIFIERS, SIXTEEN),
            400,
            "set_integration_identifiers.400.openapi.validation_error",
        ),
        (
            jane("GET", IDENTIFIERS, ""),
            404,
            "integration_identifiers.404.openapi.profile_not_found",
        ),
        (jane("GET", PAYWALLS, ""), 400, "list_paywalls.400.openapi.validation_error"),
        (jane("PUT", NO_PAYWALL, CONFIGS), 400, "update_paywall.400.openapi.validation_error"),
        (jane("GET", NO_PAYWALL, ""), 404, "get_paywall.404.openapi.paywall_does_not_exist"),
        (
            jane("POST", TRANSACTIONS, DEBIT),
            400,
            "create_virtual_currency_transaction.400.openapi.insufficient_balance",
        ),
        (
            jane("GET", BALANCES, ""),
            403,
            "create_virtual_currency_transaction.403.openapi.feature_not_enabled",
        ),
        (
            jane("POST", TRANSACTIONS, DEBIT),
            409,
            "create_virtual_currency_transaction.409.openapi.idempotency_in_flight",
        ),
        (jane("GET", BALANCES, ""), 404, "get_profile.404.openapi.profile_does_not_exist"),
    ] {
        let server = MockServer::start().await;
        server.app("k").put_faults(Plan::new().then(Answer::new(status)));
        answered(&send(&server, &request).await, status, &text(name));
    }
}

#[tokio::test]
async fn a_status_of_a_fault_plan_has_its_operations_media_type_unless_the_plan_says_another() {
    let plan = Plan::new()
        .then(Answer::new(400))
        .then(Answer::new(400).header("Content-Type", "text/plain"));
    let server = MockServer::start().await;
    server.app("k").put_faults(plan);
    for media_type in ["application/vnd.api+json", "text/plain"] {
        let seen = send(&server, &stripe(OF_STRIPE)).await;
        assert_eq!(seen.header("content-type").as_deref(), Some(media_type));
    }
}
