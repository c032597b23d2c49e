//! Every body of the documents reads, arrives whole, and survives being written.

use adapty_model::{ErrorResponse, Expiry, ProfileResponse};
use serde_json::Value;

use crate::support::{ERRORS, EVENTS, NULLS, PROFILES, REQUESTS, fixture, json_of, read};

#[test]
fn no_fixture_is_left_out() {
    let folder = format!("{}/fixtures", env!("CARGO_MANIFEST_DIR"));
    let mut there: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    let answers = PROFILES.into_iter().chain([NULLS]).chain(ERRORS);
    let mut known: Vec<&str> = answers.chain(REQUESTS).chain(EVENTS).collect();
    there.sort();
    known.sort_unstable();
    assert_eq!(there, known);
}

#[test]
fn every_member_of_every_profile_arrives() {
    for name in PROFILES {
        let read = ProfileResponse::from_json(&fixture(name)).unwrap();
        let written: Value = serde_json::from_slice(&read.to_json().unwrap()).unwrap();
        let mut documented = json_of(name);
        newest_form(&mut documented);
        arrives(name, &documented, &written);
    }
}

#[test]
fn every_member_of_every_error_arrives() {
    for name in ERRORS {
        let read = ErrorResponse::from_json(&fixture(name)).unwrap();
        let written = serde_json::to_string(&read).unwrap();
        for text in texts(&json_of(name)) {
            // The one member that is not kept: the status of a single item, which is the answer's.
            if name.contains("json_api") && text == "\"400\"" {
                continue;
            }
            assert!(written.contains(&text), "{name}: {text} is not in {written}");
        }
    }
}

#[test]
fn plain_serde_json_reads_the_same() {
    for name in PROFILES.into_iter().chain([NULLS]) {
        let body = fixture(name);
        let plain: ProfileResponse = serde_json::from_slice(&body).unwrap();
        let from_value: ProfileResponse = serde_json::from_value(json_of(name)).unwrap();
        let from_reader: ProfileResponse = serde_json::from_reader(body.as_slice()).unwrap();
        assert_eq!(ProfileResponse::from_json(&body).unwrap(), plain);
        assert_eq!((&plain, &plain), (&from_value, &from_reader));
    }
    for name in ERRORS {
        let plain: ErrorResponse = serde_json::from_slice(&fixture(name)).unwrap();
        assert_eq!(ErrorResponse::from_json(&fixture(name)).unwrap(), plain);
        assert_eq!(serde_json::from_value::<ErrorResponse>(json_of(name)).unwrap(), plain);
    }
}

#[test]
fn what_is_written_reads_as_the_same() {
    for name in PROFILES.into_iter().chain([NULLS]) {
        let read = ProfileResponse::from_json(&fixture(name)).unwrap();
        assert_eq!(ProfileResponse::from_json(&read.to_json().unwrap()).unwrap(), read, "{name}");
    }
    for name in ERRORS {
        let read = ErrorResponse::from_json(&fixture(name)).unwrap();
        let written = serde_json::to_vec(&read).unwrap();
        assert_eq!(ErrorResponse::from_json(&written).unwrap(), read, "{name}");
    }
}

#[test]
fn the_newest_document_is_written_as_it_stands() {
    for name in [
        "get_profile.200.openapi.lifetime_premium.json",
        "get_profile.200.newer-page.lifetime_premium.json",
    ] {
        let read = ProfileResponse::from_json(&fixture(name)).unwrap();
        // Without the white space; serde_json sorts the members of a Value, so compare the text.
        let minified: String = without_white_space(&String::from_utf8(fixture(name)).unwrap());
        assert_eq!(String::from_utf8(read.to_json().unwrap()).unwrap(), minified);
    }
}

#[test]
fn revenue_is_read_to_the_last_bit() {
    let read = ProfileResponse::from_json(&fixture(PROFILES[0])).unwrap();
    let revenue = read.data.total_revenue_usd.unwrap();
    assert_eq!(revenue.to_bits(), 109.889_999_999_999_99_f64.to_bits());
    assert_ne!(revenue.to_bits(), 109.89_f64.to_bits());
}

#[test]
fn collections_that_are_null_are_empty() {
    let data = ProfileResponse::from_json(&fixture(NULLS)).unwrap().data;
    assert!(data.custom_attributes.is_empty() && data.access_levels.is_empty());
    assert!(data.subscriptions.is_empty() && data.non_subscriptions.is_empty());
}

/// Brings a documented body to the newest form, by means that share nothing with the crate.
fn newest_form(value: &mut Value) {
    let data = value["data"].as_object_mut().unwrap();
    arrays(data);
    walk(value, &mut |key, value| match value {
        Value::String(text) if key.ends_with("_at") => {
            *text = text.replace(".000000", "").replace("+0000", "+00:00");
        }
        Value::Object(members) if key == "offer" => {
            *members =
                members.iter().map(|(key, v)| (key.replace("offer_", ""), v.clone())).collect();
        }
        _ => {}
    });
}

