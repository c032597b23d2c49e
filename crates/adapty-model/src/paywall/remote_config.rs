//! The texts an app shows on a paywall.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json::object::object;
use crate::json::{self, ReadError, WriteError};

/// What a paywall tells the app in one language: JSON, kept as the text it is.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let config = adapty_model::RemoteConfig::new("en", r#"{"title": "Premium"}"#);
/// let texts: BTreeMap<String, String> = config.json()?;
/// assert_eq!(texts["title"], "Premium");
/// # Ok::<(), adapty_model::ReadError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a remote config object")]
#[non_exhaustive]
pub struct RemoteConfig {
    /// The language, such as `en`. Wire: `locale`, a string; required.
    pub locale: String,

    /// The JSON, as a text. Wire: `data`, a string with JSON in it; required.
    pub data: String,
}

impl RemoteConfig {
    /// A config from its two fields.
    pub fn new(locale: impl Into<String>, data: impl Into<String>) -> Self {
        Self { locale: locale.into(), data: data.into() }
    }

    /// A config whose data is this value's JSON.
    ///
    /// # Errors
    ///
    /// The value has no JSON form, such as a dictionary whose keys are no texts.
    pub fn of(locale: impl Into<String>, value: &impl Serialize) -> Result<Self, WriteError> {
        let data = json::write(value)?;
        Ok(Self::new(locale, String::from_utf8_lossy(&data)))
    }

    /// Reads the data as JSON.
    ///
    /// # Errors
    ///
    /// - The data is no JSON.
    /// - It is not what `T` reads; the error's path begins inside the data.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ReadError> {
        json::read(self.data.as_bytes())
    }
}

object!(RemoteConfig);
