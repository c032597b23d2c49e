//! Arrays, dictionaries and `null`. The documents' own are in `documents`.

use adapty_model::{Expiry, ReadErrorKind};
use serde_json::json;

use crate::support::{NULLS, PROFILES, bare, json_of, read, refusal, refusal_of, with};

const COLLECTIONS: [&str; 4] =
    ["custom_attributes", "access_levels", "subscriptions", "non_subscriptions"];

#[test]
fn a_dictionary_reads_like_the_array_it_stands_for() {
    let [array, dictionary] = [PROFILES[1], PROFILES[4]].map(|name| read(&json_of(name)));
    assert_eq!(array, dictionary);
}

#[test]
fn null_reads_like_an_empty_array() {
    let mut emptied = json_of(PROFILES[1]);
    for collection in COLLECTIONS {
        emptied["data"][collection] = json!([]);
    }
    assert_eq!(read(&json_of(NULLS)), read(&emptied));
}

#[test]
fn an_absent_collection_is_an_error() {
    for collection in COLLECTIONS {
        let mut body = bare();
        body["data"].as_object_mut().unwrap().remove(collection);
        assert_eq!(refusal(&body).to_string(), format!("data.{collection} is missing"));
    }
}

#[test]
fn a_collection_of_another_type_is_an_error() {
    for collection in COLLECTIONS {
        for (value, found) in
            [(json!("none"), "a string"), (json!(0), "a number"), (json!(false), "a boolean")]
        {
            let expected = format!(
                "data.{collection}: expected an array, a dictionary or null, found {found}"
            );
            assert_eq!(refusal(&with(collection, value)).to_string(), expected);
        }
    }
}

#[test]
fn the_rows_own_id_wins_over_the_dictionarys_key() {
    let levels = json!({"key": {"access_level_id": "row", "starts_at": null, "expires_at": null}});
    assert_eq!(read(&with("access_levels", levels)).access_levels[0].access_level_id, "row");
    let rows = json!({"key": {"store_product_id": "row"}});
    assert_eq!(read(&with("subscriptions", rows)).subscriptions[0].store_product_id, "row");
}

#[test]
fn the_key_stands_in_for_an_id_that_is_null() {
    let levels = json!({"key": {"access_level_id": null, "starts_at": null, "expires_at": null}});
    assert_eq!(read(&with("access_levels", levels)).access_levels[0].access_level_id, "key");
    let rows = json!({"key": {"store_product_id": null}});
    assert_eq!(read(&with("subscriptions", rows)).subscriptions[0].store_product_id, "key");
}

#[test]
fn a_fault_in_a_later_row_of_a_dictionary_is_found_there() {
    let levels = json!({"a": {"starts_at": null, "expires_at": null}, "b": {"expires_at": "soon"}});
    assert_eq!(refusal(&with("access_levels", levels)).path(), "data.access_levels[1].expires_at");
}

