//! Settings of the refund saver.

use adapty_model::uuid::Uuid;
use adapty_model::{
    AnswerError, Field, GetRefundSaverSettings, Meaning, Operation, RefundPreference,
    RefundSaverSettings, Repeat, SetRefundSaverSettings,
};
use serde_json::json;

use crate::support::{fixture, jane, json_of, sent, told, words};

fn set(settings: RefundSaverSettings) -> SetRefundSaverSettings {
    SetRefundSaverSettings::new(jane(), settings)
}

fn granted() -> RefundSaverSettings {
    RefundSaverSettings::new().custom_preference(RefundPreference::Grant).consent(true)
}

#[test]
fn the_settings_are_read_without_data_around_them() {
    let body = fixture("refund_saver_settings.200.openapi.no_preference.json");
    let answer = GetRefundSaverSettings::new(jane()).answer(200, &body).unwrap();
    let id = Uuid::try_parse("e5aab402-b1bd-4039-b632-57a91ebc0779").unwrap();
    assert_eq!(answer.profile_id, id);
    assert_eq!(answer.settings.custom_preference, Field::Value(RefundPreference::NoPreference));
    assert!(answer.settings.consent.value().is_some());
}

#[test]
fn settings_are_sent_and_answered_as_the_documents_print_them() {
    assert_eq!(
        sent(&set(granted())),
        json_of("set_refund_saver_settings.request.openapi.grant.json")
    );
    let body = fixture("set_refund_saver_settings.200.openapi.grant.json");
    assert_eq!(set(granted()).answer(200, &body).unwrap().settings, granted());
    assert_eq!(set(granted()).repeat(), Repeat::NotAfter500);
}

#[test]
fn a_setting_may_be_left_alone_cleared_or_set_to_no() {
    assert_eq!(sent(&set(RefundSaverSettings::new().consent(false))), json!({"consent": false}));
    let mut cleared = RefundSaverSettings::new();
    cleared.custom_preference = Field::Null;
    assert_eq!(sent(&set(cleared.clone())), json!({"custom_preference": null}));
    assert_eq!(told(set(cleared).validate()), "");
}

#[test]
fn settings_that_name_none_break_a_rule_in_the_documents_words() {
    let words = words(&json_of("set_refund_saver_settings.400.openapi.validation_error.json"));
    assert_eq!(told(set(RefundSaverSettings::new()).validate()), format!("consent: {words}"));
    assert_eq!(told(set(granted()).validate()), "");
}

#[test]
fn a_preference_that_no_document_names_is_sent_and_its_rule_told() {
    let odd = set(RefundSaverSettings::new().custom_preference("maybe".into()));
    assert_eq!(sent(&odd), json!({"custom_preference": "maybe"}));
    let rule = "custom_preference: must be grant, no_preference or decline";
    assert_eq!(told(odd.validate()), rule);
}

#[test]
fn settings_without_a_profile_or_settings_are_no_answer() {
    let read = |body: serde_json::Value| {
        let operation = GetRefundSaverSettings::new(jane());
        operation.read(body.to_string().as_bytes()).unwrap_err().to_string()
    };
    let id = Uuid::nil().to_string();
    assert_eq!(read(json!({"settings": {}})), "profile_id is missing");
    assert_eq!(read(json!({"profile_id": id})), "settings is missing");
    assert_eq!(
        read(json!({"profile_id": id, "settings": {"consent": "yes"}})),
        "settings.consent: expected a boolean, found the string \"yes\""
    );
}

#[test]
fn a_missing_profile_is_told_under_400_in_plain_texts() {
    let body = fixture("refund_saver.400.openapi.profile_does_not_exist.json");
    let error = GetRefundSaverSettings::new(jane()).answer(400, &body).unwrap_err();
    assert!(matches!(error, AnswerError::Refused { meaning: Some(Meaning::ProfileNotFound), .. }));
}
