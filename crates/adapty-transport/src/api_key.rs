//! The app's secret key: what it may look like, and how it travels.

use std::fmt;

use crate::error::Error;

/// The secret API key of one app, as the dashboard shows it.
///
/// Its shape is not checked beyond "can travel in a header": Adapty's documents show
/// `secret_live_…` in examples only. No output of this crate contains it, [`Debug`](fmt::Debug)
/// included.
#[derive(Clone)]
pub struct ApiKey {
    text: Box<str>,
}

impl ApiKey {
    /// Takes the key itself, without the scheme word `Api-Key`.
    ///
    /// # Errors
    ///
    /// [`Configuration`](crate::ErrorKind::Configuration) when the key
    /// - is empty,
    /// - has a character other than visible ASCII: a space, the line end of a secret file, `é`.
    pub fn new(key: impl Into<String>) -> Result<Self, Error> {
        let text = key.into().into_boxed_str();
        if text.is_empty() {
            return Err(Error::configuration("the API key is empty"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::configuration(
                "the API key has a character that is not visible ASCII, such as a space or a line end",
            ));
        }
        Ok(Self { text })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it looks like the documents' keys of an app in production.
    pub(crate) fn is_live(&self) -> bool {
        self.text.starts_with("secret_live_")
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let key = ApiKey::new("secret_live_BEHrYLTr").unwrap();
        assert_eq!(format!("{key:?}"), "ApiKey(…)");
    }

    #[test]
    fn a_key_that_cannot_travel_is_refused_without_being_shown() {
        for key in ["", "two words", "line\n", "tab\t", "clé", "null\0", "a\r\nX-Evil: 1"] {
            let error = ApiKey::new(key).unwrap_err().to_string();
            assert!(error.starts_with("the API key "), "{error}");
            assert!(key.is_empty() || !error.contains(key), "{error}");
        }
    }
}