#[test]
fn an_id_that_is_there_twice_is_an_error_in_a_dictionary_too() {
    let row = r#"{"premium":{"access_level_id":"a","access_level_id":"b","starts_at":null,"expires_at":null}}"#;
    let body =
        bare().to_string().replace(r#""access_levels":[]"#, &format!("\"access_levels\":{row}"));
    let message = "data.access_levels[0].access_level_id is there twice";
    assert_eq!(refusal_of(body.as_bytes()).to_string(), message);
}

#[test]
fn a_row_of_a_dictionary_still_needs_its_expiry() {
    let error = refusal(&with("access_levels", json!({"premium": {"starts_at": null}})));
    assert_eq!(error.to_string(), "data.access_levels[0].expires_at is missing");
}

#[test]
fn a_dictionary_of_purchases_holds_arrays_or_single_ones() {
    let [one, two, three] = [1, 2, 3]
        .map(|n| json!({"purchase_id": format!("00000000-0000-0000-0000-00000000000{n}")}));
    let rows =
        read(&with("non_subscriptions", json!({"a": [one, two], "b": three}))).non_subscriptions;
    let products: Vec<&str> =
        rows.iter().map(|row| row.store_product_id.as_deref().unwrap()).collect();
    assert_eq!(products, ["a", "a", "b"]);
    assert_eq!(rows[2].purchase_id.map(|id| id.as_u128()), Some(3));
}

#[test]
fn a_purchase_of_a_dictionary_may_have_no_id_of_its_own() {
    let row = read(&with("non_subscriptions", json!({"coins": {}}))).non_subscriptions.remove(0);
    assert_eq!((row.purchase_id, row.store_product_id.as_deref()), (None, Some("coins")));
}

#[test]
fn only_purchases_may_be_arrays_in_a_dictionary() {
    let error = refusal(&with(
        "access_levels",
        json!({"premium": [{"starts_at": null, "expires_at": null}]}),
    ));
    assert_eq!(
        error.to_string(),
        "data.access_levels[0]: expected an access level object, found an array"
    );
    let error = refusal(&with("non_subscriptions", json!({"a": null})));
    assert_eq!(
        error.to_string(),
        "data.non_subscriptions[0]: expected a purchase object or an array of them, found null"
    );
}

#[test]
fn a_dictionary_of_attributes_holds_their_values() {
    let attributes = read(&with("custom_attributes", json!({"sport": "yoga"}))).custom_attributes;
    assert_eq!(attributes[0].key, "sport");
    assert_eq!(attributes[0].value, "yoga".into());
}

#[test]
fn repeated_rows_are_kept_in_order() {
    let row = |end: u8| json!({"access_level_id": "premium", "starts_at": null, "expires_at": format!("202{end}-01-01T00:00:00Z")});
    let levels = read(&with("access_levels", json!([row(5), row(4), row(5)]))).access_levels;
    let years: Vec<i32> = levels.iter().map(|level| level.expires_at.unwrap().year()).collect();
    assert_eq!(years, [2025, 2024, 2025]);
}

#[test]
fn repeated_keys_of_a_dictionary_are_rows_too() {
    let body = bare().to_string().replace(
        r#""access_levels":[]"#,
        r#""access_levels":{"premium":{"starts_at":null,"expires_at":null},"premium":{"starts_at":null,"expires_at":null}}"#,
    );
    let profile = adapty_model::ProfileResponse::from_json(body.as_bytes()).unwrap().data;
    assert_eq!(profile.access_levels.len(), 2);
}

#[test]
fn a_member_that_is_there_twice_is_an_error() {
    let body = bare().to_string().replace(
        r#""access_levels":[]"#,
        r#""access_levels":[{"access_level_id":"premium","starts_at":null,"expires_at":"2020-01-01T00:00:00Z","expires_at":null}]"#,
    );
    let error = refusal_of(body.as_bytes());
    assert_eq!(error.kind(), ReadErrorKind::Repeated);
    assert_eq!(error.to_string(), "data.access_levels[0].expires_at is there twice");
}

#[test]
fn a_subscription_of_a_dictionary_may_state_no_end() {
    let rows = read(&with("subscriptions", json!({"weekly": {}}))).subscriptions;
    assert_eq!(rows[0].store_product_id, "weekly");
    assert_eq!(rows[0].expires_at, Expiry::NotStated);
}

#[test]
fn the_path_in_a_dictionarys_single_purchase_names_the_field() {
    let purchase =
        json!({"purchase_id": "d8533a10-bcce-4e33-8c9d-88b05ac56559", "purchased_at": "soon"});
    let error = refusal(&with("non_subscriptions", json!({"coins": purchase})));
    assert_eq!(error.path(), "data.non_subscriptions[0].purchased_at");
    let error = refusal(&with("non_subscriptions", json!({"coins": [purchase]})));
    assert_eq!(error.path(), "data.non_subscriptions[0][0].purchased_at");
}

#[test]
fn a_raw_control_character_in_a_key_is_no_json() {
    for body in ["{\"data\":{\"a\nb\":1}}", "{\"data\":{\"access_levels\":{\"a\nb\":{}}}}"] {
        assert_eq!(refusal_of(body.as_bytes()).kind(), ReadErrorKind::NotJson, "{body:?}");
    }
}
