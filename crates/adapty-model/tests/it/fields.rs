//! Absent, `null` and a value, which are three facts.

use adapty_model::Field;
use serde_json::json;

#[test]
fn null_is_there_and_is_no_value() {
    let field: Field<u8> = serde_json::from_value(json!(null)).unwrap();
    assert_eq!(field, Field::Null);
    assert!(!field.is_absent() && field.value().is_none());
}

#[test]
fn nothing_of_no_size_is_a_value() {
    for value in [json!(false), json!(0), json!("")] {
        let field: Field<serde_json::Value> = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(field.value(), Some(&value));
        assert_eq!(serde_json::to_value(&field).unwrap(), value);
    }
}

#[test]
fn a_field_that_is_not_said_is_absent() {
    assert!(Field::<u8>::default().is_absent());
    assert_eq!(serde_json::to_value(Field::<u8>::Absent).unwrap(), json!(null));
}
