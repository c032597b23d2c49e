//! Operations: the table, what each sends, and what its answers mean.

use std::collections::HashSet;

use adapty_model::time::{Date, Duration};
use adapty_model::{
    AnswerError, CreateProfile, CreateVirtualCurrencyTransaction, DeleteProfile, ErrorResponse,
    GetIntegrationIdentifiers, GetPaywall, GetProfile, GetRefundSaverSettings,
    GetVirtualCurrencyBalances, GrantAccessLevel, Identity, ListPaywalls,
    ListVirtualCurrencyTransactions, Meaning, Method, OPERATIONS, Operation, Repeat,
    RevokeAccessLevel, SetIntegrationIdentifiers, SetRefundSaverSettings, SetTransaction, Spec,
    UpdatePaywall, UpdateProfile, ValidatePaddlePurchase, ValidateStripePurchase,
};
use serde_json::{Value, json};

use crate::support::{CUSTOMER, christmas_eve, fixture, jane};

fn grant() -> GrantAccessLevel {
    GrantAccessLevel::new(jane(), "premium")
}

#[track_caller]
fn row(name: &str) -> Spec {
    *OPERATIONS.iter().find(|row| row.name == name).expect("the operation has a row")
}

#[test]
fn the_table_has_the_nineteen_operations_each_once() {
    assert_eq!(OPERATIONS.len(), 19);
    let names: HashSet<_> = OPERATIONS.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), 19);
    let requests: HashSet<_> = OPERATIONS.iter().map(|row| (row.method, row.path)).collect();
    assert_eq!(requests.len(), 19);
}

#[test]
fn every_path_is_below_its_documented_base_and_ends_in_a_slash() {
    for row in OPERATIONS {
        let base = match row.name {
            "validate_stripe_purchase" => "/api/v1/sdk/purchase/",
            _ => "/api/v2/server-side-api/",
        };
        assert!(row.path.starts_with(base) && row.path.ends_with('/'), "{}", row.path);
    }
}

#[test]
fn reading_may_always_be_repeated_and_nothing_else_may() {
    for row in OPERATIONS {
        assert_eq!(row.repeat == Repeat::Always, row.method == Method::Get, "{}", row.name);
    }
}

#[test]
fn validating_a_store_purchase_and_paywalls_need_no_identity() {
    let without: Vec<_> =
        OPERATIONS.iter().filter(|row| !row.needs_identity).map(|row| row.name).collect();
    assert_eq!(
        without,
        [
            "validate_stripe_purchase",
            "validate_paddle_purchase",
            "list_paywalls",
            "get_paywall",
            "update_paywall",
        ]
    );
}

/// What stands in the table for each of these types.
macro_rules! specs {
    ($($operation:ident)+) => { [$((stringify!($operation), $operation::SPEC)),+] };
}

#[test]
fn each_row_of_the_table_has_a_type_of_its_own() {
    let types = specs![
        GetProfile CreateProfile UpdateProfile DeleteProfile SetTransaction GrantAccessLevel
        RevokeAccessLevel ValidateStripePurchase ValidatePaddlePurchase GetRefundSaverSettings
        SetRefundSaverSettings GetIntegrationIdentifiers SetIntegrationIdentifiers ListPaywalls
        GetPaywall UpdatePaywall CreateVirtualCurrencyTransaction ListVirtualCurrencyTransactions
        GetVirtualCurrencyBalances
    ];
    assert_eq!(OPERATIONS.len(), types.len());
    for (row, (name, spec)) in OPERATIONS.iter().zip(types) {
        assert_eq!(spec, *row, "{name}");
        let snake = row.name.split('_').map(capitalised).collect::<String>();
        assert!(name == snake || name == format!("Get{snake}"), "{name} for {}", row.name);
    }
}

