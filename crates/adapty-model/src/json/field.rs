//! Absent, `null` and a value are three facts, and `Option` tells two of them apart.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A field of a body that may be absent, `null` or a value, each of which says something else.
///
/// In a request to change something, an absent field leaves things as they are, and `null` clears
/// them. `false`, `0` and `""` are values, and are sent.
///
/// With serde a field of this type needs `default` and `skip_serializing_if = "Field::is_absent"`:
/// where a format or a place has no way to leave it out, an absent field is written as `null`.
///
/// ```
/// use adapty_model::{Field, ProfileRequest};
///
/// let mut request = ProfileRequest::new();
/// request.email = "jane.doe@example.com".into();
/// request.phone_number = Field::Null;
/// assert_eq!(request.first_name, Field::Absent);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// The field is not there.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field has this value.
    Value(T),
}

impl<T> Field<T> {
    /// Whether the field is not there; `null` is there.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The value, if there is one.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Value(value) => Field::Value(change(value)),
        }
    }
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Field<String> {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

/// Such a field of a UUID.
pub(crate) mod uuid {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use uuid::Uuid;

    use super::Field;

    #[derive(Serialize, Deserialize)]
    struct Wire(#[serde(with = "crate::json::uuid")] Uuid);

    pub(crate) fn serialize<S: Serializer>(
        id: &Field<Uuid>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        id.map(Wire).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Field<Uuid>, D::Error> {
        Ok(Field::<Wire>::deserialize(deserializer)?.map(|Wire(id)| id))
    }
}
