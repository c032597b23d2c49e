//! Any bytes: a JSON object reads as an error that survives being written, the rest is refused.

#![no_main]

use adapty_model::ErrorResponse;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|body: &[u8]| {
    let object = serde_json::from_slice::<Map<String, Value>>(body).is_ok();
    match ErrorResponse::from_json(body) {
        Err(error) => {
            assert!(!object, "an object is refused: {error}");
            assert!(!error.to_string().is_empty());
        }
        Ok(response) => {
            let written = serde_json::to_vec(&response).expect("what was read can be written");
            let again = ErrorResponse::from_json(&written).expect("what was written reads");
            assert_eq!(again, response);
        }
    }
});
