//! Purchases of both kinds: what set transaction is told, and the rules that can be checked before.

use adapty_model::time::{Duration, OffsetDateTime};
use adapty_model::{
    CancellationReason, Environment, Offer, OfferCategory, OfferType, OneTimePurchase, Operation,
    Price, Repeat, SetTransaction, SubscriptionPurchase, Transaction,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;
use crate::support::{day, fixture, jane, json_of, sent, told, words};

const TRANSACTION: &str = "1000000123456789";

fn bought() -> OffsetDateTime {
    day(2024, 1, 15) + Duration::minutes(630)
}

fn price(value: f64) -> Price {
    Price::new("US", "USD", value)
}

fn trial() -> Offer {
    Offer::new(OfferCategory::Introductory, OfferType::FreeTrial)
}

/// The documents' one-time purchase, with something changed.
fn purchase_with(change: impl FnOnce(&mut OneTimePurchase)) -> Transaction {
    let mut it =
        OneTimePurchase::new("app_store", "premium_lifetime", TRANSACTION, price(9.99), bought());
    it.environment = Some(Environment::Production);
    it.variation_id = Some("variation_123".to_owned());
    change(&mut it);
    it.into()
}

/// The documents' subscription without its offer, with something changed.
fn subscription_with(change: impl FnOnce(&mut SubscriptionPurchase)) -> Transaction {
    let end = bought() + Duration::days(31);
    let mut it = SubscriptionPurchase::new(
        "app_store",
        "premium_monthly",
        TRANSACTION,
        price(4.99),
        bought(),
        end,
        true,
    );
    it.environment = Some(Environment::Production);
    it.variation_id = Some("variation_123".to_owned());
    change(&mut it);
    it.into()
}

#[track_caller]
fn read(body: &Value) -> Transaction {
    let read = Transaction::from_json(body.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::from_value::<Transaction>(body.clone()).unwrap(), read);
    read
}

/// What reading says of a body; a plain reading has to refuse it as well.
#[track_caller]
fn refused(body: &Value) -> String {
    serde_json::from_value::<Transaction>(body.clone()).unwrap_err();
    Transaction::from_json(body.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_one_time_purchase_is_sent_as_the_documents_print_it() {
    let body = json_of("set_transaction.request.openapi.one_time_purchase.json");
    let purchase = purchase_with(|_| ());
    assert_eq!(sent(&SetTransaction::new(jane(), purchase.clone())), body);
    assert_eq!(read(&body), purchase);
    assert_eq!(told(purchase.validate()), "");
}

#[test]
fn a_subscription_is_sent_as_the_documents_print_it() {
    let body = json_of("set_transaction.request.openapi.subscription.json");
    let purchase = subscription_with(|it| {
        let mut offer = trial();
        offer.id = Some("trial_offer_123".to_owned());
        it.offer = Some(offer);
    });
    assert_eq!(sent(&SetTransaction::new(jane(), purchase.clone())), body);
    assert_eq!(read(&body), purchase);
}

#[test]
fn the_documented_subscription_breaks_a_rule_of_the_documents() {
    let body = json_of("set_transaction.request.openapi.subscription.json");
    let operation = SetTransaction::new(jane(), read(&body));
    assert_eq!(
        told(operation.validate()),
        "offer.type: If offer_type is 'free_trial', price.value must be 0"
    );
    assert!(operation.request().is_ok(), "and is sent all the same");
}

#[test]
fn a_transaction_is_answered_with_the_profile_and_may_be_repeated() {
    let body = fixture("set_transaction.200.openapi.subscription_row_looks_like_a_purchase.json");
    let operation = SetTransaction::new(jane(), purchase_with(|_| ()));
    assert_eq!(operation.answer(200, &body).unwrap().subscriptions.len(), 1);
    assert_eq!(operation.repeat(), Repeat::NotAfter500);
}

#[test]
fn a_renewal_names_the_first_transaction_of_its_chain() {
    let renewal = subscription_with(|it| *it = it.clone().renewal_of("1", day(2023, 1, 1)));
    let body = sent(&SetTransaction::new(jane(), renewal.clone()));
    assert_eq!(body["store_original_transaction_id"], "1");
    assert_eq!(body["store_transaction_id"], TRANSACTION);
    assert_eq!(body["originally_purchased_at"], "2023-01-01T00:00:00Z");
    assert_eq!(told(renewal.validate()), "");
}

#[test]
fn no_renewal_and_a_price_of_nothing_are_sent() {
    let purchase = subscription_with(|it| {
        it.renew_status = false;
        it.price.value = 0.0;
        it.offer = Some(trial());
    });
    let body = sent(&SetTransaction::new(jane(), purchase.clone()));
    assert_eq!((&body["renew_status"], &body["price"]["value"]), (&json!(false), &json!(0.0)));
    assert_eq!(told(purchase.validate()), "");
}

#[test]
fn a_refund_has_its_date_and_its_reason() {
    let later = bought() + Duration::DAY;
    let refunds = [
        purchase_with(|it| *it = it.clone().refunded(later)),
        subscription_with(|it| *it = it.clone().refunded(later)),
    ];
    for refund in refunds {
        let body = sent(&SetTransaction::new(jane(), refund.clone()));
        assert_eq!(body["refunded_at"], "2024-01-16T10:30:00Z");
        assert_eq!(body["cancellation_reason"], "refund");
        assert_eq!(told(refund.validate()), "");
    }
}

#[test]
fn a_price_that_is_no_number_cannot_be_written() {
    let purchase = purchase_with(|it| it.price.value = f64::NAN);
    let error = SetTransaction::new(jane(), purchase).body().unwrap_err();
    assert_eq!(error.to_string(), "price.value: NaN is not a finite number and has no JSON form");
}

#[test]
fn what_a_subscription_requires_is_missed_by_name_and_a_purchase_needs_none_of_it() {
    for key in ["originally_purchased_at", "expires_at", "renew_status"] {
        let mut body = json_of("set_transaction.request.openapi.subscription.json");
        body[key] = json!(null);
        assert_eq!(refused(&body), format!("{key} is missing"));
    }
    let body = json_of("set_transaction.request.openapi.one_time_purchase.json");
    assert!(matches!(read(&body), Transaction::OneTimePurchase(_)));
}

#[test]
fn a_purchase_of_no_known_kind_is_refused() {
    let mut body = json_of("set_transaction.request.openapi.subscription.json");
    body["purchase_type"] = json!("PRODUCT_PERIOD");
    assert_eq!(
        refused(&body),
        "purchase_type: expected one_time_purchase or subscription, \
         found the string \"PRODUCT_PERIOD\""
    );
    assert_eq!(refused(&json!([])), "the body: expected a transaction object, found an array");
}

#[test]
fn what_does_not_read_is_named_by_its_path() {
    let with = |path, value| {
        let mut body = json_of("set_transaction.request.openapi.subscription.json");
        *body.pointer_mut(path).unwrap() = value;
        refused(&body)
    };
    assert_eq!(
        with("/price/value", json!("4.99")),
        "price.value: expected a number, found a string"
    );
    assert_eq!(
        with("/expires_at", json!("soon")),
        "expires_at: expected a date with time and zone, found the string \"soon\""
    );
    assert_eq!(with("/price", json!({"country": "US", "value": 1})), "price.currency is missing");
}

#[test]
fn billing_issue_detected_at_date_comparison_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.billing_issue_detected_at = Some(bought()));
    let words = words(&json_of(
        "set_transaction.400.fragment.billing_issue_detected_at_date_comparison_error.json",
    ));
    assert_eq!(told(broken.validate()), format!("billing_issue_detected_at: {words}"));
}

#[test]
fn expires_date_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.expires_at = bought());
    let words = words(&json_of("set_transaction.400.fragment.expires_date_error.json"));
    assert_eq!(told(broken.validate()), format!("expires_at: {words}"));
}

