//! Why an answer is not what was asked for.

use std::fmt;

use super::spec::Meaning;
use crate::errors::ErrorResponse;
use crate::json::ReadError;

/// Why an answer is not what the operation wanted to know.
///
/// Neither `Display` nor `Debug` shows the server's words, which may name the customer.
#[non_exhaustive]
pub enum AnswerError {
    /// The status is not the one of success.
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the operation's error codes say beyond it; `None` proves nothing, least of all that
        /// there is no such profile.
        meaning: Option<Meaning>,
        /// The body, if it is in one of the API's forms. The server's words: they may name the
        /// customer.
        error: Option<ErrorResponse>,
    },
    /// The status is the one of success, and the body is not what the operation answers.
    Unreadable(ReadError),
}

impl fmt::Debug for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, meaning, .. } => f
                .debug_struct("Refused")
                .field("status", status)
                .field("meaning", meaning)
                .finish_non_exhaustive(),
            Self::Unreadable(error) => f.debug_tuple("Unreadable").field(error).finish(),
        }
    }
}

impl fmt::Display for AnswerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, meaning: Some(meaning), .. } => {
                write!(f, "{meaning} (status {status})")
            }
            Self::Refused { status, .. } => write!(f, "refused with status {status}"),
            Self::Unreadable(_) => f.write_str("the answer cannot be read"),
        }
    }
}

impl std::error::Error for AnswerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable(error) => Some(error),
            Self::Refused { .. } => None,
        }
    }
}
