//! Whose profile is meant, and how that travels in a header.

use adapty_model::uuid::Uuid;
use adapty_model::{Identity, IdentityError};
use proptest::prelude::*;
use serde_json::json;

fn refused(id: &str) -> String {
    Identity::customer(id).header_value().unwrap_err().to_string()
}

#[test]
fn a_customer_id_travels_as_its_bytes() {
    let jane = Identity::customer("Zoë 東京/ü");
    assert_eq!(jane.header_name(), "adapty-customer-user-id");
    assert_eq!(jane.header_value().unwrap(), "Zoë 東京/ü");
}

#[test]
fn a_profile_id_travels_in_lower_case_with_dashes() {
    let id = Identity::from(Uuid::from_u128(0xD8533A10_BCCE_4E33_8C9D_88B05AC56559));
    assert_eq!(id.header_name(), "adapty-profile-id");
    assert_eq!(id.header_value().unwrap(), "d8533a10-bcce-4e33-8c9d-88b05ac56559");
}

#[test]
fn an_empty_id_is_refused() {
    assert_eq!(refused(""), "the customer user id is empty");
}

#[test]
fn every_control_character_is_refused_wherever_it_stands() {
    for code in (0..=0x1F).chain(0x7F..=0x9F) {
        let control = char::from(code);
        for id in [format!("a{control}b"), format!("{control}b"), format!("a{control}")] {
            assert_eq!(refused(&id), "the customer user id has a control character in it");
        }
    }
}

#[test]
fn white_space_around_an_id_is_refused_and_within_it_is_kept() {
    for id in [" a", "a ", " ", "\u{a0}a", "a\u{3000}"] {
        assert_eq!(refused(id), "the customer user id begins or ends with white space");
    }
    assert!(Identity::customer("a b").header_value().is_ok());
}

proptest! {
    #[test]
    fn no_id_makes_a_second_header_or_arrives_changed(id in any::<String>()) {
        match Identity::customer(id.clone()).header_value() {
            Ok(value) => {
                prop_assert_eq!(&value, &id);
                prop_assert!(!id.contains(['\r', '\n', '\0']));
                prop_assert_eq!(id.trim(), id.as_str());
            }
            Err(error) => prop_assert_ne!(error == IdentityError::Empty, !id.is_empty()),
        }
    }
}

#[test]
fn debug_hides_the_id() {
    let shown = format!("{:?}", Identity::customer("jane.doe@example.com"));
    assert_eq!(shown, "CustomerUserId(…)");
    assert_eq!(format!("{:?}", Identity::profile(Uuid::nil())), "ProfileId(…)");
}

#[test]
fn as_json_it_is_an_object_of_the_one_id() {
    let id = "d8533a10-bcce-4e33-8c9d-88b05ac56559";
    for (identity, json) in [
        (Identity::customer("jane"), json!({"customer_user_id": "jane"})),
        (Identity::profile(id.parse().unwrap()), json!({"profile_id": id})),
    ] {
        assert_eq!(serde_json::to_value(&identity).unwrap(), json);
        assert_eq!(serde_json::from_value::<Identity>(json).unwrap(), identity);
    }
}
