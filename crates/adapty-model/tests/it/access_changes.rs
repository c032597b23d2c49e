//! Revoking access, and what the documents refuse. Granting is in `operations`.

use adapty_model::{
    AnswerError, ErrorResponse, GrantAccessLevel, Meaning, Operation, Repeat, RevokeAccessLevel,
};

use crate::support::{christmas_eve, day, fixture, jane, json_of, sent, told, words};
use adapty_model::time::Duration;

fn revoke() -> RevokeAccessLevel {
    RevokeAccessLevel::new(jane(), "premium")
}

#[test]
fn a_revocation_at_once_sends_what_the_documents_print() {
    assert_eq!(sent(&revoke()), json_of("revoke_access_level.request.openapi.immediate.json"));
}

#[test]
fn a_revocation_at_a_time_sends_what_the_documents_print() {
    let end = day(2025, 1, 1) - Duration::SECOND;
    let body = json_of("revoke_access_level.request.openapi.scheduled.json");
    assert_eq!(sent(&revoke().at(end)), body);
}

#[test]
fn a_revocation_is_answered_with_the_profile() {
    let body = fixture("get_profile.200.openapi.lifetime_premium.json");
    assert_eq!(revoke().answer(200, &body).unwrap().access_levels.len(), 1);
}

#[test]
fn a_change_without_a_date_is_repeated_only_when_the_caller_says_so() {
    assert_eq!(revoke().repeat(), Repeat::OnlyIfUnseen);
    assert_eq!(revoke().at(christmas_eve()).repeat(), Repeat::NotAfter500);
    assert_eq!(revoke().repeatable().repeat(), Repeat::NotAfter500);
    let grant = GrantAccessLevel::new(jane(), "premium");
    assert_eq!(grant.clone().repeat(), Repeat::OnlyIfUnseen);
    assert_eq!(grant.repeatable().repeat(), Repeat::NotAfter500);
}

#[test]
fn a_change_of_a_level_that_is_not_named_breaks_a_rule() {
    let rule = "access_level_id: must not be empty";
    assert_eq!(told(GrantAccessLevel::new(jane(), "").validate()), rule);
    assert_eq!(told(RevokeAccessLevel::new(jane(), "").validate()), rule);
    assert_eq!(told(GrantAccessLevel::new(jane(), "premium").validate()), "");
    assert_eq!(told(revoke().validate()), "");
}

#[test]
fn whether_it_may_be_repeated_is_no_part_of_the_body() {
    assert_eq!(sent(&revoke().repeatable()), sent(&revoke()));
    let grant = GrantAccessLevel::new(jane(), "premium");
    assert_eq!(sent(&grant.clone().repeatable()), sent(&grant));
}

#[test]
fn a_revocation_until_no_year_of_four_digits_is_refused_by_its_path() {
    let error = revoke().at(christmas_eve().replace_year(-1).unwrap()).body().unwrap_err();
    assert_eq!(error.path(), "revoke_at");
}

#[test]
fn a_profile_without_the_level_is_told_as_a_level_not_found() {
    let body =
        fixture("revoke_access_level.400.fragment.profile_paid_access_level_does_not_exist.json");
    let error = revoke().answer(400, &body).unwrap_err();
    assert!(matches!(
        error,
        AnswerError::Refused { meaning: Some(Meaning::AccessLevelNotFound), .. }
    ));
}

#[test]
fn a_date_that_will_not_do_is_refused_in_words() {
    let late =
        json_of("revoke_access_level.400.fragment.revocation_date_more_than_expiration_date.json");
    assert!(words(&late).starts_with("Revocation date (2029-08-29 09:33:42+00:00) is more than"));
    let past = fixture("revoke_access_level.400.fragment.value_error.json");
    let past = ErrorResponse::from_json(&past).unwrap();
    assert_eq!(past.errors[0].source, None);
    assert_eq!(past.errors[0].errors, ["Must be greater than the current time or null"]);
}
