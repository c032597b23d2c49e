//! Bodies made to break a reader: each is refused in words or read as what it is.

use adapty_model::{ErrorResponse, Profile, ProfileResponse, ReadErrorKind};

use crate::support::{bare, refusal_of};

/// [`bare`] with more members, given as JSON text.
fn with_members(json: &str) -> String {
    bare().to_string().replace("\"data\":{", &format!("\"data\":{{{json},"))
}

#[track_caller]
fn read(body: &str) -> Profile {
    ProfileResponse::from_json(body.as_bytes()).expect("the body reads").data
}

#[test]
fn a_depth_bomb_in_an_unknown_member_is_passed_over() {
    let bomb = format!("\"new\":{}{}", "[".repeat(100_000), "]".repeat(100_000));
    read(&with_members(&bomb));
}

#[test]
fn a_depth_bomb_in_a_known_member_is_refused_at_its_first_level() {
    let bomb = format!("\"timestamp\":{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let error = refusal_of(with_members(&bomb).as_bytes());
    assert_eq!(error.to_string(), "data.timestamp: expected an integer, found an array");
}

#[test]
fn a_depth_bomb_that_never_ends_is_not_json() {
    for bomb in ["[", "{\"data\":", "{\"a\":["] {
        let error = refusal_of(bomb.repeat(100_000).as_bytes());
        assert!(matches!(error.kind(), ReadErrorKind::NotJson | ReadErrorKind::WrongType));
    }
}

#[test]
fn a_number_beyond_every_float_is_refused() {
    let error = refusal_of(with_members("\"total_revenue_usd\":1e999").as_bytes());
    let expected = "data.total_revenue_usd: expected a number, found a number out of range";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_number_of_many_digits_is_read_as_the_nearest_float() {
    let revenue = format!("\"total_revenue_usd\":0.{}1", "3".repeat(100_000));
    assert_eq!(read(&with_members(&revenue)).total_revenue_usd, Some(1.0 / 3.0));
}

#[test]
fn a_known_key_twice_is_refused_and_an_unknown_one_passed_over() {
    let error = refusal_of(with_members("\"app_id\":\"a\",\"app_id\":\"b\"").as_bytes());
    assert_eq!(error.to_string(), "data.app_id is there twice");
    read(&with_members("\"new\":1,\"new\":2"));
}

#[test]
fn half_a_surrogate_pair_is_refused() {
    let error = refusal_of(with_members(r#""customer_user_id":"\ud800""#).as_bytes());
    assert_eq!(
        error.to_string(),
        "data.customer_user_id: expected a string, found a string with half a surrogate pair"
    );
    let body = bare().to_string().replace(
        r#""access_levels":[]"#,
        r#""access_levels":{"a":{"starts_at":null,"expires_at":null},"\ud800":{"expires_at":null}}"#,
    );
    assert_eq!(
        refusal_of(body.as_bytes()).to_string(),
        "data.access_levels[1]: expected a key that is a string, found a string with half a surrogate pair"
    );
}

#[test]
fn half_a_surrogate_pair_in_an_unknown_member_is_passed_over() {
    read(&with_members(r#""new":"\ud800","\udfff":1"#));
}

#[test]
fn a_whole_surrogate_pair_is_one_character() {
    let profile = read(&with_members(r#""customer_user_id":"\ud83d\ude00""#));
    assert_eq!(profile.customer_user_id.as_deref(), Some("😀"));
}

#[test]
fn nul_is_a_character_when_escaped_and_an_error_when_not() {
    let profile = read(&with_members(r#""customer_user_id":"a\u0000b""#));
    assert_eq!(profile.customer_user_id.as_deref(), Some("a\0b"));
    let error = refusal_of(with_members("\"customer_user_id\":\"a\0b\"").as_bytes());
    assert_eq!(error.kind(), ReadErrorKind::NotJson);
    assert_eq!(refusal_of(b"\0").kind(), ReadErrorKind::NotJson);
}

#[test]
fn a_byte_order_mark_is_refused_by_name() {
    let body = format!("\u{feff}{}", bare());
    let expected = "the body is not JSON: a byte order mark stands in front";
    assert_eq!(refusal_of(body.as_bytes()).to_string(), expected);
    assert_eq!(ErrorResponse::from_json(b"\xef\xbb\xbf{}").unwrap_err().to_string(), expected);
}

#[test]
fn what_is_broken_beside_the_fault_does_not_hide_it() {
    let body = with_members(r#""new":["\ud800",1e999],"timestamp":"now""#);
    assert_eq!(
        refusal_of(body.as_bytes()).to_string(),
        "data.timestamp: expected an integer, found a string"
    );
}

#[test]
fn the_literals_javascript_adds_are_not_json() {
    for number in ["NaN", "Infinity", "-Infinity", "01", "+1", ".5", "0x10"] {
        let body = with_members(&format!("\"total_revenue_usd\":{number}"));
        assert_eq!(refusal_of(body.as_bytes()).kind(), ReadErrorKind::NotJson, "{number}");
    }
}
