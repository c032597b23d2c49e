//! The JSON of a request's body, and what is said of a body that is none.
//!
//! The documents' one example has the words of Python's `json`, with the place in characters, so every
//! mistake is told in those. What Python reads and this does not is refused in the same form, in words of
//! ours: the numbers that JSON does not have, those that no float holds, half of a surrogate pair, and what is
//! nested too deep.

use std::ops::RangeInclusive;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use crate::{
    fixtures,
    reply::{Reason, Reply},
};

/// What the documented `parse_error` says.
const DOCUMENTED: &str = "JSON parse error - Expecting ',' delimiter: line 4 column 3 (char 67)";

/// Reads a body; the documented 400 where it is not JSON, byte for byte for the document's own mistake.
pub(super) fn read_or_refuse(body: &[u8]) -> Result<Value, Reply> {
    read(body).map_err(|what| {
        let documented = String::from_utf8_lossy(&fixtures::PARSE_ERROR).into_owned();
        let told = Value::from(&*what).to_string();
        let body = documented.replace(&format!("\"{DOCUMENTED}\""), &told);
        Reply::json(StatusCode::BAD_REQUEST, Bytes::from(body), Reason::Stated(what.into()))
    })
}

/// Reads a body; an error is the message of the documents' `parse_error`.
pub(super) fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| {
        let what = match std::str::from_utf8(body) {
            Err(error) => format!("the body is not UTF-8 behind its byte {}", error.valid_up_to()),
            Ok(text) => Scanner::of(text).mistake().unwrap_or_else(|| {
                format!("cannot be read: line {} column {}", error.line(), error.column())
            }),
        };
        format!("JSON parse error - {what}")
    })
}

/// How deep a body's arrays and objects may be nested: serde_json's limit.
const DEEPEST: usize = 127;

const HIGH_SURROGATES: RangeInclusive<u32> = 0xd800..=0xdbff;
const LOW_SURROGATES: RangeInclusive<u32> = 0xdc00..=0xdfff;

