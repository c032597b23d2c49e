//! Which members a body needs, which it may leave out, and what each may hold.

use adapty_model::AttributeValue;
use serde_json::{Value, json};

use crate::support::{PROFILES, bare, json_of, level, read, refusal, with};

const UUID: &str = "7a5f9a7d-e236-33e6-96d8-53a3c59c5562";

/// A body whose only row of `collection` has the least such a row needs.
fn with_bare_row(collection: &str) -> Value {
    let row = match collection {
        "custom_attributes" => json!({"key": "k", "value": null}),
        "access_levels" => {
            json!({"access_level_id": "premium", "starts_at": null, "expires_at": null})
        }
        "subscriptions" => json!({"store_product_id": "weekly"}),
        _ => json!({"purchase_id": UUID, "store_product_id": "coins"}),
    };
    with(collection, json!([row]))
}

#[test]
fn data_and_the_profile_id_are_required() {
    assert_eq!(refusal(&json!({})).to_string(), "data is missing");
    assert_eq!(
        refusal(&json!({"data": null})).to_string(),
        "data: expected a profile object, found null"
    );
    let mut body = bare();
    body["data"].as_object_mut().unwrap().remove("profile_id");
    assert_eq!(refusal(&body).to_string(), "data.profile_id is missing");
    body["data"]["profile_id"] = Value::Null;
    assert_eq!(refusal(&body).to_string(), "data.profile_id: expected a UUID, found null");
}

#[test]
fn a_row_needs_what_names_it_and_no_more() {
    for (collection, required) in [
        ("custom_attributes", &["key"][..]),
        ("access_levels", &["access_level_id", "starts_at", "expires_at"]),
        ("subscriptions", &["store_product_id"]),
        ("non_subscriptions", &[]),
    ] {
        read(&with_bare_row(collection));
        for member in required {
            let mut body = with_bare_row(collection);
            body["data"][collection][0].as_object_mut().unwrap().remove(*member);
            let expected = format!("data.{collection}[0].{member} is missing");
            assert_eq!(refusal(&body).to_string(), expected);
        }
    }
}

#[test]
fn a_purchase_needs_one_of_its_two_ids() {
    for id in ["purchase_id", "store_product_id"] {
        let mut body = with_bare_row("non_subscriptions");
        let row = body["data"]["non_subscriptions"][0].as_object_mut().unwrap();
        row.remove(id);
        let purchase = read(&body).non_subscriptions.remove(0);
        assert_ne!(purchase.purchase_id.is_some(), purchase.store_product_id.is_some());
        body["data"]["non_subscriptions"][0] = json!({id: null});
        let message = "data.non_subscriptions[0].purchase_id is missing";
        assert_eq!(refusal(&body).to_string(), message);
    }
}

#[test]
fn an_id_of_a_purchase_that_is_no_uuid_is_an_error_beside_a_good_one_too() {
    let rows = json!([{"purchase_id": "hidden", "store_product_id": "coins"}]);
    assert_eq!(
        refusal(&with("non_subscriptions", rows)).to_string(),
        "data.non_subscriptions[0].purchase_id: expected a UUID, found a string that is no UUID"
    );
}

#[test]
fn every_other_member_may_be_absent_or_null() {
    for name in PROFILES.into_iter().filter(|name| !name.contains("dictionaries")) {
        for pointer in members(name).into_iter().filter(|pointer| !is_named(pointer)) {
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            let mut body = json_of(name);
            *body.pointer_mut(&pointer).unwrap() = Value::Null;
            read(&body);
            if !is_required(name, &pointer) {
                body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
                read(&body);
            }
        }
    }
}

/// Whether the member names what it stands in, and so can be neither absent nor null.
fn is_named(pointer: &str) -> bool {
    let member = pointer.rsplit('/').next().unwrap();
    match member {
        "data" | "profile_id" | "access_level_id" | "key" => true,
        "store_product_id" => pointer.contains("/subscriptions"),
        _ => false,
    }
}

/// Whether the member's key has to be there, though it may say null.
fn is_required(name: &str, pointer: &str) -> bool {
    let in_level = pointer.contains("access_levels/");
    let is_collection = pointer.matches('/').count() == 2 && !is_scalar(name, pointer);
    is_collection || in_level && (pointer.ends_with("starts_at") || pointer.ends_with("expires_at"))
}

#[test]
fn an_unknown_member_anywhere_changes_nothing() {
    let plain = read(&json_of(PROFILES[2]));
    for pointer in members(PROFILES[2]) {
        let parent = pointer.rsplit_once('/').unwrap().0;
        let mut body = json_of(PROFILES[2]);
        body.pointer_mut(parent).unwrap()["new"] =
            json!({"a": [1, {"b": null}], "starts_at": null, "expires_at": "x"});
        assert_eq!(read(&body), plain, "{parent}");
    }
}