fn capitalised(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

#[test]
fn get_profile_sends_the_documented_request() {
    let request = GetProfile::new(jane()).request().unwrap();
    assert_eq!(
        (request.method.as_str(), &*request.target),
        ("GET", "/api/v2/server-side-api/profile/")
    );
    let headers = [
        ("accept", "application/json".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("adapty-customer-user-id", CUSTOMER.to_owned()),
    ];
    assert_eq!((request.headers, request.body), (headers.to_vec(), None));
}

#[test]
fn delete_profile_sends_no_body_and_reads_none() {
    let operation = DeleteProfile::new(jane());
    let request = operation.request().unwrap();
    assert_eq!((request.method, request.body), (Method::Delete, None));
    assert!(operation.answer(204, b"").is_ok());
    assert!(matches!(
        operation.answer(200, b"{}"),
        Err(AnswerError::Refused { status: 200, meaning: None, .. })
    ));
}

#[test]
fn a_grant_sends_what_the_documents_print() {
    let start = Date::from_ordinal_date(2024, 1).unwrap().midnight().assume_utc();
    let end = start + Duration::days(366) - Duration::SECOND;
    for (grant, name) in [
        (grant(), "grant_access_level.request.openapi.immediate.json"),
        (grant().starting(start), "grant_access_level.request.openapi.lifetime.json"),
        (grant().starting(start).until(end), "grant_access_level.request.openapi.scheduled.json"),
    ] {
        let sent: Value = serde_json::from_slice(&grant.body().unwrap().unwrap()).unwrap();
        let documented: Value = serde_json::from_slice(&fixture(name)).unwrap();
        assert_eq!(sent, documented, "{name}");
    }
}

#[test]
fn a_grant_is_answered_with_the_profile() {
    let body = fixture("get_profile.200.openapi.lifetime_premium.json");
    let profile = grant().answer(200, &body).unwrap();
    assert_eq!(profile.access_levels[0].access_level_id, "premium");
}

#[test]
fn a_grant_with_a_date_may_be_repeated_and_one_without_may_not() {
    assert_eq!(grant().repeat(), Repeat::OnlyIfUnseen);
    assert_eq!(grant().starting(christmas_eve()).repeat(), Repeat::NotAfter500);
    assert_eq!(grant().until(christmas_eve()).repeat(), Repeat::NotAfter500);
}

#[test]
fn a_grant_until_no_year_of_four_digits_is_refused_by_its_path() {
    let error = grant().until(christmas_eve().replace_year(-1).unwrap()).body().unwrap_err();
    assert_eq!(error.path(), "expires_at");
}

#[test]
fn an_identity_that_cannot_travel_is_refused_before_anything_is_sent() {
    let error = GetProfile::new(Identity::customer("")).request().unwrap_err();
    assert_eq!(error.to_string(), "the identity cannot be sent");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the customer user id is empty");
}

#[test]
fn neither_an_operation_nor_its_request_shows_the_customer() {
    let shown = format!("{:?} {:?}", grant(), grant().request().unwrap());
    assert!(shown.contains("GrantAccessLevel") && !shown.contains(CUSTOMER), "{shown}");
}

/// What an answer with this code means to an operation.
fn meaning(spec: Spec, status: u16, code: &str) -> Option<Meaning> {
    let body = json!({"error_code": code}).to_string();
    spec.meaning(status, &ErrorResponse::from_json(body.as_bytes()).unwrap())
}

#[test]
fn the_three_codes_of_a_missing_profile_mean_it_where_a_profile_is_asked_for() {
    for code in ["profile_does_not_exist", "profile_not_found", "not_found"] {
        for status in [400, 401, 404] {
            let missing = Some(Meaning::ProfileNotFound);
            assert_eq!(meaning(GetProfile::SPEC, status, code), missing, "{status} {code}");
        }
        assert_eq!(meaning(GetProfile::SPEC, 500, code), None);
    }
}

#[test]
fn a_code_means_what_its_operation_says_and_elsewhere_nothing() {
    assert_eq!(meaning(GrantAccessLevel::SPEC, 404, "not_found"), None);
    assert_eq!(meaning(row("get_paywall"), 404, "not_found"), None);
    assert_eq!(meaning(row("get_paywall"), 404, "profile_does_not_exist"), None);
    assert_eq!(
        meaning(row("get_paywall"), 404, "paywall_does_not_exist"),
        Some(Meaning::PaywallNotFound)
    );
    assert_eq!(
        meaning(GrantAccessLevel::SPEC, 400, "paid_access_level_does_not_exist"),
        Some(Meaning::AccessLevelNotFound)
    );
}

#[test]
fn an_answer_of_another_status_is_a_refusal_with_its_meaning() {
    let body = fixture("grant_access_level.400.fragment.paid_access_level_does_not_exist.json");
    let error = grant().answer(400, &body).unwrap_err();
    assert_eq!(error.to_string(), "access level not found (status 400)");
    let page = grant().answer(404, b"<html>").unwrap_err();
    assert_eq!(page.to_string(), "refused with status 404");
}

#[test]
fn an_answer_that_cannot_be_read_says_where() {
    let error = GetProfile::new(jane()).answer(200, b"{}").unwrap_err();
    assert_eq!(error.to_string(), "the answer cannot be read");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "data is missing");
}

#[test]
fn an_answers_error_shows_no_word_of_the_servers() {
    let body = br#"{"errors": [{"source": null, "errors": ["jane@example.com"]}], "error_code": "jane", "status_code": 404}"#;
    let error = GetProfile::new(Identity::customer("jane")).answer(404, body).unwrap_err();
    assert_eq!(error.to_string(), "refused with status 404");
    assert_eq!(format!("{error:?}"), "Refused { status: 404, meaning: None, .. }");
}
