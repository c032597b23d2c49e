//! The texts an app shows on a paywall.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

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
///
/// What it has besides, of which no document knows, is kept and written back: an update replaces all of a
/// config, so that what were passed over would be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteConfig {
    /// The language, such as `en`. Wire: `locale`, a string; required.
    pub locale: String,

    /// The JSON, as a text. Wire: `data`, a string with JSON in it; required.
    pub data: String,

    rest: BTreeMap<String, Value>,
}

impl RemoteConfig {
    /// A config from its two fields.
    pub fn new(locale: impl Into<String>, data: impl Into<String>) -> Self {
        Self { locale: locale.into(), data: data.into(), rest: BTreeMap::new() }
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

impl Serialize for RemoteConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(2 + self.rest.len()))?;
        object.serialize_entry("locale", &self.locale)?;
        object.serialize_entry("data", &self.data)?;
        for (name, value) in &self.rest {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for RemoteConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("RemoteConfig", &["locale", "data"], Object)
    }
}

/// By hand, since derive either passes unknown fields over or loses the places of errors.
struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = RemoteConfig;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a remote config object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<RemoteConfig, A::Error> {
        let (mut locale, mut data, mut rest) = (None, None, BTreeMap::new());
        while let Some(name) = fields.next_key::<String>()? {
            let (known, name) = match name.as_str() {
                "locale" => (&mut locale, "locale"),
                "data" => (&mut data, "data"),
                _ => {
                    rest.insert(name, fields.next_value()?);
                    continue;
                }
            };
            if known.is_some() {
                return Err(A::Error::duplicate_field(name));
            }
            *known = Some(fields.next_value()?);
        }
        let locale = locale.ok_or_else(|| A::Error::missing_field("locale"))?;
        let data = data.ok_or_else(|| A::Error::missing_field("data"))?;
        Ok(RemoteConfig { locale, data, rest })
    }
}
