//! Any bytes: they are refused in words, or they read as a profile that survives being written
//! and answers every question about access.

#![no_main]

use adapty_model::time::OffsetDateTime;
use adapty_model::{Policy, ProfileResponse, ReadErrorKind};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let plain = serde_json::from_slice::<ProfileResponse>(body);
    match ProfileResponse::from_json(body) {
        Err(error) => {
            // serde_json looks at the UTF-8 of what it reads alone, from_json at the whole body's.
            let stricter = error.kind() == ReadErrorKind::NotUtf8;
            assert!(plain.is_err() || stricter, "serde_json reads what is refused: {error}");
            assert!(!error.to_string().is_empty());
        }
        Ok(response) => {
            assert_eq!(plain.expect("serde_json reads what from_json reads"), response);
            let written = response.to_json().expect("what was read can be written");
            let again = ProfileResponse::from_json(&written).expect("what was written reads");
            assert_eq!(again, response);
            questions(&response);
        }
    }
});

fn questions(response: &ProfileResponse) {
    let tolerance = Policy::DatesWithTolerance(std::time::Duration::from_secs(3600));
    for policy in [Policy::DatesOnly, tolerance, Policy::AiGuide] {
        let under = response.data.under(policy);
        let mut at = OffsetDateTime::UNIX_EPOCH;
        // Every change is later than the last, so this comes to an end; eight are enough.
        for _ in 0..8 {
            for level in &response.data.access_levels {
                let access = under.access(&level.access_level_id, at);
                assert!(!access.to_string().is_empty());
                assert!(policy != Policy::DatesOnly || !level.is_active(at) || access.is_granted());
            }
            let Some(next) = under.next_change(at) else { break };
            assert!(next > at);
            at = next;
        }
    }
}
