//! Profiles and settings from files.

use super::{Folder, Running, run, said};
use crate::support::*;

#[test]
fn profiles_come_from_a_file_or_from_a_folder() {
    let body = r#"{"data": {"customer_user_id": "from a file"}}"#;
    let folder = Folder::new("profiles").with("one.json", body).with("ignored.txt", "x");
    for path in [folder.file("one.json"), folder.file("")] {
        let server = Running::start(&["--profiles", &path]);
        assert!(server.ask(&request("k", "from a file")).ends_with(body));
    }
}

#[test]
fn a_file_may_hold_a_list_of_profiles_and_begin_with_a_byte_order_mark() {
    let list = "\u{feff}[{\"data\": {\"customer_user_id\": \"first\"}},\n{\"data\": {\"customer_user_id\": \"second\"}}]";
    let folder = Folder::new("list").with("list.json", list);
    let server = Running::start(&["--profiles", &folder.file("list.json")]);
    for customer in ["first", "second"] {
        let body = format!(r#"{{"data": {{"customer_user_id": "{customer}"}}}}"#);
        assert!(server.ask(&request("k", customer)).ends_with(&body));
    }
}

#[test]
fn what_a_strict_reader_would_miss_in_files_is_told_by_file_and_path() {
    let whole = include_str!("../../../fixtures/get_profile.200.newer-page.lifetime_premium.json");
    let none = r#"[{"data": {"customer_user_id": "a"}}, {"data": {"customer_user_id": "b", "access_levels": 5}}]"#;
    let folder = Folder::new("gaps").with("none.json", none).with("whole.json", whole);
    let (code, _, stderr) = said(&run(&["exec", "--profiles", &folder.file(""), "--", "true"]));
    assert_eq!(code, Some(0), "{stderr}");
    let file = folder.file("none.json");
    let expected = format!(
        "adapty-mock: --profiles {file}: profile 1: missing data.app_id, data.profile_id, data.total_revenue_usd, \
         data.segment_hash, data.timestamp and 4 more\n"
    );
    assert!(stderr.contains(&expected), "{stderr}");
    assert!(stderr.contains(&format!("{file}: profile 2: missing data.app_id, ")), "{stderr}");
    assert!(
        stderr.contains(
            "; not as documented data.access_levels; served as given under every edition\n"
        ),
        "{stderr}"
    );
    assert!(!stderr.contains("whole.json"), "{stderr}");
}

#[test]
fn profiles_from_files_take_the_form_of_the_edition_unless_they_are_to_be_as_given() {
    let folder = Folder::new("forms")
        .with("lifetime.json", fixture!("get_profile.200.newer-page.lifetime_premium"));
    let (file, edition) = (folder.file("lifetime.json"), ["--edition", "older-objects-page"]);
    for (option, is_dictionary) in [("", true), ("--profiles-as-given", false)] {
        let mut options = vec!["--profiles", &file, edition[0], edition[1]];
        options.extend((!option.is_empty()).then_some(option));
        let seen = Running::start(&options).ask(&request("k", LIFETIME));
        assert_eq!(seen.contains(r#""access_levels":{"premium":{"#), is_dictionary, "{seen}");
    }
}

#[test]
fn an_array_in_a_file_does_not_pass_for_a_profile() {
    let folder = Folder::new("array")
        .with("array.json", r#"[[[["00000000-0000-4000-8000-000000000001", "x"]]]]"#);
    let (code, _, stderr) = said(&run(&["--profiles", &folder.file("array.json")]));
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("[0]: expected an object, found an array at line 1 column 2"),
        "{stderr}"
    );
}

#[test]
fn a_bad_profile_is_named_with_file_line_and_column() {
    let folder = Folder::new("bad").with("bad.json", "{\"data\":\n  {\"profile_id\": 7}}");
    let (code, _, stderr) = said(&run(&["--profiles", &folder.file("")]));
    assert_eq!(code, Some(2));
    assert!(stderr.contains(&format!("--profiles {}: ", folder.file("bad.json"))), "{stderr}");
    let told = "data.profile_id: expected text, found a number at line 2 column 18";
    assert!(stderr.contains(told), "{stderr}");
}

#[test]
fn every_app_starts_with_the_settings_of_a_file() {
    let folder =
        Folder::new("settings").with("one.json", "\u{feff}{\"missing_profile\": \"unauthorized\"}");
    let server = Running::start(&["--settings", &folder.file("one.json")]);
    for key in ["one", "other"] {
        assert!(server.ask(&request(key, "nobody")).starts_with("HTTP/1.1 401 "));
    }
}

#[test]
fn bad_settings_are_named_with_file_and_place() {
    for (text, what) in [
        ("{\n \"no_such\": 1}", "unknown field `no_such`, expected one of `access_levels`, "),
        (r#"{"access_levels": [""]}"#, "access_levels: an id is empty"),
        ("[[\"gold\"]]", "expected an object, found an array at line 1 column 1"),
        (
            r#"{"rate_limit": {"requests": "x"}}"#,
            "rate_limit.requests: expected a whole number from 0 to 4294967295, found text",
        ),
    ] {
        let folder = Folder::new("bad-settings").with("bad.json", text);
        let (code, _, stderr) = said(&run(&["--settings", &folder.file("bad.json")]));
        assert_eq!(code, Some(2));
        let message = format!("--settings {}: {what}", folder.file("bad.json"));
        assert!(stderr.contains(&message), "{stderr}");
    }
}
