//! No damage ever grants: a profile whose dates were tampered with does not read, or it grants
//! nothing that it did not grant before.

use adapty_model::time::{Duration, OffsetDateTime};
use adapty_model::{Profile, ProfileResponse};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{NULLS, PROFILES, json_of, read};

/// What stands where a date stood.
fn damage() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(json!(""))),
        Just(Some(Value::Null)),
        any::<bool>().prop_map(|flag| Some(json!(flag))),
        any::<i64>().prop_map(|number| Some(json!(number))),
        any::<f64>().prop_map(|number| Some(json!(number))),
        Just(Some(json!([]))),
        Just(Some(json!({"date": "2099-01-01T00:00:00Z"}))),
        "\\PC{0,30}".prop_map(|text| Some(json!(text))),
        "[0-9]{4}-[0-9]{2}-[0-9]{2}".prop_map(|text| Some(json!(text))),
        "2099-01-01[T ][0-9]{2}:[0-9]{2}:[0-9]{2}".prop_map(|text| Some(json!(text))),
    ]
}

/// JSON pointers to every date of a body.
fn dates(value: &Value, pointer: &str) -> Vec<String> {
    let inside = |(key, value): (String, &Value)| {
        let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
        let mut found = dates(value, &pointer);
        if key.ends_with("_at") {
            found.push(pointer);
        }
        found
    };
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, v)| (key.clone(), v)).flat_map(inside).collect()
        }
        Value::Array(rows) => {
            rows.iter().enumerate().map(|(i, v)| (i.to_string(), v)).flat_map(inside).collect()
        }
        _ => Vec::new(),
    }
}

/// Every instant around which an answer of either profile could differ.
fn instants(profiles: [&Profile; 2]) -> Vec<OffsetDateTime> {
    let levels = profiles.into_iter().flat_map(|profile| &profile.access_levels);
    let dates = levels.flat_map(|level| [level.starts_at, level.expires_at]).flatten();
    let ends = [OffsetDateTime::UNIX_EPOCH, OffsetDateTime::UNIX_EPOCH + Duration::days(365 * 500)];
    let around = |date| [date - Duration::NANOSECOND, date, date + Duration::NANOSECOND];
    dates.chain(ends).flat_map(around).collect()
}

/// Whether `now` grants any level at any instant that `before` does not.
fn gains(before: &Profile, now: &Profile) -> bool {
    instants([before, now]).into_iter().any(|at| {
        let granted = |profile: &Profile, id: &str| profile.access(id, at).is_granted();
        let mut ids = now.access_levels.iter().map(|level| level.access_level_id.as_str());
        ids.any(|id| granted(now, id) && !granted(before, id))
    })
}

/// Whether `null` at this place is a documented statement rather than damage.
fn null_is_a_statement(pointer: &str) -> bool {
    pointer.contains("access_levels")
        && (pointer.ends_with("expires_at") || pointer.ends_with("starts_at"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_damage_ever_grants(name in 0..PROFILES.len(), place: prop::sample::Index, damage in damage()) {
        let whole = json_of(PROFILES[name]);
        let places = dates(&whole, "");
        prop_assume!(!places.is_empty());
        let pointer = place.get(&places);
        let mut body = whole.clone();
        match damage {
            Some(Value::Null) if null_is_a_statement(pointer) => return Ok(()),
            Some(value) => *body.pointer_mut(pointer).unwrap() = value,
            None => {
                let (parent, member) = pointer.rsplit_once('/').unwrap();
                body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member);
            }
        }
        if let Ok(damaged) = ProfileResponse::from_json(body.to_string().as_bytes()) {
            prop_assert!(!gains(&read(&whole), &damaged.data), "{pointer}: {body}");
        }
    }
}

#[test]
fn every_text_outside_the_grammar_is_refused_at_every_date() {
    for name in PROFILES {
        let whole = json_of(name);
        for pointer in dates(&whole, "") {
            for text in ["", "soon", "2099-01-01", "2099-01-01T00:00:00", "0"] {
                let mut body = whole.clone();
                *body.pointer_mut(&pointer).unwrap() = json!(text);
                let error = ProfileResponse::from_json(body.to_string().as_bytes()).unwrap_err();
                assert!(error.to_string().contains(&format!("the string {text:?}")), "{pointer}");
            }
        }
    }
}

#[test]
fn an_access_level_without_its_end_is_refused_in_every_form() {
    for name in PROFILES {
        let whole = json_of(name);
        for pointer in dates(&whole, "") {
            if pointer.contains("access_levels") && pointer.ends_with("expires_at") {
                let parent = pointer.rsplit_once('/').unwrap().0;
                let mut body = whole.clone();
                body.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove("expires_at");
                let error = ProfileResponse::from_json(body.to_string().as_bytes()).unwrap_err();
                assert_eq!(error.to_string(), "data.access_levels[0].expires_at is missing");
            }
        }
    }
}

#[test]
fn collections_that_are_null_grant_nothing() {
    assert!(!gains(&read(&json_of(PROFILES[1])), &read(&json_of(NULLS))));
}

#[test]
fn a_gain_of_a_single_nanosecond_is_seen() {
    let mut longer = read(&json_of(PROFILES[0]));
    longer.access_levels[0].expires_at =
        longer.access_levels[0].starts_at.map(|start| start + Duration::NANOSECOND);
    assert!(gains(&read(&json_of(PROFILES[0])), &longer));
}
