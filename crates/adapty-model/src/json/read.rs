//! From a body's bytes to a value.

use serde::de::DeserializeOwned;

use super::diagnose::read_again;
use super::error::{ReadError, ReadErrorKind};

/// Reads a body. Nothing is spent on a good one beyond one look at its UTF-8 and one at its JSON.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, ReadError> {
    let text = str::from_utf8(body).map_err(|error| {
        let found = format!("an invalid byte at offset {}", error.valid_up_to());
        ReadError::new(ReadErrorKind::NotUtf8, String::new(), "UTF-8 text", found)
    })?;
    serde_json::from_str(text).or_else(|_| read_again(text))
}
