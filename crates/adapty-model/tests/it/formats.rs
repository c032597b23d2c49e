//! A profile that is stored in another format than JSON comes back as it was, and an error reads from
//! whatever serde reads from. JSON itself is in `writing`; ci runs all of this with `arbitrary_precision`
//! too.

use std::collections::BTreeMap;

use adapty_model::{
    AccessLevel, AttributeValue, CustomAttribute, ErrorResponse, Profile, ProfileResponse,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::arbitrary;
use crate::support::{ERRORS, NULLS, PROFILES, fixture, json_of, profile, read};

fn value<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap()
}

/// rmp-serde's default, which writes what a derived struct says of itself as an array.
fn message_pack<T: Serialize + DeserializeOwned>(value: &T) -> T {
    rmp_serde::from_slice(&rmp_serde::to_vec(value).unwrap()).unwrap()
}

fn message_pack_with_names<T: Serialize + DeserializeOwned>(value: &T) -> T {
    rmp_serde::from_slice(&rmp_serde::to_vec_named(value).unwrap()).unwrap()
}

fn cbor<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    ciborium::from_reader(bytes.as_slice()).unwrap()
}

fn yaml<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_saphyr::from_str(&serde_saphyr::to_string(value).unwrap()).unwrap()
}

/// JSON as any program has it: serde_json's own writes numbers as something else to other formats where
/// `arbitrary_precision` is on.
#[derive(Serialize)]
#[serde(untagged)]
enum Plain {
    Null,
    Flag(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Array(Vec<Plain>),
    Object(BTreeMap<String, Plain>),
}

fn plain(value: Value) -> Plain {
    match value {
        Value::Null => Plain::Null,
        Value::Bool(flag) => Plain::Flag(flag),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Plain::Integer(integer),
            None => Plain::Float(number.as_f64().unwrap()),
        },
        Value::String(text) => Plain::Text(text),
        Value::Array(rows) => Plain::Array(rows.into_iter().map(plain).collect()),
        Value::Object(fields) => {
            Plain::Object(fields.into_iter().map(|(key, value)| (key, plain(value))).collect())
        }
    }
}

/// Where serde keeps a value in a form of its own before it is read.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Known(ProfileResponse),
    Failed(ErrorResponse),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flattened {
    stored_at: u64,
    #[serde(flatten)]
    profile: Profile,
}

#[track_caller]
fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(it: &T) {
    assert_eq!(&value(it), it, "Value");
    assert_eq!(&message_pack(it), it, "MessagePack");
    assert_eq!(&message_pack_with_names(it), it, "MessagePack with names");
    assert_eq!(&cbor(it), it, "CBOR");
}

#[test]
fn the_documents_profiles_come_back_from_every_format() {
    for name in PROFILES {
        let response = ProfileResponse::from(read(&json_of(name)));
        comes_back(&response);
        comes_back(&response.data);
        assert_eq!(yaml(&response), response, "{name} in YAML");
        let text = serde_json::to_string(&Untagged::Known(response.clone())).unwrap();
        let Untagged::Known(same) = serde_json::from_str(&text).unwrap() else { panic!("{name}") };
        assert_eq!(same, response, "{name} inside an untagged enum");
        let kept = Flattened { stored_at: 1, profile: response.data };
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Flattened>(&text).unwrap(), kept, "{name} flattened");
        assert_eq!(message_pack(&kept), kept, "{name} flattened in MessagePack");
        assert_eq!(cbor(&kept), kept, "{name} flattened in CBOR");
    }
}

