//! What is wrong with a value, and where.

use std::fmt::{self, Display};

use serde::de;

/// Where a text begins in memory.
fn address(text: &str) -> usize {
    text.as_ptr().addr()
}

/// A line and a column, the first being 1.
pub(super) struct Position {
    line: usize,
    column: usize,
}

impl Position {
    pub(super) fn behind(before: &str) -> Self {
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct ReadError {
    what: String,
    path: String,
    /// Where in memory the value begins.
    at: Option<usize>,
}

impl ReadError {
    pub(super) fn expected(what: &str, found: &str) -> Self {
        de::Error::custom(format_args!("expected {what}, found {}", described(found)))
    }

    pub(super) fn inside(mut self, step: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{step}{dot}{}", self.path);
        self
    }

    pub(super) fn at(mut self, value: &str) -> Self {
        self.at.get_or_insert(address(value));
        self
    }

    pub(super) fn message(self, whole: &str) -> String {
        let Self { what, path, at } = self;
        let colon = if path.is_empty() { "" } else { ": " };
        let before = at.and_then(|at| whole.get(..at.checked_sub(address(whole))?));
        match before {
            Some(before) => format!("{path}{colon}{what} at {}", Position::behind(before)),
            None => format!("{path}{colon}{what}"),
        }
    }
}

/// What a value is. Never the text itself: it may be a customer's id.
fn described(value: &str) -> &'static str {
    match value.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "text",
        Some(b't') => "true",
        Some(b'f') => "false",
        Some(b'n') => "null",
        None => "nothing",
        _ => "a number",
    }
}

impl Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: Display>(what: T) -> Self {
        Self { what: what.to_string(), path: String::new(), at: None }
    }

    fn invalid_type(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let found = match found {
            de::Unexpected::Map => "an object",
            de::Unexpected::Seq => "an array",
            de::Unexpected::Str(_) | de::Unexpected::Char(_) => "text",
            de::Unexpected::Bool(true) => "true",
            de::Unexpected::Bool(false) => "false",
            de::Unexpected::Unit | de::Unexpected::Option => "null",
            _ => "a number",
        };
        Self::custom(format_args!("expected {expected}, found {found}"))
    }

    fn invalid_value(found: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        match found {
            de::Unexpected::Str(_) => {
                Self::custom(format_args!("expected {expected}, found another text"))
            }
            _ => Self::custom(format_args!("expected {expected}, found another number")),
        }
    }

    fn unknown_variant(found: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown word `{found}`, expected {}", OneOf(expected)))
    }

    fn unknown_field(found: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("unknown field `{found}`, expected {}", OneOf(expected)))
    }
}

struct OneOf(&'static [&'static str]);

impl Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() > 1 {
            f.write_str("one of ")?;
        }
        for (at, word) in self.0.iter().enumerate() {
            write!(f, "{}`{word}`", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}
