//! What is written, and that it reads as what it was.

use adapty_model::time::Duration;
use adapty_model::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;
use crate::support::{christmas_eve, profile};

fn written(profile: Profile) -> Value {
    let body = ProfileResponse::from(profile).to_json().unwrap();
    serde_json::from_slice::<Value>(&body).unwrap()["data"].take()
}

/// What writing says of a profile it refuses; a plain `serde_json::to_vec` refuses it too.
#[track_caller]
fn refusal(profile: Profile) -> String {
    let response = ProfileResponse::from(profile);
    serde_json::to_vec(&response).expect_err("serde_json refuses it too");
    response.to_json().expect_err("the profile is refused").to_string()
}

proptest! {
    #[test]
    fn a_profile_that_was_written_reads_as_itself(profile in arbitrary::profile()) {
        let response = ProfileResponse::from(profile);
        let body = response.to_json().unwrap();
        prop_assert_eq!(ProfileResponse::from_json(&body).unwrap(), response.clone());
        prop_assert_eq!(serde_json::to_vec(&response).unwrap(), body);
    }

    #[test]
    fn a_profile_is_stored_without_its_envelope(profile in arbitrary::profile()) {
        let stored = profile.to_json().unwrap();
        prop_assert_eq!(Profile::from_json(&stored).unwrap(), profile.clone());
        prop_assert_eq!(serde_json::to_vec(&profile).unwrap(), stored);
    }

    #[test]
    fn an_error_that_was_written_reads_as_itself(response in arbitrary::error_response()) {
        let body = serde_json::to_vec(&response).unwrap();
        prop_assert_eq!(ErrorResponse::from_json(&body).unwrap(), response);
    }
}

#[test]
fn documented_nulls_are_spelled_out_and_the_rest_is_left_out() {
    let mut profile = profile();
    profile.access_levels.push(AccessLevel::new("premium", None));
    profile.subscriptions.push(Subscription::new("weekly", Expiry::NotStated));
    assert_eq!(
        written(profile),
        json!({
            "profile_id": "00000000-0000-0000-0000-000000000007",
            "customer_user_id": null,
            "custom_attributes": [],
            "access_levels": [{
                "access_level_id": "premium", "store_base_plan_id": null, "offer": null,
                "starts_at": null, "expires_at": null, "renewal_cancelled_at": null,
                "billing_issue_detected_at": null, "cancellation_reason": null,
            }],
            "subscriptions": [{
                "store_product_id": "weekly", "store_base_plan_id": null, "offer": null,
                "renewal_cancelled_at": null, "billing_issue_detected_at": null,
                "cancellation_reason": null,
            }],
            "non_subscriptions": [],
        })
    );
}

#[test]
fn a_subscription_that_never_ends_says_null() {
    let mut profile = profile();
    profile.subscriptions.push(Subscription::new("lifetime", Expiry::Never));
    assert_eq!(written(profile)["subscriptions"][0].get("expires_at"), Some(&Value::Null));
}

#[test]
fn a_date_has_as_many_digits_as_the_instant() {
    for (nanoseconds, fraction) in
        [(0, ""), (500_000_000, ".5"), (461_425_000, ".461425"), (1, ".000000001")]
    {
        let mut profile = profile();
        let end = christmas_eve() + Duration::nanoseconds(nanoseconds);
        profile.access_levels.push(AccessLevel::new("premium", end));
        let expected = format!("2024-12-24T10:50:23{fraction}+00:00");
        assert_eq!(written(profile)["access_levels"][0]["expires_at"], json!(expected));
    }
}

#[test]
fn an_offer_is_written_short() {
    let mut profile = profile();
    let mut level = AccessLevel::new("premium", None);
    level.offer = Some(Offer::new(OfferCategory::WinBack, OfferType::PayUpFront));
    profile.access_levels.push(level);
    assert_eq!(
        written(profile)["access_levels"][0]["offer"],
        json!({"category": "win_back", "type": "pay_up_front", "id": null})
    );
}

#[test]
fn a_revenue_that_is_not_finite_is_refused() {
    for revenue in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut profile = profile();
        profile.total_revenue_usd = Some(revenue);
        assert_eq!(
            refusal(profile),
            format!(
                "data.total_revenue_usd: {revenue} is not a finite number and has no JSON form"
            )
        );
    }
}

#[test]
fn a_year_without_four_digits_is_refused() {
    let before = christmas_eve().replace_year(-1).unwrap();
    let message = |path| format!("{path}: a date outside the years 0000 to 9999 has no text form");
    let mut levels = profile();
    levels.access_levels.push(AccessLevel::new("premium", before));
    assert_eq!(refusal(levels), message("data.access_levels[0].expires_at"));
    let mut subscriptions = profile();
    subscriptions.subscriptions.push(Subscription::new("weekly", Expiry::At(before)));
    assert_eq!(refusal(subscriptions), message("data.subscriptions[0].expires_at"));
}

#[test]
fn a_stored_profile_that_does_not_read_says_where() {
    let mut stored = written(profile());
    stored["access_levels"] = json!([{"access_level_id": "premium", "starts_at": null}]);
    let error = Profile::from_json(stored.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "access_levels[0].expires_at is missing");
    let answer = ProfileResponse::from(profile()).to_json().unwrap();
    let error = Profile::from_json(&answer).unwrap_err();
    assert_eq!(error.to_string(), "profile_id is missing");
}

#[test]
fn what_storing_drops_changes_no_answer() {
    let body = json!({"data": {
        "profile_id": "d8533a10-bcce-4e33-8c9d-88b05ac56559", "customer_user_id": null,
        "custom_attributes": {"sport": "yoga"}, "subscriptions": null, "non_subscriptions": [],
        "access_levels": {"premium": {
            "starts_at": null, "expires_at": "2025-01-10T13:34:40.500000+0200", "new": 1,
        }},
    }});
    let profile = crate::support::read(&body);
    let stored: Value = serde_json::from_slice(&profile.to_json().unwrap()).unwrap();
    assert_eq!(stored["custom_attributes"], json!([{"key": "sport", "value": "yoga"}]));
    assert_eq!(stored["subscriptions"], json!([]));
    let level = &stored["access_levels"][0];
    assert_eq!(level["expires_at"], "2025-01-10T11:34:40.5+00:00");
    assert_eq!(level.get("new"), None);
    assert_eq!(Profile::from_json(stored.to_string().as_bytes()).unwrap(), profile);
}

#[test]
fn an_error_is_written_in_the_first_form() {
    let mut response = ErrorResponse::default();
    response.errors.push(ErrorItem::new(None, vec!["Profile not found".to_owned()]));
    response.error_code = Some(error_code::PROFILE_DOES_NOT_EXIST.to_owned());
    response.status_code = Some(404);
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        crate::support::json_of("get_profile.404.openapi.profile_does_not_exist.json")
    );
}
