//! Reading the JSON that a test gives: one function for profiles, plans and filters, whose messages say
//! what is wrong in the words of the API, by path, line and column.
//!
//! A value is read as it is asked for, from the text: nothing is made of what nobody asks for, however
//! large the text. An array never passes for an object, and the other way round.

mod value;
mod error;

use serde::{Deserialize, de::Error as _};
use serde_json::value::RawValue;

use self::{
    error::{Position, ReadError},
    value::{Elements, Value},
};

/// What some editors write before a text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads one value.
pub(crate) fn read<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, String> {
    if json.trim_ascii().is_empty() {
        // What is read says what it expected.
        return T::deserialize(Value("")).map_err(|error| format!("is empty: {error}"));
    }
    Document::parse(json)?.read()
}

/// A JSON text, or a value in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document<'de> {
    whole: &'de str,
    value: &'de str,
    /// Its place in a list.
    at: Option<usize>,
}

impl<'de> Document<'de> {
    /// Looks through the whole text for what is not JSON.
    pub(crate) fn parse(json: &'de [u8]) -> Result<Self, String> {
        let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
        let whole = match std::str::from_utf8(json) {
            Ok(whole) => whole,
            Err(error) => {
                let before = String::from_utf8_lossy(&json[..error.valid_up_to()]);
                return Err(format!("is not UTF-8 at {}", Position::behind(&before)));
            }
        };
        if whole.trim_ascii().is_empty() {
            return Err("is empty: expected JSON".to_owned());
        }
        let value: &RawValue = serde_json::from_str(whole).map_err(|error| error.to_string())?;
        Ok(Self { whole, value: value.get(), at: None })
    }

