//! Events of webhooks: the documents' own, the access they tell, and what damage does to them.

use adapty_model::time::{Duration, OffsetDateTime};
use adapty_model::uuid::Uuid;
use adapty_model::{
    AccessLevel, AccessLevelUpdated, AttributeValue, Attribution, CancellationReason, Delivery,
    Environment, Event, EventProperties, EventType, OfferCategory, OfferType,
    PlayStorePurchaseToken, Profile, PurchaseProperties, Store, authorization_matches,
};
use proptest::option::of;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::arbitrary::{access_level, date, word};
use crate::support::{EVENTS, fixture, json_of};

#[track_caller]
fn read(body: &Value) -> Event {
    Event::from_json(body.to_string().as_bytes()).expect("the event reads")
}

#[track_caller]
fn refusal(body: &Value) -> String {
    Event::from_json(body.to_string().as_bytes()).expect_err("the event is refused").to_string()
}

/// No document prints one: made of the page's table of fields.
fn updated() -> Value {
    json!({
        "profile_id": "d8533a10-bcce-4e33-8c9d-88b05ac56559",
        "customer_user_id": "jane",
        "event_type": "access_level_updated",
        "event_datetime": "2024-11-15T10:45:36.181000+0000",
        "event_properties": {
            "access_level_id": "premium", "is_active": true, "is_lifetime": false,
            "is_in_grace_period": false, "is_refund": false, "will_renew": true,
            "activated_at": "2024-11-15T10:45:36.181000+0000",
            "starts_at": null, "expires_at": "2024-12-15T10:45:36.181000+0000",
            "renewed_at": null, "billing_issue_detected_at": null,
            "purchase_date": "2024-11-15T10:45:36.181000+0000",
            "original_purchase_date": "2024-10-15T10:45:36.181000+0000",
            "store": "app_store", "vendor_product_id": "weekly", "base_plan_id": null,
            "transaction_id": "2", "original_transaction_id": "1", "environment": "Sandbox",
            "cancellation_reason": null, "active_introductory_offer_type": "free_trial",
            "profile_event_id": "7a5f9a7d-e236-33e6-96d8-53a3c59c5562",
        },
        "event_api_version": 1,
    })
}

#[test]
fn the_documents_events_read() {
    let started =
        Event::from_json(&fixture("webhook.event.webhook-page.subscription_started.json")).unwrap();
    assert_eq!(started.event_type, EventType::SubscriptionStarted);
    assert_eq!(started.customer_user_id.as_deref(), Some("UserIdInYourSystem"));
    assert_eq!(started.event_datetime.unix_timestamp(), 949_276_800);
    assert_eq!((started.event_api_version, started.access_level()), (Some(1), None));
    let purchase = started.event_properties.purchase().unwrap();
    assert_eq!((purchase.price_usd, purchase.proceeds_usd), (Some(4.99), Some(4.2315)));
    assert_eq!((purchase.proceeds_local, purchase.discount_amount_usd), (Some(4.2415), Some(0.0)));
    assert_eq!(purchase.store, Some(Store::PlayStore));
    assert_eq!(purchase.paywall_revision, Some("1".into()));
    assert_eq!(purchase.ab_test_revision, Some(1.into()));
    assert_eq!(
        (purchase.profile_has_access_level, purchase.consecutive_payments),
        (Some(true), Some(1))
    );
    assert_eq!(started.profiles_sharing_access_level.as_ref().map(Vec::len), Some(1));
    let attribution = &started.attributions.as_ref().unwrap()["appsflyer"];
    assert_eq!(
        (attribution.channel.as_deref(), &attribution.ad_group),
        (Some("Google Ads"), &None)
    );
    assert_eq!(started.user_attributes.as_ref().unwrap()["Pet_name"], "Fluffy".into());
    assert_eq!(started.integration_ids.as_ref().unwrap()["branch_id"].as_deref(), Some("val2"));
    assert_eq!(started.play_store_purchase_token.unwrap().is_subscription, Some(true));
    let bought =
        Event::from_json(&fixture("webhook.event.webhook-page.non_subscription_purchase.json"))
            .unwrap();
    assert_eq!(bought.event_type, EventType::NonSubscriptionPurchase);
    let purchase = bought.event_properties.purchase().unwrap();
    assert_eq!(purchase.vendor_product_id.as_deref(), Some("100coins"));
    assert_eq!((purchase.subscription_expires_at, purchase.tax_amount_local), (None, Some(0.0)));
}