/// What is wrong, and at which character.
type Mistake = (&'static str, usize);

/// Looks for the first mistake, as Python's decoder does; nested however deep.
struct Scanner {
    text: Vec<char>,
    at: usize,
    /// The first that Python reads and this does not. A mistake that Python finds is told instead, wherever it
    /// is.
    unreadable: Option<Mistake>,
}

impl Scanner {
    fn of(text: &str) -> Self {
        Self { text: text.chars().collect(), at: 0, unreadable: None }
    }

    /// What is wrong, in words; `None` where nothing is.
    fn mistake(mut self) -> Option<String> {
        let (what, at) = self.document().err().or(self.unreadable)?;
        let before = &self.text[..at];
        let line = before.iter().filter(|char| **char == '\n').count() + 1;
        let column = before.iter().rev().take_while(|char| **char != '\n').count() + 1;
        Some(format!("{what}: line {line} column {column} (char {at})"))
    }

    fn document(&mut self) -> Result<(), Mistake> {
        if self.next_is('\u{feff}') {
            return Err(("Unexpected UTF-8 BOM (decode using utf-8-sig)", 0));
        }
        // The brackets that close what is open.
        let mut open = Vec::new();
        self.skip_white();
        loop {
            if open.len() == DEEPEST && (self.next_is('[') || self.next_is('{')) {
                self.cannot_read("arrays and objects nested more than 127 deep");
            }
            if let Some(close) = self.value()? {
                open.push(close);
                continue;
            }
            loop {
                self.skip_white();
                let Some(close) = open.last().copied() else {
                    return if self.at == self.text.len() {
                        Ok(())
                    } else {
                        self.err("Extra data")
                    };
                };
                if self.eat(close) {
                    open.pop();
                    continue;
                }
                if !self.eat(',') {
                    return self.err("Expecting ',' delimiter");
                }
                self.skip_white();
                if close == '}' {
                    self.name()?;
                }
                break;
            }
        }
    }

    /// A value; of an array or an object with something in it, what comes before its first value, and the
    /// bracket that closes it.
    fn value(&mut self) -> Result<Option<char>, Mistake> {
        let close = match self.text.get(self.at) {
            Some('"') => return self.string().map(|()| None),
            Some('{') => '}',
            Some('[') => ']',
            _ => return self.word_or_number().map(|()| None),
        };
        self.at += 1;
        self.skip_white();
        if self.eat(close) {
            return Ok(None);
        }
        if close == '}' {
            self.name()?;
        }
        Ok(Some(close))
    }

    /// The name of a field, and the colon.
    fn name(&mut self) -> Result<(), Mistake> {
        if !self.next_is('"') {
            return self.err("Expecting property name enclosed in double quotes");
        }
        self.string()?;
        self.skip_white();
        if !self.eat(':') {
            return self.err("Expecting ':' delimiter");
        }
        self.skip_white();
        Ok(())
    }

    fn string(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        let unterminated = Err(("Unterminated string starting at", start));
        self.at += 1;
        loop {
            match self.text.get(self.at) {
                None => return unterminated,
                Some('"') => break,
                Some('\\') => match self.text.get(self.at + 1) {
                    None => return unterminated,
                    Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't') => self.at += 2,
                    Some('u') => {
                        let Some(unit) = self.escaped_unit(self.at) else {
                            return Err(("Invalid \\uXXXX escape", self.at + 1));
                        };
                        let next = self.escaped_unit(self.at + 6);
                        let is_pair = HIGH_SURROGATES.contains(&unit)
                            && next.is_some_and(|next| LOW_SURROGATES.contains(&next));
                        if !is_pair && char::from_u32(unit).is_none() {
                            self.cannot_read("an escape that is half of a surrogate pair");
                        }
                        self.at += if is_pair { 12 } else { 6 };
                    }
                    Some(_) => return self.err("Invalid \\escape"),
                },
                Some('\0'..='\x1f') => return self.err("Invalid control character at"),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    /// The UTF-16 code unit of the `\uXXXX` that stands there. Python takes the last one of a text that ends
    /// with it for none.
    fn escaped_unit(&self, at: usize) -> Option<u32> {
        let ['\\', 'u', digits @ .., _] = self.text.get(at..at + 7)? else { return None };
        digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + digit.to_digit(16)?))
    }

    fn word_or_number(&mut self) -> Result<(), Mistake> {
        let is_next = |word: &str| {
            let end = self.at + word.len();
            self.text.get(self.at..end).is_some_and(|next| next.iter().copied().eq(word.chars()))
        };
        if let Some(word) = ["null", "true", "false"].into_iter().find(|word| is_next(word)) {
            self.at += word.len();
            return Ok(());
        }
        for (word, ours) in [
            ("NaN", "NaN is no number of JSON"),
            ("Infinity", "Infinity is no number of JSON"),
            ("-Infinity", "-Infinity is no number of JSON"),
        ] {
            if is_next(word) {
                return self.err(ours);
            }
        }
        let end = self.end_of_number().ok_or(("Expecting value", self.at))?;
        let number: String = self.text[self.at..end].iter().collect();
        if number.parse::<f64>().is_ok_and(f64::is_infinite) {
            self.cannot_read("a number beyond what a 64-bit float holds");
        }
        self.at = end;
        Ok(())
    }

    /// Where the number ends that begins here.
    fn end_of_number(&self) -> Option<usize> {
        let is_at =
            |at: usize, chars: &[char]| self.text.get(at).is_some_and(|it| chars.contains(it));
        let after_digits = |from: usize| {
            from + self.text[from..].iter().take_while(|char| char.is_ascii_digit()).count()
        };
        let first = self.at + usize::from(is_at(self.at, &['-']));
        let mut end = match self.text.get(first)? {
            '0' => first + 1,
            '1'..='9' => after_digits(first),
            _ => return None,
        };
        if is_at(end, &['.']) && after_digits(end + 1) > end + 1 {
            end = after_digits(end + 1);
        }
        if is_at(end, &['e', 'E']) {
            let digits = end + 1 + usize::from(is_at(end + 1, &['+', '-']));
            if after_digits(digits) > digits {
                end = after_digits(digits);
            }
        }
        Some(end)
    }

    fn cannot_read(&mut self, what: &'static str) {
        self.unreadable.get_or_insert((what, self.at));
    }

    fn skip_white(&mut self) {
        while let Some(' ' | '\t' | '\n' | '\r') = self.text.get(self.at) {
            self.at += 1;
        }
    }

    fn next_is(&self, char: char) -> bool {
        self.text.get(self.at) == Some(&char)
    }

    fn eat(&mut self, char: char) -> bool {
        let is_next = self.next_is(char);
        self.at += usize::from(is_next);
        is_next
    }

    fn err<T>(&self, what: &'static str) -> Result<T, Mistake> {
        Err((what, self.at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    #[track_caller]
    fn told(body: &str) -> String {
        let told = read(body.as_bytes()).unwrap_err();
        told.strip_prefix("JSON parse error - ").expect("the documents' words").to_owned()
    }

    /// Each told by Python 3.11 in these words.
    #[test]
    fn a_mistake_is_told_as_python_tells_it() {
        for (body, python) in TABLE {
            assert_eq!(told(body), *python, "{body:?}");
        }
    }

    #[test]
    fn what_python_reads_and_the_fake_does_not_is_told_in_our_words() {
        for (body, ours) in [
            (r#"{"a": NaN,}"#, "NaN is no number of JSON: line 1 column 7 (char 6)"),
            ("[-Infinity]", "-Infinity is no number of JSON: line 1 column 2 (char 1)"),
            ("Infinity", "Infinity is no number of JSON: line 1 column 1 (char 0)"),
            ("1e999", "a number beyond what a 64-bit float holds: line 1 column 1 (char 0)"),
            (
                "{\"ü\": 1,\n \"a\": -1.5E+400}",
                "a number beyond what a 64-bit float holds: line 2 column 7 (char 15)",
            ),
            (r#""\ud800""#, "an escape that is half of a surrogate pair: line 1 column 2 (char 1)"),
            (
                r#"["\ud83d\ude00", "\udc00"]"#,
                "an escape that is half of a surrogate pair: line 1 column 19 (char 18)",
            ),
            (
                r#"{"\ud83d\u0041": 1e999}"#,
                "an escape that is half of a surrogate pair: line 1 column 3 (char 2)",
            ),
        ] {
            assert_eq!(told(body), ours, "{body:?}");
        }
        let long = "9".repeat(400);
        let what = "a number beyond what a 64-bit float holds: line 1 column 1 (char 0)";
        assert_eq!(told(&long), what);
        let no_utf8 = read(b"{\"a\xff\": 1}").unwrap_err();
        assert_eq!(no_utf8, "JSON parse error - the body is not UTF-8 behind its byte 3");
    }

    #[test]
    fn a_body_is_read_127_deep_and_no_deeper() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested =
                |depth: usize| open.repeat(depth - 1) + "[" + "]" + &close.repeat(depth - 1);
            assert!(read(nested(DEEPEST).as_bytes()).is_ok());
            let (column, at) = (DEEPEST * open.len() + 1, DEEPEST * open.len());
            let what = "arrays and objects nested more than 127 deep";
            let expected = format!("{what}: line 1 column {column} (char {at})");
            assert_eq!(told(&nested(DEEPEST + 1)), expected);
            assert_eq!(told(&nested(1000)), expected);
        }
    }

    #[test]
    fn a_mistake_that_python_finds_is_told_before_what_the_fake_does_not_read() {
        let deep = "[".repeat(200);
        for (body, python) in [
            ("[1e999,]", "Expecting value: line 1 column 8 (char 7)"),
            (r#"["\ud800" 1]"#, "Expecting ',' delimiter: line 1 column 11 (char 10)"),
            (&deep, "Expecting value: line 1 column 201 (char 200)"),
        ] {
            assert_eq!(told(body), python, "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_not_read_is_told_with_its_place(
            tokens in vec(select(TOKENS), 0..12),
            in_array in any::<bool>(),
        ) {
            let text = tokens.concat();
            let text = if in_array { format!("[{text}]") } else { text };
            let mistake = Scanner::of(&text).mistake();
            prop_assert_eq!(read(text.as_bytes()).is_err(), mistake.is_some(), "{}", text);
        }
    }

    const TOKENS: &[&str] = &[
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\"a\"",
        "\"a\":",
        " ",
        "\n",
        "1",
        "0",
        "-",
        ".",
        "e",
        "E+",
        "999",
        "308",
        "1.8",
        "309",
        "true",
        "null",
        "NaN",
        "Infinity",
        "\\",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "\"\\ud800\"",
        "\\u0041",
        "ü",
        "\t",
        "1e999",
        "\"\\ud83d\\ude00\"",
        "0e999",
        "1e-999",
    ];

    #[test]
    fn a_body_nested_as_deep_as_it_is_long_is_told_too() {
        let told = told(&"[".repeat(64 * 1024));
        assert_eq!(told, "Expecting value: line 1 column 65537 (char 65536)");
    }

    #[rustfmt::skip]
    const TABLE: &[(&str, &str)] = &[
        ("", "Expecting value: line 1 column 1 (char 0)"),
        (" ", "Expecting value: line 1 column 2 (char 1)"),
        ("\n\n ", "Expecting value: line 3 column 2 (char 3)"),
        ("x", "Expecting value: line 1 column 1 (char 0)"),
        ("nul", "Expecting value: line 1 column 1 (char 0)"),
        ("tru", "Expecting value: line 1 column 1 (char 0)"),
        ("{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("{ ", "Expecting property name enclosed in double quotes: line 1 column 3 (char 2)"),
        ("{\"", "Unterminated string starting at: line 1 column 2 (char 1)"),
        ("{\"a", "Unterminated string starting at: line 1 column 2 (char 1)"),
        ("{\"a\"", "Expecting ':' delimiter: line 1 column 5 (char 4)"),
        ("{\"a\" ", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
        ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
        ("{\"a\":", "Expecting value: line 1 column 6 (char 5)"),
        ("{\"a\": ", "Expecting value: line 1 column 7 (char 6)"),
        ("{\"a\": }", "Expecting value: line 1 column 7 (char 6)"),
        ("{\"a\":1", "Expecting ',' delimiter: line 1 column 7 (char 6)"),
        ("{\"a\": 1 \"b\": 2}", "Expecting ',' delimiter: line 1 column 9 (char 8)"),
        ("{\"a\": 1,", "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)"),
        ("{\"a\": 1,}", "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)"),
        ("{\"a\": 1, b: 2}", "Expecting property name enclosed in double quotes: line 1 column 10 (char 9)"),
        ("{a: 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("{'a': 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("{,}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[", "Expecting value: line 1 column 2 (char 1)"),
        ("[1", "Expecting ',' delimiter: line 1 column 3 (char 2)"),
        ("[1 2]", "Expecting ',' delimiter: line 1 column 4 (char 3)"),
        ("[1,", "Expecting value: line 1 column 4 (char 3)"),
        ("[1,]", "Expecting value: line 1 column 4 (char 3)"),
        ("[,]", "Expecting value: line 1 column 2 (char 1)"),
        ("[1}", "Expecting ',' delimiter: line 1 column 3 (char 2)"),
        ("{\"a\": [1}", "Expecting ',' delimiter: line 1 column 9 (char 8)"),
        ("{]", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("]", "Expecting value: line 1 column 1 (char 0)"),
        ("}", "Expecting value: line 1 column 1 (char 0)"),
        ("1 2", "Extra data: line 1 column 3 (char 2)"),
        ("{} {}", "Extra data: line 1 column 4 (char 3)"),
        ("[]]", "Extra data: line 1 column 3 (char 2)"),
        ("{\"a\": 1}x", "Extra data: line 1 column 9 (char 8)"),
        ("01", "Extra data: line 1 column 2 (char 1)"),
        ("-", "Expecting value: line 1 column 1 (char 0)"),
        ("-a", "Expecting value: line 1 column 1 (char 0)"),
        ("+1", "Expecting value: line 1 column 1 (char 0)"),
        (".5", "Expecting value: line 1 column 1 (char 0)"),
        ("1.", "Extra data: line 1 column 2 (char 1)"),
        ("1.e5", "Extra data: line 1 column 2 (char 1)"),
        ("1e", "Extra data: line 1 column 2 (char 1)"),
        ("1e+", "Extra data: line 1 column 2 (char 1)"),
        ("[-]", "Expecting value: line 1 column 2 (char 1)"),
        ("\"abc", "Unterminated string starting at: line 1 column 1 (char 0)"),
        ("\"a\\", "Unterminated string starting at: line 1 column 1 (char 0)"),
        ("\"a\\\"", "Unterminated string starting at: line 1 column 1 (char 0)"),
        ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
        ("\"\\u\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
        ("\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
        ("\"\\u12G4\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
        ("\"\\u1234", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
        ("\"\\ud83d\\u12\"", "Invalid \\uXXXX escape: line 1 column 9 (char 8)"),
        ("\"\\ud83d\\uZZZZ\"", "Invalid \\uXXXX escape: line 1 column 9 (char 8)"),
        ("\"a\tb\"", "Invalid control character at: line 1 column 3 (char 2)"),
        ("\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"),
        ("{\"a\n\": 1}", "Invalid control character at: line 1 column 4 (char 3)"),
        ("{\"a\": \"b\nc\"}", "Invalid control character at: line 1 column 9 (char 8)"),
        ("\u{feff}{}", "Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)"),
        ("{\"é\": \"ü\" \"x\"}", "Expecting ',' delimiter: line 1 column 11 (char 10)"),
        ("{\n  \"é\": 1\n  \"b\": 2\n}", "Expecting ',' delimiter: line 3 column 3 (char 13)"),
        ("{\"a\": {\"b\": [1, {\"c\": \"d\" \"e\"}]}}", "Expecting ',' delimiter: line 1 column 27 (char 26)"),
        ("{\"a\": 1}\r\n,", "Extra data: line 2 column 1 (char 10)"),
        ("{\"a\": tru}", "Expecting value: line 1 column 7 (char 6)"),
        ("[1, 2", "Expecting ',' delimiter: line 1 column 6 (char 5)"),
        ("[[1, 2], [3, 4]", "Expecting ',' delimiter: line 1 column 16 (char 15)"),
        ("{\"a\": \"😀\" 1}", "Expecting ',' delimiter: line 1 column 11 (char 10)"),
        ("\u{a0}{}", "Expecting value: line 1 column 1 (char 0)"),
        ("{\"a\": 1;}", "Expecting ',' delimiter: line 1 column 8 (char 7)"),
        ("// c\n{}", "Expecting value: line 1 column 1 (char 0)"),
        ("<html>", "Expecting value: line 1 column 1 (char 0)"),
        ("access_level_id=premium", "Expecting value: line 1 column 1 (char 0)"),
        ("{\"a\": 'b'}", "Expecting value: line 1 column 7 (char 6)"),
        ("{\"a\": undefined}", "Expecting value: line 1 column 7 (char 6)"),
        ("{\"a\": 1_000}", "Expecting ',' delimiter: line 1 column 8 (char 7)"),
        ("{\"a\": 0x1F}", "Expecting ',' delimiter: line 1 column 8 (char 7)"),
        ("\u{b}1", "Expecting value: line 1 column 1 (char 0)"),
        ("[\"\u{7f}\" 1]", "Expecting ',' delimiter: line 1 column 6 (char 5)"),
    ];
}