    /// The value's text.
    pub(crate) fn text(&self) -> &'de str {
        self.value
    }

    /// The text as it was written: one in a list without what is around it.
    pub(crate) fn written(&self) -> &'de str {
        match self.at {
            Some(_) => self.value,
            None => self.whole,
        }
    }

    /// The values of a list; `None` where it is none.
    pub(crate) fn items(self) -> Option<impl Iterator<Item = Self>> {
        let mut elements = Elements::of(self.value.strip_prefix('[')?);
        let mut at = 0;
        Some(std::iter::from_fn(move || {
            let value = elements.next()?;
            at += 1;
            Some(Self { whole: self.whole, value, at: Some(at - 1) })
        }))
    }

    /// Reads the value.
    pub(crate) fn read<T: Deserialize<'de>>(self) -> Result<T, String> {
        T::deserialize(Value(self.value)).map_err(|error| {
            let error = match self.at {
                Some(at) => error.inside(&format!("[{at}]")),
                None => error,
            };
            error.message(self.whole)
        })
    }

    /// A message about a place in the value.
    pub(crate) fn message(self, what: &str) -> String {
        let error = ReadError::custom(what).at(self.value);
        match self.at {
            Some(at) => error.inside(&format!("[{at}]")).message(self.whole),
            None => error.message(self.whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt;

    use super::*;
    use crate::{
        faults::{DeliveryPlan, Plan},
        journal::Filter,
    };

    #[track_caller]
    fn refused<'de, T: Deserialize<'de> + fmt::Debug>(json: &'de str) -> String {
        read::<T>(json.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_plan_reads_as_serde_json_reads_it() {
        let json = r#" {"seed" : 7, "steps": [ {"fault": "none"}, {"fault": {"status": {"code": 503,
            "headers": {"A\u0042": "1"}, "body": "\"x\""}}, "count": "forever"},
            {"fault": {"slicer": {}}, "delay": {"uniform_ms": {"lower": 1, "upper": 2}}, "count": 3},
            {"fault": {"timeout": null}} ] } "#;
        let plan: Plan = read(json.as_bytes()).unwrap();
        assert_eq!(plan, serde_json::from_str(json).unwrap());
        assert_eq!(plan.steps.len(), 4);
    }

    #[test]
    fn a_byte_order_mark_is_no_mistake() {
        let filter: Filter = read("\u{feff}{\"status\": 404}".as_bytes()).unwrap();
        assert_eq!(filter, Filter::any().status(404));
    }

    #[test]
    fn an_array_never_passes_for_an_object() {
        for (json, told) in [
            ("[[], 7]", "expected an object, found an array at line 1 column 1"),
            (
                r#"{"steps": [["timeout"]]}"#,
                "steps[0]: expected an object, found an array at line 1 column 12",
            ),
            (
                r#"{"steps": [{"fault": {"status": [503]}}]}"#,
                "steps[0].fault.status: expected an object, found an array at line 1 column 33",
            ),
            (
                r#"{"steps": [{"fault": {"raw": ["x"]}}]}"#,
                "steps[0].fault.raw: expected an object, found an array at line 1 column 30",
            ),
            (r#"{"steps": {}}"#, "steps: expected an array, found an object at line 1 column 11"),
        ] {
            assert_eq!(refused::<Plan>(json), told);
        }
        let told = refused::<Filter>(r#"["jane"]"#);
        assert_eq!(told, "expected an object, found an array at line 1 column 1");
    }

    #[test]
    fn a_mistake_is_told_by_path_line_and_column_in_the_words_of_json() {
        for (json, told) in [
            ("", "is empty: expected an object, found nothing"),
            (" \n", "is empty: expected an object, found nothing"),
            ("\u{feff}", "is empty: expected JSON"),
            ("{\"steps\": [],}", "key must be a string at line 1 column 14"),
            ("{}", "missing field `steps` at line 1 column 1"),
            (
                r#"{"steps": [{"fault": {"status": {"code": 65536}}}]}"#,
                "steps[0].fault.status.code: expected a whole number from 0 to 65535, found a number at line 1 column 42",
            ),
            (
                r#"{"steps": [{"fault": {"raw": {"text": 1}}}]}"#,
                "steps[0].fault.raw.text: expected text, found a number at line 1 column 39",
            ),
            (
                "{\"steps\": [\n {\"fault\": \"raw\"}]}",
                "steps[0].fault: `raw` needs settings at line 2 column 12",
            ),
            (
                r#"{"steps": [{"fault": {"timeout": {}}}]}"#,
                "steps[0].fault.timeout: has no settings at line 1 column 34",
            ),
            (
                r#"{"steps": [{"fault": {"timeout": null, "none": null}}]}"#,
                "steps[0].fault: expected one word and its settings in the object at line 1 column 22",
            ),
            (
                r#"{"steps": [{"fault": 1}]}"#,
                "steps[0].fault: expected a word, or an object of one word and its settings, found a number at line 1 column 22",
            ),
            (
                r#"{"steps": [{"fault": "none", "count": -1}]}"#,
                "steps[0].count: expected a whole number or \"forever\", found a number at line 1 column 39",
            ),
            (r#"{"steps": [], "steps": []}"#, "duplicate field `steps` at line 1 column 1"),
            (
                r#"{"steps": [{"fault": {"slicer": {"delay": 1}}}]}"#,
                "steps[0].fault.slicer: unknown field `delay`, expected `delay_ms` at line 1 column 34",
            ),
            (
                r#"{"steps": [], "operation": "\ud800"}"#,
                "operation: the text has an escape that is no character at line 1 column 28",
            ),
        ] {
            assert_eq!(refused::<Plan>(json), told, "{json}");
        }
        let delay = r#"{"steps": [{"fault": {"delay": {"by": "soon"}}}]}"#;
        let told = "steps[0].fault.delay.by: `soon` is no ISO 8601 duration of whole numbers, such as P1M, \
                    P7D or PT12H at line 1 column 39";
        assert_eq!(refused::<DeliveryPlan>(delay), told);
        assert_eq!(read::<Plan>(b"{\n \xff}").unwrap_err(), "is not UTF-8 at line 2 column 2");
    }

    #[test]
    fn no_message_repeats_a_text_that_may_be_somebodys_id() {
        let told = refused::<Filter>(r#"{"status": "jane.doe@example.com"}"#);
        assert_eq!(
            told,
            "status: expected a whole number from 0 to 65535, found text at line 1 column 12"
        );
    }
}