/// The bodies as they came, dictionaries among them, in another format.
#[test]
fn every_documented_form_reads_from_every_format() {
    for name in PROFILES.into_iter().chain([NULLS]) {
        let (body, profile) = (plain(json_of(name)), read(&json_of(name)));
        let packed = rmp_serde::to_vec(&body).unwrap();
        let packed: ProfileResponse = rmp_serde::from_slice(&packed).unwrap();
        assert_eq!(packed.data, profile, "{name} in MessagePack");
        let mut bytes = Vec::new();
        ciborium::into_writer(&body, &mut bytes).unwrap();
        let response: ProfileResponse = ciborium::from_reader(bytes.as_slice()).unwrap();
        assert_eq!(response.data, profile, "{name} in CBOR");
        let text = serde_saphyr::to_string(&body).unwrap();
        let response: ProfileResponse = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(response.data, profile, "{name} in YAML");
        let response: ProfileResponse = serde_json::from_value(json_of(name)).unwrap();
        assert_eq!(response.data, profile, "{name} as a Value");
    }
}

#[test]
fn an_array_is_no_row_in_any_format() {
    let row = rmp_serde::to_vec(&("premium", "app_store", "weekly", ())).unwrap();
    let error = rmp_serde::from_slice::<AccessLevel>(&row).unwrap_err().to_string();
    assert!(error.contains("expected an access level object"), "{error}");
}

#[test]
fn the_documents_errors_read_from_every_format() {
    for name in ERRORS {
        let response = ErrorResponse::from_json(&fixture(name)).unwrap();
        let body = json_of(name);
        assert_eq!(
            serde_json::from_value::<ErrorResponse>(body.clone()).unwrap(),
            response,
            "{name}"
        );
        let body = plain(body);
        let packed = rmp_serde::to_vec(&body).unwrap();
        assert_eq!(rmp_serde::from_slice::<ErrorResponse>(&packed).unwrap(), response, "{name}");
        let mut bytes = Vec::new();
        ciborium::into_writer(&body, &mut bytes).unwrap();
        assert_eq!(ciborium::from_reader::<ErrorResponse, _>(&*bytes).unwrap(), response, "{name}");
        let Untagged::Failed(same) = serde_json::from_slice(&fixture(name)).unwrap() else {
            panic!("{name} is no profile")
        };
        assert_eq!(same, response, "{name}");
        comes_back(&response);
    }
}

#[test]
fn an_odd_error_reads_from_a_value_as_from_its_text() {
    let body = json!({
        "errors": {"a": [1, 2.5, {"b": true}], "c": "text", "d": null},
        "error_code": "x", "status_code": 400.0, "new": [[]],
    });
    let read = ErrorResponse::from_json(body.to_string().as_bytes()).unwrap();
    assert_eq!(serde_json::from_value::<ErrorResponse>(body.clone()).unwrap(), read);
    assert_eq!(serde_json::from_str::<ErrorResponse>(&body.to_string()).unwrap(), read);
    let error = serde_json::from_value::<ErrorResponse>(json!([])).unwrap_err().to_string();
    assert_eq!(error, "invalid type: sequence, expected an object");
}

/// YAML is held to the documents' bodies above and to numbers here: its writers and readers agree less
/// about odd text.
#[test]
fn the_values_of_attributes_come_back_from_every_format() {
    let mut profile = profile();
    let texts = ["", "true", "null", "7", "1.0", "~", "a: b", "2024-12-24T10:50:23Z"];
    let mut values: Vec<AttributeValue> = texts.map(AttributeValue::from).to_vec();
    values.extend([AttributeValue::Null, true.into(), 7.into(), (-7_i64).into(), u64::MAX.into()]);
    values.extend([0.1, 7.0, 109.88999999999999, 1e300].map(|it| it.try_into().unwrap()));
    let attributes = values.into_iter().map(|value| CustomAttribute::new("k", value));
    profile.custom_attributes.extend(attributes);
    comes_back(&profile);
    assert_eq!(yaml(&profile), profile);
}

proptest! {
    #[test]
    fn any_profile_comes_back_from_every_binary_format(profile in arbitrary::profile()) {
        comes_back(&profile);
        let flattened = Flattened { stored_at: 1, profile };
        comes_back(&flattened);
    }

    #[test]
    fn any_error_comes_back_from_every_binary_format(response in arbitrary::error_response()) {
        comes_back(&response);
    }
}