fn arrays(data: &mut serde_json::Map<String, Value>) {
    for (collection, id) in [
        ("custom_attributes", "key"),
        ("access_levels", "access_level_id"),
        ("subscriptions", "store_product_id"),
        ("non_subscriptions", "store_product_id"),
    ] {
        let Value::Object(entries) = data[collection].clone() else { continue };
        let rows = entries.into_iter().flat_map(|(key, value)| match value {
            Value::Array(rows) => rows.into_iter().map(|row| named(row, id, &key)).collect(),
            Value::Object(_) => vec![named(value, id, &key)],
            value => vec![serde_json::json!({"key": key, "value": value})],
        });
        data[collection] = rows.collect();
    }
}

fn named(mut row: Value, id: &str, key: &str) -> Value {
    row[id] = key.into();
    row
}

fn walk(value: &mut Value, visit: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                visit(key, value);
                walk(value, visit);
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(|row| walk(row, visit)),
        _ => {}
    }
}

/// Whether all of `documented` stands in `written`, which may have more `null`s and nothing else.
#[track_caller]
fn arrives(place: &str, documented: &Value, written: &Value) {
    match (documented, written) {
        (Value::Object(documented), Value::Object(written)) => {
            for (key, value) in documented {
                assert!(written.contains_key(key), "{place}.{key} got lost");
                arrives(&format!("{place}.{key}"), value, &written[key]);
            }
            for (key, value) in written {
                assert!(documented.contains_key(key) || value.is_null(), "{place}.{key} is new");
            }
        }
        (Value::Array(documented), Value::Array(written)) => {
            assert_eq!(documented.len(), written.len(), "{place}");
            for (documented, written) in documented.iter().zip(written) {
                arrives(&format!("{place}[]"), documented, written);
            }
        }
        _ if place.ends_with(".timestamp") => {
            assert_eq!(documented.as_i64(), written.as_i64(), "{place}");
        }
        _ => assert_eq!(documented, written, "{place}"),
    }
}

/// Every key and every text or number, as JSON; but the names of the members.
fn texts(value: &Value) -> Vec<String> {
    let own = ["errors", "source", "error_code", "status_code", "detail", "pointer", "status"];
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| {
                let key = (!own.contains(&key.as_str())).then(|| format!("\"{key}\""));
                key.into_iter().chain(texts(value))
            })
            .collect(),
        value => vec![value.to_string()],
    }
}

fn without_white_space(json: &str) -> String {
    let mut inside = false;
    json.chars()
        .filter(|c| {
            inside ^= *c == '"';
            inside || !c.is_whitespace()
        })
        .collect()
}

#[test]
fn both_older_pages_print_the_same_example() {
    assert_eq!(
        fixture("get_profile.200.older-page.expired_premium.json"),
        fixture("get_profile.200.older-objects-page.expired_premium.json")
    );
}

#[test]
fn a_profile_of_nulls_has_nothing() {
    let profile = read(&json_of("get_profile.200.ours.nulls.json"));
    assert!(profile.custom_attributes.is_empty() && profile.access_levels.is_empty());
    assert!(profile.subscriptions.is_empty() && profile.non_subscriptions.is_empty());
}

#[test]
fn a_subscription_row_that_looks_like_a_purchase_states_no_end() {
    let body = json_of("set_transaction.200.openapi.subscription_row_looks_like_a_purchase.json");
    let row = read(&body).subscriptions.remove(0);
    assert!(row.purchase_id.is_some() && row.is_refund == Some(false));
    assert_eq!((row.expires_at, row.originally_purchased_at), (Expiry::NotStated, None));
}

/// The first item of an error: its source and its one message.
fn item(body: &[u8]) -> (Option<String>, String) {
    let mut errors = ErrorResponse::from_json(body).unwrap().errors;
    assert_eq!(errors[0].errors.len(), 1);
    let mut item = errors.remove(0);
    (item.source, item.errors.remove(0))
}

#[test]
fn an_error_that_is_a_text_has_no_source() {
    let body = fixture("refund_saver.400.openapi.profile_does_not_exist.json");
    assert_eq!(item(&body), (None, "Profile does not exist".to_owned()));
}

#[test]
fn an_error_of_json_api_has_its_pointer_for_a_source() {
    let body = fixture("validate_stripe.400.openapi.json_api.json");
    let source = Some("/data/attributes/stripe_token".to_owned());
    assert_eq!(item(&body), (source, "none is not an allowed value".to_owned()));
}

#[test]
fn an_error_of_an_object_has_its_field_for_a_source() {
    let body = fixture("web_api.400.fragment.base_error_as_object.json");
    assert_eq!(item(&body), (Some("property1".to_owned()), "string".to_owned()));
}
