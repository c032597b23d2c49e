//! The values of custom attributes.

use adapty_model::{AttributeValue, Number};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{bare, read, refusal, with};

/// The value of an attribute, given as JSON text.
#[track_caller]
fn value(json: &str) -> AttributeValue {
    let body = bare().to_string().replace(
        r#""custom_attributes":[]"#,
        &format!(r#""custom_attributes":[{{"key":"k","value":{json}}}]"#),
    );
    let mut data = adapty_model::ProfileResponse::from_json(body.as_bytes()).unwrap().data;
    data.custom_attributes.remove(0).value
}

#[test]
fn a_value_is_text_a_number_a_boolean_or_null() {
    assert_eq!(value(r#""yoga""#), AttributeValue::Text("yoga".to_owned()));
    assert_eq!(value("1.0"), AttributeValue::Number(1.0.try_into().unwrap()));
    assert_eq!(value("true"), AttributeValue::Boolean(true));
    assert_eq!(value("null"), AttributeValue::Null);
}

#[test]
fn numbers_are_exact() {
    for json in [
        "9007199254740993",
        "-9223372036854775808",
        "18446744073709551615",
        "109.88999999999999",
        "5e-324",
    ] {
        let AttributeValue::Number(number) = value(json) else { panic!("{json} is a number") };
        assert_eq!(number.to_string(), json);
    }
}

#[test]
fn an_integer_of_more_than_64_bits_is_the_nearest_float() {
    let AttributeValue::Number(number) = value("123456789012345678901234567890") else { panic!() };
    assert_eq!(number.as_f64(), Some(123_456_789_012_345_678_901_234_567_890.0));
    assert_eq!((number.as_i64(), number.as_u64()), (None, None));
}

#[test]
fn a_number_tells_what_it_is() {
    let seven = Number::from(7_i64);
    assert_eq!((seven.as_i64(), seven.as_u64(), seven.as_f64()), (Some(7), Some(7), Some(7.0)));
    assert_eq!(Number::from(u64::MAX).as_i64(), None);
    assert_eq!(Number::try_from(7.5).unwrap().as_i64(), None);
    assert_ne!(Number::try_from(7.0).unwrap(), seven);
}

#[test]
fn a_value_comes_of_a_number_and_tells_what_it_is() {
    let values: [AttributeValue; 4] = [7_i32.into(), 7_i64.into(), 7_u32.into(), 7_u64.into()];
    for value in values {
        assert_eq!(value, AttributeValue::Number(Number::from(7_i64)));
    }
    let value = AttributeValue::try_from(7.5).unwrap();
    assert_eq!((value.as_f64(), value.as_str(), value.as_bool()), (Some(7.5), None, None));
    let value = AttributeValue::from("yoga");
    assert_eq!((value.as_f64(), value.as_str(), value.as_bool()), (None, Some("yoga"), None));
    let value = AttributeValue::from(true);
    assert_eq!((value.as_f64(), value.as_str(), value.as_bool()), (None, None, Some(true)));
    assert!(AttributeValue::try_from(f64::NAN).is_err());
}

#[test]
fn a_number_is_finite() {
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = Number::try_from(float).unwrap_err();
        assert_eq!(error.to_string(), "NaN and the infinities have no JSON form");
    }
}

#[test]
fn anything_else_is_an_error_that_does_not_show_it() {
    for (json, found) in [(json!({"a": 1}), "an object"), (json!(["a"]), "an array")] {
        let error = refusal(&with("custom_attributes", json!([{"key": "k", "value": json}])));
        assert_eq!(
            error.to_string(),
            format!(
                "data.custom_attributes[0].value: \
                 expected a string, a number, true, false or null, found {found}"
            )
        );
    }
}

proptest! {
    #[test]
    fn every_float_is_read_to_the_last_bit(float in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
        let mut body = bare();
        body["data"]["total_revenue_usd"] = json!(float);
        prop_assert_eq!(read(&body).total_revenue_usd.unwrap().to_bits(), float.to_bits());
        let AttributeValue::Number(number) = value(&json!(float).to_string()) else { panic!() };
        prop_assert_eq!(number.as_f64().unwrap().to_bits(), float.to_bits());
    }
}