#[test]
fn family_share_price_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.is_family_shared = true);
    let words = words(&json_of("set_transaction.400.fragment.family_share_price_error.json"));
    assert_eq!(told(broken.validate()), format!("is_family_shared: {words}"));
}

#[test]
fn free_trial_price_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.offer = Some(trial()));
    let words = words(&json_of("set_transaction.400.fragment.free_trial_price_error.json"));
    assert_eq!(told(broken.validate()), format!("offer.type: {words}"));
}

#[test]
fn grace_period_billing_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.grace_period_expires_at = Some(it.expires_at));
    let words = words(&json_of("set_transaction.400.fragment.grace_period_billing_error.json"));
    assert_eq!(told(broken.validate()), format!("grace_period_expires_at: {words}"));
}

#[test]
fn grace_period_expires_date_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| {
        it.billing_issue_detected_at = Some(day(2024, 1, 20));
        it.grace_period_expires_at = Some(day(2024, 2, 1));
    });
    let words =
        words(&json_of("set_transaction.400.fragment.grace_period_expires_date_error.json"));
    assert_eq!(told(broken.validate()), format!("grace_period_expires_at: {words}"));
}

#[test]
fn missing_offer_id_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| {
        it.offer = Some(Offer::new(OfferCategory::Promotional, OfferType::PayAsYouGo));
    });
    let words = words(&json_of("set_transaction.400.fragment.missing_offer_id.json"));
    assert_eq!(told(broken.validate()), format!("offer.id: {words}"));
}

