//! How much memory reading takes. Counts, not times: they are the same on every machine.

use adapty_model::ProfileResponse;
use allocation_counter::measure;
use serde_json::{Value, json};

use crate::support::{PROFILES, christmas_eve, fixture, json_of, read};

/// The newer page's example with its subscriptions repeated, minified.
fn with_subscriptions(count: usize) -> Vec<u8> {
    let mut body = json_of(PROFILES[2]);
    let rows = body["data"]["subscriptions"].as_array().unwrap().clone();
    let repeated: Vec<Value> = rows.into_iter().cycle().take(count).collect();
    body["data"]["subscriptions"] = json!(repeated);
    body.to_string().into_bytes()
}

/// With serde_json's `arbitrary_precision` its two numbers come as text.
#[test]
fn the_documents_example_takes_no_more_than_24_allocations() {
    let body = fixture(PROFILES[2]);
    let count = measure(|| {
        ProfileResponse::from_json(&body).unwrap();
    });
    let keeps_digits = json!(1.0) != serde_json::from_str::<Value>("1.00").unwrap();
    let most = if keeps_digits { 26 } else { 24 };
    assert!(count.count_total <= most, "{} allocations", count.count_total);
}

/// At 1 000 rows even with the old vector and the new one counted, as they are here; how much memory
/// a process really needs for 100 000 is shown by the benchmark.
#[test]
fn a_long_profile_takes_little_more_memory_than_its_body() {
    let body = with_subscriptions(1_000);
    let peak = measure(|| {
        ProfileResponse::from_json(&body).unwrap();
    })
    .bytes_max;
    assert!(peak * 4 <= 5 * body.len() as u64, "{peak} bytes for {} of body", body.len());
}

#[test]
fn the_decision_allocates_nothing() {
    let profile = read(&json_of(PROFILES[2]));
    let count = measure(|| {
        assert!(profile.access("premium", christmas_eve()).is_granted());
        assert_eq!(profile.next_change(christmas_eve()), None);
    });
    assert_eq!(count.count_total, 0);
}

#[test]
fn the_list_of_active_levels_allocates_twice() {
    let profile = read(&json_of(PROFILES[2]));
    let count = measure(|| {
        assert_eq!(profile.active_access_levels(christmas_eve()).count(), 1);
    });
    assert_eq!(count.count_total, 2);
}