/// Whether all that a document states is still there.
fn states_all_of(written: &Value, document: &Value) -> bool {
    match (written, document) {
        (Value::Object(written), Value::Object(document)) => {
            document.iter().all(|(key, value)| match written.get(key) {
                Some(same) => states_all_of(same, value),
                None => value.is_null(),
            })
        }
        (Value::Array(written), Value::Array(document)) => {
            written.iter().zip(document).all(|(written, document)| states_all_of(written, document))
        }
        (Value::Number(written), Value::Number(document)) => written.as_f64() == document.as_f64(),
        // A date may be spelled otherwise.
        (Value::String(written), Value::String(document)) if document.ends_with("+0000") => {
            written[..19] == document[..19]
        }
        (written, document) => written == document,
    }
}

#[test]
fn every_field_of_the_documents_events_is_kept() {
    for document in EVENTS.map(json_of).into_iter().chain([updated()]) {
        let written = read(&document).to_json().unwrap();
        let written: Value = serde_json::from_slice(&written).unwrap();
        assert!(states_all_of(&written, &document), "{written}\n{document}");
    }
}

#[test]
fn an_empty_object_is_the_verification_and_nothing_else_is() {
    for body in ["{}", " {\n}\r\n"] {
        assert_eq!(Delivery::from_json(body.as_bytes()).unwrap(), Delivery::Verification);
    }
    let event = Delivery::from_json(updated().to_string().as_bytes()).unwrap();
    assert_eq!(event, Delivery::Event(Box::new(read(&updated()))));
    for (body, message) in [
        ("", "the body is not JSON: EOF while parsing a value at line 1 column 0"),
        ("[]", "the body: expected an event object, found an array"),
        ("null", "the body: expected an event object, found null"),
        (r#"{"a": 1}"#, "profile_id is missing"),
    ] {
        assert_eq!(
            Delivery::from_json(body.as_bytes()).unwrap_err().to_string(),
            message,
            "{body}"
        );
    }
}

#[test]
fn an_event_tells_the_access_a_profile_has() {
    let event = read(&updated());
    let level = event.access_level().unwrap();
    let end =
        OffsetDateTime::from_unix_timestamp(1_734_259_536).unwrap() + Duration::milliseconds(181);
    let mut expected = AccessLevel::new("premium", end);
    expected.store = Some(Store::AppStore);
    expected.store_product_id = Some("weekly".to_owned());
    expected.store_transaction_id = Some("2".to_owned());
    expected.store_original_transaction_id = Some("1".to_owned());
    expected.environment = Some(Environment::Sandbox);
    expected.purchased_at = Some(end - Duration::days(30));
    expected.originally_purchased_at = Some(end - Duration::days(61));
    expected.is_in_grace_period = Some(false);
    expected.offer =
        Some(adapty_model::Offer::new(OfferCategory::Introductory, OfferType::FreeTrial));
    assert_eq!(level, expected);
    let mut profile = Profile::new(event.profile_id);
    profile.access_levels.push(level);
    let line = "premium: granted until 2024-12-15 10:45:36 UTC";
    assert_eq!(profile.access("premium", end - Duration::SECOND).to_string(), line);
}

#[test]
fn a_refund_is_a_reason_also_where_the_event_gives_none() {
    let mut body = updated();
    body["event_properties"]["is_refund"] = json!(true);
    let reason = |body: &Value| read(body).access_level().unwrap().cancellation_reason;
    assert_eq!(reason(&body), Some(CancellationReason::Refund));
    body["event_properties"]["cancellation_reason"] = json!("upgraded");
    assert_eq!(reason(&body), Some(CancellationReason::Upgraded));
}

#[test]
fn access_that_is_not_stated_is_none() {
    for field in ["starts_at", "expires_at"] {
        let mut body = updated();
        body["event_properties"].as_object_mut().unwrap().remove(field);
        assert_eq!(refusal(&body), format!("event_properties.{field} is missing"));
    }
    let mut body = updated();
    body["event_properties"]["expires_at"] = json!(null);
    assert_eq!(read(&body).access_level(), None, "it says that it is not for life");
    body["event_properties"]["is_lifetime"] = json!(true);
    assert!(read(&body).access_level().unwrap().is_lifetime());
    for (field, says) in [("is_refund", true), ("is_active", false)] {
        let mut body = body.clone();
        body["event_properties"][field] = json!(says);
        assert_eq!(read(&body).access_level(), None, "{field} is {says}");
    }
    body["event_properties"]["is_active"] = json!(false);
    body["event_properties"]["starts_at"] = json!("2024-12-01T00:00:00.000000+0000");
    assert!(read(&body).access_level().is_some(), "it begins later");
}

#[test]
fn an_event_of_a_purchase_tells_no_access_level_whatever_it_has() {
    let mut body = updated();
    body["event_type"] = json!("subscription_started");
    assert_eq!(read(&body).access_level(), None);
}

#[test]
fn an_event_of_a_purchase_reads_whatever_it_says_of_an_access_level() {
    let plain = json_of("webhook.event.webhook-page.subscription_started.json");
    for field in ["access_level_id", "starts_at", "expires_at"] {
        let mut body = plain.clone();
        body["event_properties"][field] = json!("2024-11-15T10:45:36.181000+0000");
        assert_eq!(read(&body), read(&plain), "{field}");
        body["event_properties"]["access_level_id"] = json!("premium");
        assert_eq!(read(&body), read(&plain), "{field} of a level");
    }
}

#[test]
fn an_event_of_another_name_with_half_an_access_level_is_refused() {
    let mut body = updated();
    body["event_type"] = json!("Access changed");
    body["event_properties"].as_object_mut().unwrap().remove("expires_at");
    assert_eq!(refusal(&body), "event_properties.expires_at is missing");
    let alone = serde_json::from_value::<EventProperties>(body["event_properties"].take());
    assert_eq!(alone.unwrap_err().to_string(), "missing field `expires_at`");
}

#[test]
fn an_event_by_another_name_is_told_by_its_properties() {
    let mut body = updated();
    body["event_type"] = json!("Access changed");
    let event = read(&body);
    assert_eq!(event.event_type, EventType::Other("Access changed".to_owned()));
    assert_eq!(event.access_level().unwrap().access_level_id, "premium");
}

#[test]
fn an_event_says_where_it_does_not_read_and_shows_no_id() {
    for required in ["profile_id", "event_type", "event_datetime", "event_properties"] {
        let mut body = updated();
        body.as_object_mut().unwrap().remove(required);
        assert_eq!(refusal(&body), format!("{required} is missing"));
    }
    let mut body = updated();
    body["event_properties"]["expires_at"] = json!("soon");
    assert_eq!(
        refusal(&body),
        "event_properties.expires_at: expected a date with time and zone, found the string \"soon\""
    );
    for field in ["profile_id", "customer_user_id", "email", "idfa"] {
        let mut body = updated();
        body[field] = json!({"hidden-7391": "hidden-7391"});
        assert!(!refusal(&body).contains("7391"), "{}", refusal(&body));
    }
    let mut body = updated();
    body["user_attributes"] = json!({"hidden": ["hidden"]});
    let message =
        "user_attributes[0]: expected a string, a number, true, false or null, found an array";
    assert_eq!(refusal(&body), message);
}

#[test]
fn an_unknown_member_of_an_event_changes_nothing() {
    let mut body = updated();
    body["new"] = json!({"expires_at": null});
    body["event_properties"]["new"] = json!([1]);
    assert_eq!(read(&body), read(&updated()));
}

#[test]
fn two_deliveries_have_one_key_and_two_events_have_two() {
    let key = |change: &dyn Fn(&mut Value)| {
        let mut body = updated();
        change(&mut body);
        read(&body).key()
    };
    let same = key(&|_| {});
    assert_eq!(
        same,
        r#"[["d8533a10-bcce-4e33-8c9d-88b05ac56559","access_level_updated"],"premium","7a5f9a7d-e236-33e6-96d8-53a3c59c5562"]"#
    );
    assert_eq!(key(&|body| body["new"] = json!(1)), same);
    let nil = json!(Uuid::nil().to_string());
    let without = |change: &dyn Fn(&mut Value)| {
        key(&|body| {
            body["event_properties"]["profile_event_id"] = nil.clone();
            change(body);
        })
    };
    let keys = [
        same,
        key(&|body| body["event_properties"]["access_level_id"] = json!("gold")),
        key(&|body| body["event_type"] = json!("trial_started")),
        key(&|body| body["profile_id"] = nil.clone()),
        without(&|_| {}),
        without(&|body| body["event_properties"]["transaction_id"] = json!("3")),
        without(&|body| body["event_datetime"] = json!("2024-11-15T10:45:36.182Z")),
    ];
    let different: std::collections::HashSet<&String> = keys.iter().collect();
    assert_eq!(different.len(), keys.len());
    assert!(keys.iter().all(|key| !key.contains("jane")));
}

#[test]
fn an_authorization_is_the_configured_text_exactly() {
    assert!(authorization_matches("Bearer 7391", b"Bearer 7391"));
    for other in ["", "Bearer 739", "Bearer 73911", "bearer 7391", "Bearer 7390", "Xearer 7391"] {
        assert!(!authorization_matches("Bearer 7391", other), "{other}");
    }
    assert!(!authorization_matches("", ""));
}

/// What the event grants of `premium`, tried around every date of both events.
fn grants(event: &Event, at: OffsetDateTime) -> bool {
    let level = event.access_level().filter(|level| level.access_level_id == "premium");
    level.is_some_and(|level| level.is_active(at))
}

/// Whether one event grants at an instant at which the other does not.
fn gains(before: &Event, now: &Event) -> bool {
    let levels = [before, now].map(Event::access_level);
    let dates = levels.iter().flatten().flat_map(|level| [level.starts_at, level.expires_at]);
    let ends = [OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH + Duration::days(365 * 500)];
    let around = |date| [date - Duration::NANOSECOND, date, date + Duration::NANOSECOND];
    let mut instants = dates.flatten().chain(ends).flat_map(around);
    instants.any(|at| grants(now, at) && !grants(before, at))
}

/// A digit that became another digit, a sign that became the other, is a date like any other: no reader
/// can tell. Everything else is damage.
fn is_another_date(before: u8, now: u8) -> bool {
    before.is_ascii_digit() && now.is_ascii_digit()
        || [before, now].iter().all(|it| b"+-".contains(it))
}

#[test]
fn an_event_damaged_in_any_byte_never_grants_more() {
    let mut starting = updated();
    starting["event_properties"]["starts_at"] = json!("2024-11-15T10:45:36.181000+0000");
    for body in [updated(), starting] {
        let (whole, text) = (read(&body), body.to_string().into_bytes());
        let mut readable = 0;
        for at in 0..text.len() {
            let replacements = (0..=255).step_by(7).chain(*b" \"\\,:{}[]0azZtT_.");
            for byte in replacements.filter(|byte| !is_another_date(text[at], *byte)) {
                let mut damaged = text.clone();
                damaged[at] = byte;
                if let Ok(event) = Event::from_json(&damaged) {
                    readable += 1;
                    assert!(!gains(&whole, &event), "{}", String::from_utf8_lossy(&damaged));
                }
            }
            let mut shorter = text.clone();
            shorter.remove(at);
            if let Ok(event) = Event::from_json(&shorter) {
                // A fraction of fewer digits is another date too.
                let is_digit = text[at].is_ascii_digit();
                assert!(
                    is_digit || !gains(&whole, &event),
                    "{}",
                    String::from_utf8_lossy(&shorter)
                );
            }
        }
        assert!(readable > 1_000, "{readable}");
    }
}

#[test]
fn a_gain_of_an_event_is_seen() {
    let mut longer = updated();
    longer["event_properties"]["expires_at"] = json!("2024-12-15T10:45:36.181001+0000");
    assert!(gains(&read(&updated()), &read(&longer)) && !gains(&read(&longer), &read(&updated())));
}

fn any_event() -> impl Strategy<Value = Event> {
    let texts = (word(), of(any::<String>()), of(any::<String>()), of(any::<String>()));
    let dates = (date(), of(date()), of(date()));
    let numbers = (of(-1e9..1e9_f64), of(any::<i64>()), of(any::<bool>()), any::<u128>());
    (texts, dates, numbers, of(access_level())).prop_map(|(texts, dates, numbers, level)| {
        let id = Some(Uuid::from_u128(numbers.3));
        let properties = match level {
            Some(level) => {
                let mut it = AccessLevelUpdated::new(level.access_level_id, level.expires_at);
                (it.starts_at, it.store, it.is_active) = (level.starts_at, level.store, numbers.2);
                (it.renewed_at, it.profile_event_id, it.cohort_name) =
                    (dates.2, id, texts.1.clone());
                (it.cancellation_reason, it.environment) =
                    (level.cancellation_reason, level.environment);
                EventProperties::AccessLevelUpdated(Box::new(it))
            }
            None => {
                let mut it = PurchaseProperties::default();
                (it.price_usd, it.tax_amount_local, it.profile_id) = (numbers.0, numbers.0, id);
                (it.consecutive_payments, it.will_renew) = (numbers.1, numbers.2);
                (it.purchase_date, it.transaction_id) = (dates.1, texts.1.clone());
                it.paywall_revision = texts.2.clone().map(AttributeValue::Text);
                EventProperties::Purchase(Box::new(it))
            }
        };
        let mut event =
            Event::new(Uuid::from_u128(numbers.3), texts.0.as_str().into(), dates.0, properties);
        event.customer_user_id = texts.1.clone();
        event.email = texts.2.clone();
        event.profile_install_datetime = dates.2;
        event.event_api_version = numbers.1;
        let value = numbers.0.map(|it| AttributeValue::try_from(it).unwrap());
        event.user_attributes = value.map(|value| [(texts.0.clone(), value)].into());
        event.integration_ids = texts.3.clone().map(|key| [(key, texts.2.clone())].into());
        let mut attribution = Attribution::default();
        attribution.network_user_id = texts.3.clone();
        event.attributions = texts.1.map(|key| [(key, attribution)].into());
        event.play_store_purchase_token = texts.3.map(|product| {
            let mut token = PlayStorePurchaseToken::default();
            token.product_id = Some(product);
            token
        });
        event
    })
}

fn packed<T: serde::Serialize + DeserializeOwned>(value: &T) -> T {
    rmp_serde::from_slice(&rmp_serde::to_vec(value).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn an_event_that_was_written_reads_as_itself(event in any_event()) {
        let body = event.to_json().unwrap();
        prop_assert_eq!(&Event::from_json(&body).unwrap(), &event);
        prop_assert_eq!(&packed(&event), &event);
        let value = serde_json::to_value(&event).unwrap();
        prop_assert_eq!(serde_json::from_value::<Event>(value).unwrap(), event);
    }
}

#[test]
fn every_documented_event_type_is_known() {
    let documented = [
        "subscription_started",
        "subscription_initial_purchase",
        "subscription_renewed",
        "subscription_renewal_cancelled",
        "subscription_cancelled",
        "subscription_renewal_reactivated",
        "subscription_expired",
        "subscription_paused",
        "subscription_deferred",
        "subscription_refunded",
        "trial_started",
        "trial_converted",
        "trial_expired",
        "trial_renewal_cancelled",
        "trial_cancelled",
        "trial_renewal_reactivated",
        "billing_issue_detected",
        "entered_grace_period",
        "non_subscription_purchase",
        "non_subscription_purchase_refunded",
        "access_level_updated",
    ];
    for word in documented {
        let known = EventType::from(word);
        assert!(!matches!(known, EventType::Other(_)) && known == word, "{word}");
    }
}
