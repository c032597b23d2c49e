//! The rules that hold for purchases of both kinds, in the documents' words.

use time::OffsetDateTime;

use super::price::Price;
use crate::profile::{CancellationReason, Offer, OfferCategory, OfferType};
use crate::validation::{TWO_LETTERS, Violations, has_two_letters, is_within};

pub(super) fn check_id(transaction: &str, violations: &mut Violations) {
    let rule = "at most 50 characters";
    violations.require(is_within(transaction, 50), "store_transaction_id", rule);
}

pub(super) fn check_price(
    price: &Price,
    is_family_shared: bool,
    offer: Option<&Offer>,
    violations: &mut Violations,
) {
    let is_free = price.value == 0.0;
    let rule = "If is_family_shared is true, price.value must be 0";
    violations.require(!is_family_shared || is_free, "is_family_shared", rule);
    let is_trial = offer.is_some_and(is_free_trial);
    let rule = "If offer_type is 'free_trial', price.value must be 0";
    violations.require(!is_trial || is_free, "offer.type", rule);
    violations.require(has_two_letters(&price.country), "price.country", TWO_LETTERS);
    let is_currency =
        price.currency.len() == 3 && price.currency.bytes().all(|it| it.is_ascii_alphabetic());
    violations.require(is_currency, "price.currency", "must be a currency code of three letters");
}

pub(super) fn is_free_trial(offer: &Offer) -> bool {
    offer.r#type == Some(OfferType::FreeTrial)
}

pub(super) fn check_offer(offer: Option<&Offer>, violations: &mut Violations) {
    let Some(offer) = offer else { return };
    violations.require(offer.category.is_some(), "offer.category", "must be specified");
    violations.require(offer.r#type.is_some(), "offer.type", "must be specified");
    let needs_none = offer.category == Some(OfferCategory::Introductory);
    let rule = "offer_id must be specified for all offer types except 'introductory'";
    violations.require(offer.id.is_some() || needs_none, "offer.id", rule);
}

pub(super) fn check_refund(
    refunded_at: Option<OffsetDateTime>,
    purchased_at: OffsetDateTime,
    reason: Option<&CancellationReason>,
    violations: &mut Violations,
) {
    let is_later = refunded_at.is_none_or(|refunded_at| refunded_at > purchased_at);
    let rule = "refunded_at must be later than purchased_at";
    violations.require(is_later, "refunded_at", rule);
    let is_refund = reason == Some(&CancellationReason::Refund);
    let rule = "refunded_at and cancellation_reason=refund must be specified together";
    violations.require(is_refund == refunded_at.is_some(), "refunded_at", rule);
}
