//! Known words, unknown words, and what is no word.

use adapty_model::{CancellationReason, Environment, OfferCategory, OfferType, Store};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::support::{level, refusal, with};

/// The word is known, and reads and writes as itself.
#[track_caller]
fn known<T>(word: &str, value: &T)
where
    T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug + std::fmt::Display,
{
    assert_eq!(&serde_json::from_value::<T>(json!(word)).unwrap(), value);
    assert_eq!(serde_json::to_value(value).unwrap(), json!(word));
    assert_eq!(value.to_string(), word);
}

#[test]
fn every_documented_word_is_known() {
    known("app_store", &Store::AppStore);
    known("play_store", &Store::PlayStore);
    known("stripe", &Store::Stripe);
    known("paddle", &Store::Paddle);
    known("adapty", &Store::Adapty);
    known("Production", &Environment::Production);
    known("Sandbox", &Environment::Sandbox);
    known("introductory", &OfferCategory::Introductory);
    known("promotional", &OfferCategory::Promotional);
    known("offer_code", &OfferCategory::OfferCode);
    known("win_back", &OfferCategory::WinBack);
    known("retention", &OfferCategory::Retention);
    known("free_trial", &OfferType::FreeTrial);
    known("pay_as_you_go", &OfferType::PayAsYouGo);
    known("pay_up_front", &OfferType::PayUpFront);
    known("unknown", &OfferType::Unknown);
}

#[test]
fn every_documented_reason_is_known() {
    known("voluntarily_cancelled", &CancellationReason::VoluntarilyCancelled);
    known("billing_error", &CancellationReason::BillingError);
    known("price_increase", &CancellationReason::PriceIncrease);
    known("product_was_not_available", &CancellationReason::ProductWasNotAvailable);
    known("refund", &CancellationReason::Refund);
    known("upgraded", &CancellationReason::Upgraded);
    known("unknown", &CancellationReason::Unknown);
    known("cancelled_by_developer", &CancellationReason::CancelledByDeveloper);
    known("new_subscription_replace", &CancellationReason::NewSubscriptionReplace);
    known("adapty_revoked", &CancellationReason::AdaptyRevoked);
}

#[test]
fn a_known_word_is_its_variant_and_not_another_word() {
    assert!(matches!(Store::from("app_store"), Store::AppStore));
    assert!(
        matches!(Store::from("App_Store".to_owned()), Store::Custom(word) if word == "App_Store")
    );
    assert_eq!(Store::Custom("app_store".to_owned()), Store::AppStore);
}

#[test]
fn a_word_is_as_good_as_its_text() {
    let store: Store = "stripe".parse().unwrap();
    assert_eq!(store, "stripe");
    assert_eq!("stripe", store);
    assert_eq!(store, *"stripe");
    assert_eq!(*"stripe", store);
    assert!(store != "Stripe" && "paddle" != store);
    let text: &str = store.as_ref();
    assert_eq!(text, "stripe");
    assert_eq!("own".parse::<Store>(), Ok(Store::Custom("own".to_owned())));
    assert!(Environment::Sandbox == "Sandbox" && CancellationReason::Refund == "refund");
    assert!(OfferType::FreeTrial == "free_trial" && OfferCategory::WinBack == "win_back");
}

#[test]
fn a_word_can_be_padded() {
    assert_eq!(format!("{:>8}|{:<8}", Store::Stripe, Store::from("own")), "  stripe|own     ");
}

#[test]
fn a_word_of_another_type_is_an_error() {
    let row = json!([{"access_level_id": "p", "starts_at": null, "expires_at": null, "store": 7}]);
    assert_eq!(
        refusal(&with("access_levels", row)).to_string(),
        "data.access_levels[0].store: expected a store, found a number"
    );
}

proptest! {
    #[test]
    fn unknown_words_survive(word: String) {
        known(&word, &Store::from(word.as_str()));
        known(&word, &Environment::from(word.as_str()));
        known(&word, &CancellationReason::from(word.as_str()));
        known(&word, &OfferCategory::from(word.as_str()));
        known(&word, &OfferType::from(word.as_str()));
        let row = json!({"access_level_id": "p", "starts_at": null, "expires_at": null, "store": word});
        prop_assert_eq!(level(row).store, Some(Store::from(word)));
    }
}
