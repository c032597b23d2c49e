//! Both spellings of an offer, in both places.

use adapty_model::{Offer, OfferCategory, OfferType};
use serde_json::{Value, json};

use crate::support::{level, read, refusal, with};

fn offer(offer: Value) -> Offer {
    level(json!({"access_level_id": "p", "starts_at": null, "expires_at": null, "offer": offer}))
        .offer
        .unwrap()
}

fn introductory() -> Offer {
    let mut offer = Offer::new(OfferCategory::Introductory, OfferType::FreeTrial);
    offer.id = Some("offer12".to_owned());
    offer
}

#[test]
fn both_spellings_read_in_both_places() {
    for spelling in [
        json!({"category": "introductory", "type": "free_trial", "id": "offer12"}),
        json!({"offer_category": "introductory", "offer_type": "free_trial", "offer_id": "offer12"}),
        json!({"category": "introductory", "offer_type": "free_trial", "offer_id": "offer12"}),
    ] {
        assert_eq!(offer(spelling.clone()), introductory());
        let rows = json!([{"store_product_id": "weekly", "offer": spelling}]);
        let subscription = read(&with("subscriptions", rows)).subscriptions.remove(0);
        assert_eq!(subscription.offer, Some(introductory()));
    }
}

#[test]
fn the_short_spelling_wins_whatever_the_order() {
    for body in [r#"{"id": "short", "offer_id": "long"}"#, r#"{"offer_id": "long", "id": "short"}"#]
    {
        let body = with(
            "access_levels",
            json!([{"access_level_id": "p", "starts_at": null, "expires_at": null, "offer": "here"}]),
        )
        .to_string()
        .replace("\"here\"", body);
        let data = adapty_model::ProfileResponse::from_json(body.as_bytes()).unwrap().data;
        assert_eq!(data.access_levels[0].offer.as_ref().unwrap().id.as_deref(), Some("short"));
    }
}

#[test]
fn a_spelling_that_states_nothing_does_not_win() {
    assert_eq!(offer(json!({"id": null, "offer_id": "long"})).id.as_deref(), Some("long"));
}

#[test]
fn an_offer_may_lack_any_member() {
    assert_eq!(offer(json!({"type": "free_trial"})).category, None);
    assert_eq!(offer(json!({"new": 1})).r#type, None);
}

#[test]
fn an_offer_that_is_no_object_is_an_error() {
    let row = json!([{"access_level_id": "p", "starts_at": null, "expires_at": null, "offer": "introductory"}]);
    assert_eq!(
        refusal(&with("access_levels", row)).to_string(),
        "data.access_levels[0].offer: expected an offer object, found a string"
    );
}