#[test]
fn members_may_come_in_any_order() {
    fn reversed(value: &Value) -> String {
        match value {
            Value::Object(members) => {
                let members: Vec<String> =
                    members.iter().rev().map(|(k, v)| format!("{k:?}:{}", reversed(v))).collect();
                format!("{{{}}}", members.join(","))
            }
            Value::Array(rows) => {
                format!("[{}]", rows.iter().map(reversed).collect::<Vec<_>>().join(","))
            }
            value => value.to_string(),
        }
    }
    for name in PROFILES {
        let body = reversed(&json_of(name));
        let read_reversed = adapty_model::ProfileResponse::from_json(body.as_bytes()).unwrap();
        assert_eq!(read_reversed.data, read(&json_of(name)), "{name}");
    }
}

#[test]
fn a_start_that_is_not_stated_is_no_access_from_the_beginning() {
    for row in [
        json!({"access_level_id": "p", "expires_at": null}),
        json!({"access_level_id": "p", "startsAt": "2999-01-01T00:00:00Z", "expires_at": null}),
    ] {
        let error = refusal(&with("access_levels", json!([row])));
        assert_eq!(error.to_string(), "data.access_levels[0].starts_at is missing");
    }
}

#[test]
fn timestamps_are_integers_however_they_are_spelled() {
    for (json, milliseconds) in [
        ("1733324566777", 1_733_324_566_777),
        ("1733324566777.0", 1_733_324_566_777),
        ("1.733324566777e12", 1_733_324_566_777),
        ("0", 0),
        ("-0.0", 0),
        ("-9223372036854775808", i64::MIN),
        ("-9223372036854775808.0", i64::MIN),
        ("9223372036854775807", i64::MAX),
    ] {
        let body =
            bare().to_string().replace("\"data\":{", &format!("\"data\":{{\"timestamp\":{json},"));
        let data = adapty_model::ProfileResponse::from_json(body.as_bytes()).unwrap().data;
        assert_eq!(data.timestamp, Some(milliseconds), "{json}");
    }
}

#[test]
fn what_is_no_integer_is_no_timestamp() {
    for json in
        ["0.5", "1e300", "9223372036854775808", "9223372036854775808.0", "18446744073709551615"]
    {
        let mut body = bare();
        body["data"]["timestamp"] = serde_json::from_str(json).unwrap();
        assert_eq!(
            refusal(&body).to_string(),
            "data.timestamp: expected an integer, found a number that is no 64-bit integer"
        );
    }
}

#[test]
fn an_attribute_without_a_value_says_null() {
    let data = read(&with("custom_attributes", json!([{"key": "k"}])));
    assert_eq!(data.custom_attributes[0].value, AttributeValue::Null);
}

#[test]
fn a_revenue_may_be_spelled_as_an_integer() {
    for (revenue, dollars) in [(json!(7), 7.0), (json!(-7), -7.0)] {
        let mut body = bare();
        body["data"]["total_revenue_usd"] = revenue;
        assert_eq!(read(&body).total_revenue_usd, Some(dollars));
    }
}

#[test]
fn not_stated_is_not_false() {
    let data = read(&with_bare_row("non_subscriptions"));
    assert_eq!(data.non_subscriptions[0].is_refund, None);
    assert_eq!(read(&with_bare_row("access_levels")).access_levels[0].is_in_grace_period, None);
}

#[test]
fn an_empty_base_plan_and_none_are_both_kept() {
    let row = |plan: Value| {
        let row = json!({"access_level_id": "p", "starts_at": null, "expires_at": null, "store_base_plan_id": plan});
        level(row).store_base_plan_id
    };
    assert_eq!(row(json!("")).as_deref(), Some(""));
    assert_eq!(row(Value::Null), None);
}

/// A JSON pointer to every member of every object of an example.
fn members(name: &str) -> Vec<String> {
    fn below(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let children: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(key, v)| (key.clone(), v)).collect(),
            Value::Array(rows) => {
                rows.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect()
            }
            _ => Vec::new(),
        };
        for (key, child) in children {
            let pointer = format!("{pointer}/{key}");
            below(child, &pointer, found);
            if value.is_object() {
                found.push(pointer);
            }
        }
    }
    let mut found = Vec::new();
    below(&json_of(name), "", &mut found);
    assert!(found.len() > 10);
    found
}

fn is_scalar(name: &str, pointer: &str) -> bool {
    let body = json_of(name);
    let value = body.pointer(pointer).unwrap();
    !value.is_array() && !value.is_object()
}
