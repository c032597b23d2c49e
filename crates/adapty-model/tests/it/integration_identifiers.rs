//! What other services call a customer.

use adapty_model::{
    Field, GetIntegrationIdentifiers, IntegrationIdentifiers, Operation, Repeat,
    SetIntegrationIdentifiers,
};
use serde_json::json;

use crate::support::{fixture, jane, json_of, sent, told, words};

fn set(identifiers: IntegrationIdentifiers) -> SetIntegrationIdentifiers {
    SetIntegrationIdentifiers::new(jane(), identifiers)
}

/// The documents' request, made of our type.
fn all_sixteen() -> IntegrationIdentifiers {
    let mut it = IntegrationIdentifiers::new();
    it.adjust_device_id = "example_adjust_device_id".into();
    it.airbridge_device_id = "example_airbridge_device_id".into();
    it.amplitude_device_id = "example_amplitude_device_id".into();
    it.amplitude_user_id = "example_amplitude_user_id".into();
    it.appmetrica_device_id = "example_appmetrica_device_id".into();
    it.appmetrica_profile_id = "example_appmetrica_profile_id".into();
    it.appsflyer_id = "example_appsflyer_id".into();
    it.branch_id = "example_branch_id".into();
    it.facebook_anonymous_id = "example_facebook_anonymous_id".into();
    it.firebase_app_instance_id = "example_firebase_app_instance_id".into();
    it.mixpanel_user_id = "example_mixpanel_user_id".into();
    it.one_signal_player_id = "example_one_signal_player_id".into();
    it.one_signal_subscription_id = "example_one_signal_subscription_id".into();
    it.posthog_distinct_user_id = "example_posthog_distinct_user_id".into();
    it.pushwoosh_hwid = "example_pushwoosh_hwid".into();
    it.tenjin_analytics_installation_id = "example_tenjin_analytics_installation_id".into();
    it
}

#[test]
fn all_sixteen_are_sent_as_the_documents_print_them() {
    let body = json_of("set_integration_identifiers.request.openapi.all_sixteen.json");
    assert_eq!(sent(&set(all_sixteen())), body);
    assert_eq!(set(all_sixteen()).repeat(), Repeat::NotAfter500);
}

#[test]
fn what_is_known_of_a_customer_is_read_with_its_nulls() {
    let name = "integration_identifiers.200.openapi.some_set.json";
    let body = fixture("integration_identifiers.200.openapi.some_set.json");
    let read = GetIntegrationIdentifiers::new(jane()).answer(200, &body).unwrap();
    assert_eq!(read.appsflyer_id, Field::Value("1741933337626-3179568".to_owned()));
    assert_eq!(read.branch_id, Field::Null);
    assert_eq!(serde_json::to_value(&read).unwrap(), json_of(name));
}

#[test]
fn an_id_may_be_left_alone_or_cleared() {
    let mut one = IntegrationIdentifiers::new();
    one.branch_id = Field::Null;
    assert_eq!(sent(&set(one.clone())), json!({"branch_id": null}));
    assert_eq!(told(set(one).validate()), "");
}

#[test]
fn a_request_that_names_none_breaks_a_rule_in_the_documents_words() {
    let words = words(&json_of("set_integration_identifiers.400.openapi.validation_error.json"));
    let none = set(IntegrationIdentifiers::new());
    assert_eq!(told(none.validate()), format!("the body: {words}"));
}

#[test]
fn a_blank_answer_is_all_there_is() {
    let blank = fixture("set_integration_identifiers.200.openapi.blank.txt");
    assert!(set(all_sixteen()).answer(200, &blank).is_ok());
    assert!(set(all_sixteen()).answer(200, b" \n").is_ok());
    assert!(set(all_sixteen()).answer(200, b"{\"data\": {}}").is_ok());
    let error = set(all_sixteen()).read(b"<html>").unwrap_err();
    assert_eq!(error.to_string(), "the body is not JSON: expected value at line 1 column 1");
    let error = set(all_sixteen()).read(b"[]").unwrap_err();
    assert_eq!(error.to_string(), "the body: expected nothing, or an object, found an array");
}

#[test]
fn what_other_services_call_a_customer_is_a_secret() {
    assert_eq!(set(all_sixteen()).secrets().len(), 16);
    let shown = format!("{:?}", set(all_sixteen()));
    assert_eq!(shown, "SetIntegrationIdentifiers { identity: CustomerUserId(…), .. }");
    let mut empty = IntegrationIdentifiers::new();
    empty.branch_id = "".into();
    assert!(set(empty).secrets().is_empty());
}
