//! Apple's App Tracking Transparency.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json;

/// What a customer answered when Apple asked whether the app may track them (App Tracking
/// Transparency). Two are equal when they are the same on the wire.
///
/// Wire: `att_status`, an integer.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum AttStatus {
    /// Not asked yet: `0`.
    NotDetermined,
    /// Not theirs to say, as with a child's device: `1`.
    Restricted,
    /// No: `2`.
    Denied,
    /// Yes: `3`.
    Authorized,
    /// A number no document knows.
    Other(i64),
}

impl AttStatus {
    /// The number as it stands on the wire.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::NotDetermined => 0,
            Self::Restricted => 1,
            Self::Denied => 2,
            Self::Authorized => 3,
            Self::Other(number) => number,
        }
    }
}

impl From<i64> for AttStatus {
    fn from(number: i64) -> Self {
        match number {
            0 => Self::NotDetermined,
            1 => Self::Restricted,
            2 => Self::Denied,
            3 => Self::Authorized,
            _ => Self::Other(number),
        }
    }
}

impl PartialEq for AttStatus {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for AttStatus {}

impl Serialize for AttStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.number())
    }
}

impl<'de> Deserialize<'de> for AttStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::integer::deserialize(deserializer).map(Self::from)
    }
}
