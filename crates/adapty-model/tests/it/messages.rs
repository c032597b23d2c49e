//! What an error says, to the letter, and what it never says.

use adapty_model::{ErrorResponse, ProfileResponse, ReadErrorKind};
use serde_json::{Value, json};

use crate::support::{PROFILES, bare, fixture, json_of, refusal, refusal_of, with};

#[track_caller]
fn says(body: &[u8], kind: ReadErrorKind, message: &str) {
    let error = refusal_of(body);
    assert_eq!((error.to_string().as_str(), error.kind()), (message, kind));
}

#[test]
fn a_body_that_is_no_json_says_so() {
    use ReadErrorKind::{NotJson, NotUtf8, WrongType};
    says(b"", NotJson, "the body is not JSON: EOF while parsing a value at line 1 column 0");
    says(b"<html>", NotJson, "the body is not JSON: expected value at line 1 column 1");
    says(
        b"{\"data\":",
        NotJson,
        "the body is not JSON: EOF while parsing a value at line 1 column 8",
    );
    says(b"{} {}", NotJson, "the body is not JSON: trailing characters at line 1 column 4");
    says(b"{}\xff", NotUtf8, "the body is not UTF-8 text: an invalid byte at offset 2");
    says(b"\xff{}", NotUtf8, "the body is not UTF-8 text: an invalid byte at offset 0");
    says(b"\xef\xbb\xbf{}", NotJson, "the body is not JSON: a byte order mark stands in front");
    says(b"[]", WrongType, "the body: expected an object with a profile as data, found an array");
    says(b"null", WrongType, "the body: expected an object with a profile as data, found null");
}

#[test]
fn a_body_cut_anywhere_is_not_json() {
    let body = fixture(PROFILES[2]);
    for end in 0..body.len() {
        assert_eq!(refusal_of(&body[..end]).kind(), ReadErrorKind::NotJson, "at {end}");
    }
}

#[test]
fn the_path_leads_to_the_member_at_fault() {
    let row = json!({"access_level_id": "p", "starts_at": null, "expires_at": null});
    let bad = json!({"access_level_id": "p", "starts_at": null, "expires_at": "soon"});
    assert_eq!(
        refusal(&with("access_levels", json!([row, bad]))).path(),
        "data.access_levels[1].expires_at"
    );
    let mut body = json_of(PROFILES[0]);
    body["data"]["subscriptions"][0]["offer"]["offer_type"] = json!(1);
    assert_eq!(
        refusal(&body).to_string(),
        "data.subscriptions[0].offer.offer_type: expected an offer type, found a number"
    );
}

#[test]
fn a_flag_that_is_text_shows_it() {
    let row = json!({"access_level_id": "p", "starts_at": null, "expires_at": null, "is_in_grace_period": "yes"});
    assert_eq!(
        refusal(&with("access_levels", json!([row]))).to_string(),
        "data.access_levels[0].is_in_grace_period: \
         expected a boolean, found the string \"yes\""
    );
}

#[test]
fn a_long_text_is_cut_and_escaped() {
    let text = format!("\u{1b}[31m{}", "é".repeat(100));
    let row = json!({"access_level_id": "p", "starts_at": null, "expires_at": text});
    let expected = format!("the string \"\\u{{1b}}[31m{}\" and more", "é".repeat(35));
    assert_eq!(refusal(&with("access_levels", json!([row]))).found(), expected);
}

#[test]
fn no_error_shows_an_id_or_an_attribute() {
    const SECRET: &str = "hidden-7391";
    let ids = [
        "profile_id",
        "customer_user_id",
        "app_id",
        "segment_hash",
        "purchase_id",
        "store_product_id",
        "store_transaction_id",
        "access_level_id",
        "key",
        "value",
    ];
    for wrong in [json!(SECRET), json!([SECRET]), json!({SECRET: SECRET}), json!(7391)] {
        for id in ids {
            let mut body = json_of(PROFILES[0]);
            replace(&mut body, id, &wrong);
            if let Err(error) = ProfileResponse::from_json(body.to_string().as_bytes()) {
                let said = format!("{error} {error:?}");
                assert!(!said.contains(SECRET) && !said.contains("7391"), "{id}: {said}");
            }
        }
    }
}

#[test]
fn no_error_shows_the_key_of_a_dictionary() {
    let body = with("access_levels", json!({"hidden": {"starts_at": null, "expires_at": "soon"}}));
    assert_eq!(refusal(&body).path(), "data.access_levels[0].expires_at");
    assert!(!format!("{:?}", refusal(&body)).contains("hidden"));
}

#[test]
fn data_of_another_type_does_not_show_it() {
    let error = refusal(&json!({"data": "jane.doe@example.com"}));
    assert_eq!(error.to_string(), "data: expected a profile object, found a string");
}

#[test]
fn a_profile_id_that_is_none_is_not_shown() {
    let mut body = bare();
    body["data"]["profile_id"] = json!("jane.doe@example.com");
    let expected = "data.profile_id: expected a UUID, found a string that is no UUID";
    assert_eq!(refusal(&body).to_string(), expected);
}

#[test]
fn an_error_body_that_is_no_object_says_what_it_is() {
    for (body, message) in [
        (&b"[]"[..], "the body: expected an object, found an array"),
        (b"\"Not found\"", "the body: expected an object, found a string"),
        (b"<html>", "the body is not JSON: expected value at line 1 column 1"),
    ] {
        assert_eq!(ErrorResponse::from_json(body).unwrap_err().to_string(), message);
    }
}

#[test]
fn an_error_is_small_and_travels() {
    fn travels<T: Send + Sync + std::error::Error + 'static>() -> usize {
        size_of::<T>()
    }
    assert_eq!(travels::<adapty_model::ReadError>(), size_of::<usize>());
    assert_eq!(travels::<adapty_model::WriteError>(), size_of::<usize>());
}

/// Puts `wrong` wherever a member has this name.
fn replace(value: &mut Value, name: &str, wrong: &Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if key == name {
                    *value = wrong.clone();
                } else {
                    replace(value, name, wrong);
                }
            }
        }
        Value::Array(rows) => rows.iter_mut().for_each(|row| replace(row, name, wrong)),
        _ => {}
    }
}
