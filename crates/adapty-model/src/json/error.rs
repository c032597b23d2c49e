//! What can go wrong between bytes and types.

use std::error::Error;
use std::fmt;

/// Why a body could not be read, and where.
///
/// It shows the string of a date or of a flag that could not be read, cut to 40 characters, and the
/// kind of anything else: an id or the value of an attribute never appears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError(Box<Detail>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Detail {
    kind: ReadErrorKind,
    path: String,
    expected: String,
    found: String,
}

/// What is wrong with a body, in the order in which reading finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The body is not UTF-8.
    NotUtf8,
    /// The body is not JSON: empty, cut off, HTML, a byte order mark in front.
    NotJson,
    /// A field is of another JSON type than any document shows, or an id is no UUID.
    WrongType,
    /// The string of a date or of a flag is of no documented form.
    WrongText,
    /// A field is there twice.
    Repeated,
    /// A required field is not there.
    Missing,
}

impl ReadError {
    pub(super) fn new(
        kind: ReadErrorKind,
        path: String,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self(Box::new(Detail { kind, path, expected: expected.into(), found: found.into() }))
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> ReadErrorKind {
        self.0.kind
    }

    /// The JSON path of the value at fault, such as `data.access_levels[1].expires_at`; empty
    /// where it is the body as a whole.
    ///
    /// A row of a dictionary goes by its position too, as its key may be an id.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What should have stood there, in words.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// What stood there, in words.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.0.found
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail { kind, path, expected, found } = &*self.0;
        let place = if path.is_empty() { "the body" } else { path };
        match kind {
            ReadErrorKind::NotUtf8 | ReadErrorKind::NotJson => {
                write!(f, "{place} is not {expected}: {found}")
            }
            ReadErrorKind::Missing => write!(f, "{place} is missing"),
            ReadErrorKind::Repeated => write!(f, "{place} is there twice"),
            ReadErrorKind::WrongType | ReadErrorKind::WrongText => {
                write!(f, "{place}: expected {expected}, found {found}")
            }
        }
    }
}

impl Error for ReadError {}

/// Why a value has no JSON form, and which: a date beyond the years of four digits, a number that
/// is not finite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteError(Box<Unwritable>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Unwritable {
    path: String,
    message: String,
}

impl WriteError {
    pub(super) fn new(path: String, error: &serde_json::Error) -> Self {
        Self(Box::new(Unwritable { path, message: error.to_string() }))
    }

    /// The JSON path of the value at fault, such as `data.access_levels[1].expires_at`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unwritable { path, message } = &*self.0;
        write!(f, "{path}: {message}")
    }
}

impl Error for WriteError {}
