//! Whose profile is asked for, and how that travels.

use std::fmt;

use adapty_model::uuid::Uuid;
use hyper::{
    body::Bytes,
    header::{HeaderName, HeaderValue},
};

use crate::error::Error;

/// Whose profile is meant: exactly one of the two ids Adapty knows a user by.
///
/// [`Debug`](fmt::Debug) hides the id.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Identity {
    /// Adapty's own id of the profile; finds anonymous profiles too.
    ///
    /// Wire: header `adapty-profile-id`.
    ProfileId(Uuid),
    /// The developer's own id of the user, compared byte by byte.
    ///
    /// Wire: header `adapty-customer-user-id`, as the UTF-8 bytes of the text; how Adapty reads
    /// bytes beyond ASCII is not documented. An id that a header cannot carry unchanged is refused
    /// by the call, before anything is sent.
    CustomerUserId(String),
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

    pub(crate) fn into_header(self) -> Result<(HeaderName, HeaderValue), Error> {
        let (name, text) = match self {
            Self::ProfileId(id) => ("adapty-profile-id", id.to_string()),
            Self::CustomerUserId(id) => {
                refuse_what_cannot_travel(&id)?;
                ("adapty-customer-user-id", id)
            }
        };
        let mut value = HeaderValue::from_maybe_shared(Bytes::from(text))
            .expect("text without control characters is a header value");
        value.set_sensitive(true);
        Ok((HeaderName::from_static(name), value))
    }
}

fn refuse_what_cannot_travel(id: &str) -> Result<(), Error> {
    if id.is_empty() {
        Err(Error::identity("the customer user id is empty"))
    } else if id.contains(char::is_control) {
        Err(Error::identity("the customer user id has a control character in it"))
    } else if id.trim() != id {
        // A header's value loses the white space around it on the way.
        Err(Error::identity("the customer user id begins or ends with white space"))
    } else {
        Ok(())
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
            Self::ProfileId(_) => "ProfileId(…)",
            Self::CustomerUserId(_) => "CustomerUserId(…)",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    fn refused(id: &str) -> String {
        Identity::customer(id).into_header().unwrap_err().to_string()
    }

    #[test]
    fn a_customer_id_travels_as_its_bytes() {
        let (name, value) = Identity::customer("Zoë 東京/ü").into_header().unwrap();
        assert_eq!(name, "adapty-customer-user-id");
        assert_eq!(value.as_bytes(), "Zoë 東京/ü".as_bytes());
        assert!(value.is_sensitive());
    }

    #[test]
    fn a_profile_id_travels_in_lower_case_with_dashes() {
        let id = Uuid::from_u128(0xD8533A10_BCCE_4E33_8C9D_88B05AC56559);
        let (name, value) = Identity::from(id).into_header().unwrap();
        assert_eq!(name, "adapty-profile-id");
        assert_eq!(value, "d8533a10-bcce-4e33-8c9d-88b05ac56559");
    }

    #[test]
    fn an_empty_id_is_refused() {
        assert_eq!(refused(""), "the customer user id is empty");
    }

    #[test]
    fn every_control_character_is_refused_wherever_it_stands() {
        for code in (0..=0x1F).chain(0x7F..=0x9F) {
            let control = char::from(code);
            for id in [format!("a{control}b"), format!("{control}b"), format!("a{control}")] {
                assert_eq!(refused(&id), "the customer user id has a control character in it");
            }
        }
    }

    #[test]
    fn white_space_around_an_id_is_refused_and_within_it_is_kept() {
        for id in [" a", "a ", " ", "\u{a0}a", "a\u{3000}"] {
            assert_eq!(refused(id), "the customer user id begins or ends with white space");
        }
        assert!(Identity::customer("a b").into_header().is_ok());
    }

    proptest! {
        #[test]
        fn no_id_makes_a_second_header_or_arrives_changed(id in any::<String>()) {
            match Identity::customer(id.clone()).into_header() {
                Ok((_, value)) => {
                    prop_assert_eq!(value.as_bytes(), id.as_bytes());
                    prop_assert!(!id.contains(['\r', '\n', '\0']));
                    prop_assert_eq!(id.trim(), id.as_str());
                }
                Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Identity),
            }
        }
    }

    #[test]
    fn debug_hides_the_id() {
        let shown = format!("{:?}", Identity::customer("jane.doe@example.com"));
        assert_eq!(shown, "CustomerUserId(…)");
        assert_eq!(format!("{:?}", Identity::profile(Uuid::nil())), "ProfileId(…)");
    }
}
