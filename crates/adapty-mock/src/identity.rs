//! Whom a request is about.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::refusal::Refusal;

/// The header that carries the developer's own user id.
pub(crate) const CUSTOMER_HEADER: HeaderName = HeaderName::from_static("adapty-customer-user-id");
/// The header that carries Adapty's profile id.
pub(crate) const PROFILE_HEADER: HeaderName = HeaderName::from_static("adapty-profile-id");

/// One way to name a profile: by the developer's own user id, or by Adapty's profile id.
///
/// As JSON: `{"customer_user_id": "…"}` or `{"profile_id": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Identity {
    /// The developer's own user id; compared byte for byte.
    #[serde(rename = "customer_user_id")]
    Customer(String),
    /// Adapty's profile id.
    #[serde(rename = "profile_id")]
    Profile(Uuid),
}

impl From<&str> for Identity {
    fn from(customer_user_id: &str) -> Self {
        Self::Customer(customer_user_id.to_owned())
    }
}

impl From<String> for Identity {
    fn from(customer_user_id: String) -> Self {
        Self::Customer(customer_user_id)
    }
}

impl From<Uuid> for Identity {
    fn from(profile_id: Uuid) -> Self {
        Self::Profile(profile_id)
    }
}

/// The identity headers of one request; at least one of them is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a> {
    pub(crate) customer: Option<&'a str>,
    pub(crate) profile: Option<Uuid>,
}

impl<'a> Named<'a> {
    /// Reads the identity headers. The few lines of a request are walked once: that is quicker than
    /// to hash.
    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let (mut customer, mut profile) = (None, None);
        for (name, value) in headers {
            let one = match name {
                _ if *name == CUSTOMER_HEADER => &mut customer,
                _ if *name == PROFILE_HEADER => &mut profile,
                _ => continue,
            };
            if one.replace(value).is_some() {
                return Err(Refusal::RepeatedIdentity);
            }
        }
        if customer.is_none() && profile.is_none() {
            return Err(Refusal::NoIdentity);
        }
        let profile = profile.map(text).transpose()?;
        Ok(Self {
            customer: customer.map(text).transpose()?,
            profile: profile
                .map(|id| Uuid::try_parse(id).map_err(|_| Refusal::ProfileIdIsNoUuid))
                .transpose()?,
        })
    }
}

fn text(value: &HeaderValue) -> Result<&str, Refusal> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok("") => Err(Refusal::EmptyIdentity),
        Ok(text) => Ok(text),
        Err(_) => Err(Refusal::IdentityIsNotUtf8),
    }
}
