//! Whose profile a request is about, and how that travels.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json;

/// Whose profile is meant: exactly one of the two ids Adapty knows a user by.
///
/// A request carries it in a header of its own; see [`header_name`](Self::header_name).
///
/// With serde: `{"customer_user_id": "…"}` or `{"profile_id": "…"}`. [`Debug`](fmt::Debug) hides the
/// id. There is deliberately no `From<&str>`: a profile id given as text would be taken for a
/// customer's.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Identity {
    /// The developer's own id of the user, compared byte by byte.
    #[serde(rename = "customer_user_id")]
    CustomerUserId(String),
    /// Adapty's own id of the profile; finds anonymous profiles too.
    #[serde(rename = "profile_id", with = "json::uuid")]
    ProfileId(Uuid),
}

impl Identity {
    /// The user with this id of the developer's own.
    pub fn customer(id: impl Into<String>) -> Self {
        Self::CustomerUserId(id.into())
    }

    /// The profile with this id of Adapty's.
    #[must_use]
    pub fn profile(id: Uuid) -> Self {
        Self::ProfileId(id)
    }

    /// The name of the header that carries the id: `adapty-customer-user-id` or
    /// `adapty-profile-id`.
    #[must_use]
    pub const fn header_name(&self) -> &'static str {
        match self {
            Self::CustomerUserId(_) => "adapty-customer-user-id",
            Self::ProfileId(_) => "adapty-profile-id",
        }
    }

    /// The value of that header: the text's UTF-8 bytes, a UUID in lower case with dashes.
    ///
    /// How Adapty reads bytes beyond ASCII is not documented.
    ///
    /// # Errors
    ///
    /// A customer user id that no header can carry unchanged:
    /// - an empty one,
    /// - one with a control character, such as a line end,
    /// - one that begins or ends with white space, which a header's value loses on the way.
    pub fn header_value(&self) -> Result<Cow<'_, str>, IdentityError> {
        match self {
            Self::ProfileId(id) => Ok(Cow::Owned(id.to_string())),
            Self::CustomerUserId(id) if id.is_empty() => Err(IdentityError::Empty),
            Self::CustomerUserId(id) if id.contains(char::is_control) => {
                Err(IdentityError::ControlCharacter)
            }
            Self::CustomerUserId(id) if id.trim() != id => {
                Err(IdentityError::SurroundingWhiteSpace)
            }
            Self::CustomerUserId(id) => Ok(Cow::Borrowed(id)),
        }
    }
}

impl From<Uuid> for Identity {
    fn from(id: Uuid) -> Self {
        Self::ProfileId(id)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CustomerUserId(_) => "CustomerUserId(…)",
            Self::ProfileId(_) => "ProfileId(…)",
        })
    }
}

/// Why a customer user id cannot travel in a header unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentityError {
    /// It is empty.
    Empty,
    /// It has a control character in it.
    ControlCharacter,
    /// It begins or ends with white space.
    SurroundingWhiteSpace,
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the customer user id is empty",
            Self::ControlCharacter => "the customer user id has a control character in it",
            Self::SurroundingWhiteSpace => "the customer user id begins or ends with white space",
        })
    }
}

impl std::error::Error for IdentityError {}
