//! The requested identity: whom the headers of a request name.

use adapty_model::Identity;
use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

use crate::reply::Refusal;

/// The header that carries the developer's own user id.
pub(crate) const CUSTOMER_HEADER: HeaderName = HeaderName::from_static("adapty-customer-user-id");
/// The header that carries Adapty's profile id.
pub(crate) const PROFILE_HEADER: HeaderName = HeaderName::from_static("adapty-profile-id");

/// The identity headers of one request; at least one of them is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestedIdentity<'a> {
    pub(crate) customer: Option<&'a str>,
    pub(crate) profile: Option<Uuid>,
}

impl RequestedIdentity<'_> {
    /// Each id that was sent, the developer's own first.
    pub(crate) fn identities(&self) -> impl Iterator<Item = Identity> {
        let customer = self.customer.map(Identity::customer);
        customer.into_iter().chain(self.profile.map(Identity::profile))
    }
}

impl<'a> RequestedIdentity<'a> {
    /// Reads the identity headers.
    pub(crate) fn read(headers: &'a HeaderMap) -> Result<Self, Refusal> {
        let customer = only(headers, &CUSTOMER_HEADER)?;
        let profile = only(headers, &PROFILE_HEADER)?;
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

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Refusal::RepeatedIdentity);
    }
    Ok(first)
}

fn text(value: &HeaderValue) -> Result<&str, Refusal> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok("") => Err(Refusal::EmptyIdentity),
        Ok(text) => Ok(text),
        Err(_) => Err(Refusal::IdentityIsNotUtf8),
    }
}