#[test]
fn originally_purchased_date_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.originally_purchased_at = day(2024, 1, 16));
    let words =
        words(&json_of("set_transaction.400.fragment.originally_purchased_date_error.json"));
    assert_eq!(told(broken.validate()), format!("originally_purchased_at: {words}"));
}

#[test]
fn refund_date_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| *it = it.clone().refunded(bought()));
    let words = words(&json_of("set_transaction.400.fragment.refund_date_error.json"));
    assert_eq!(told(broken.validate()), format!("refunded_at: {words}"));
}

#[test]
fn refund_fields_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.cancellation_reason = Some(CancellationReason::Refund));
    let words = words(&json_of("set_transaction.400.fragment.refund_fields_error.json"));
    assert_eq!(told(broken.validate()), format!("refunded_at: {words}"));
}

#[test]
fn renew_status_changed_date_error_is_told_in_the_documents_words() {
    let broken = subscription_with(|it| it.renew_status_changed_at = Some(bought()));
    let words =
        words(&json_of("set_transaction.400.fragment.renew_status_changed_date_error.json"));
    assert_eq!(told(broken.validate()), format!("renew_status_changed_at: {words}"));
}

#[test]
fn one_time_purchase_trial_error_is_told_in_the_documents_words() {
    let broken = purchase_with(|it| {
        it.price.value = 0.0;
        it.offer = Some(trial());
    });
    let words = words(&json_of("set_transaction.400.fragment.one_time_purchase_trial_error.json"));
    assert_eq!(told(broken.validate()), format!("offer.type: {words}"));
}

#[test]
fn store_transaction_id_error_is_told_in_the_documents_words() {
    let broken = purchase_with(|it| it.store_original_transaction_id = "2".to_owned());
    let words = words(&json_of("set_transaction.400.fragment.store_transaction_id_error.json"));
    assert_eq!(told(broken.validate()), format!("store_transaction_id: {words}"));
}

#[test]
fn the_rules_of_both_kinds_hold_for_a_one_time_purchase_too() {
    let broken = purchase_with(|it| {
        it.is_family_shared = true;
        it.offer = Some(Offer::new(OfferCategory::WinBack, OfferType::PayUpFront));
        it.refunded_at = Some(it.purchased_at);
    });
    assert_eq!(
        told(SetTransaction::new(jane(), broken).validate()),
        "is_family_shared: If is_family_shared is true, price.value must be 0; \
         offer.id: offer_id must be specified for all offer types except 'introductory'; \
         refunded_at: refunded_at must be later than purchased_at; \
         refunded_at: refunded_at and cancellation_reason=refund must be specified together"
    );
}

#[test]
fn an_id_of_a_transaction_has_at_most_50_characters_and_that_of_its_chain_any() {
    let ids = |count| {
        subscription_with(|it| {
            it.store_transaction_id = "é".repeat(count);
            it.store_original_transaction_id = "é".repeat(99);
        })
    };
    assert_eq!(told(ids(50).validate()), "");
    assert_eq!(told(ids(51).validate()), "store_transaction_id: at most 50 characters");
}

#[test]
fn a_country_a_currency_and_an_offer_have_their_form() {
    let broken = purchase_with(|it| {
        it.price = Price::new("USA", "US$", 9.99);
        let mut offer = trial();
        (offer.category, offer.r#type, offer.id) = (None, None, Some("id".to_owned()));
        it.offer = Some(offer);
    });
    assert_eq!(
        told(broken.validate()),
        "price.country: must be a country code of two letters; \
         price.currency: must be a currency code of three letters; \
         offer.category: must be specified; offer.type: must be specified"
    );
}

#[test]
fn each_violation_can_be_asked_for_its_place_and_its_rule() {
    let error = subscription_with(|it| it.expires_at = bought()).validate().unwrap_err();
    let [violation] = error.violations() else { panic!("{error}") };
    assert_eq!(violation.path(), "expires_at");
    assert_eq!(violation.rule(), "expires_at must be later than purchased_at");
}

proptest! {
    #[test]
    fn a_transaction_reads_back_as_it_was(transaction in arbitrary::transaction()) {
        prop_assert_eq!(read(&sent(&SetTransaction::new(jane(), transaction.clone()))), transaction);
    }

    #[test]
    fn unknown_fields_of_a_transaction_are_passed_over(key in "x_[a-z]{1,8}") {
        let mut body = json_of("set_transaction.request.openapi.one_time_purchase.json");
        body[&key] = json!({"a": [1]});
        body["price"][&key] = json!(null);
        prop_assert_eq!(read(&body), purchase_with(|_| ()));
    }
}
