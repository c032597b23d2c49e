//! What is known of an operation before any request of it is made.

use std::fmt;

use crate::errors::ErrorResponse;

/// What holds for every request of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// The documents' `operationId`, in Rust's spelling.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path behind the host, with its last slash; `{…}` stands for an id.
    pub path: &'static str,
    /// Whether one of the two identity headers has to be sent.
    pub needs_identity: bool,
    /// The media type of bodies, both ways: `Content-Type` and `Accept`.
    pub media_type: &'static str,
    /// The status of success.
    pub success: u16,
    /// When a request may be sent again, unless [it knows better itself](super::Operation::repeat).
    pub repeat: Repeat,
    /// The error codes that say more than the status, and what each means here.
    pub codes: &'static [(&'static str, Meaning)],
}

impl Spec {
    /// What an unsuccessful answer means beyond its status, told by its error code.
    ///
    /// Under a status with which the documents do not answer such a code, and without a code, a body
    /// proves nothing: a proxy's 404 is no missing profile.
    #[must_use]
    pub fn meaning(&self, status: u16, error: &ErrorResponse) -> Option<Meaning> {
        let code = error.error_code.as_deref()?;
        let meaning = self.codes.iter().find(|(known, _)| *known == code)?.1;
        meaning.statuses().contains(&status).then_some(meaning)
    }
}

/// The method of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
}

impl Method {
    /// The method as it stands in a request, in capitals.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// When a request may be sent again. The documents leave it open; this is our decision.
///
/// | what happened | `Always` | `NotAfter500` | `OnlyIfUnseen` |
/// | --- | --- | --- | --- |
/// | no byte of the request can have reached the server | yes | yes | yes |
/// | 429: the request was refused unread | yes | yes | yes |
/// | no answer came, or half of one; 408, 502, 503, 504 | yes | yes | no |
/// | 500 | yes | no | no |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Repeat {
    /// After anything that may pass by itself: reading changes nothing.
    Always,
    /// The second request leaves things as the first did, so a lost answer is no reason to give up;
    /// after a 500 it is.
    NotAfter500,
    /// Only where the server cannot have acted on it.
    OnlyIfUnseen,
    /// With the same `Idempotency-Key` like [`NotAfter500`](Self::NotAfter500), without one like
    /// [`OnlyIfUnseen`](Self::OnlyIfUnseen).
    WithKey,
}

/// What an error code means in the answer to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Meaning {
    /// The app has no such profile.
    ProfileNotFound,
    /// The app has no such access level.
    AccessLevelNotFound,
    /// The app has no such paywall.
    PaywallNotFound,
    /// A virtual currency's balance is less than what is to be taken from it; nothing was.
    InsufficientBalance,
    /// Virtual currencies are not turned on for the app.
    FeatureNotEnabled,
    /// A request with the same `Idempotency-Key` is under way. The same request again, after as long
    /// as `Retry-After` says, is told what became of it.
    IdempotencyInFlight,
    /// The transaction's source was used before, by the code's name. It is no use to send it again.
    DuplicateSourceTransaction,
}

impl Meaning {
    /// The statuses under which the documents show it, or nearly: a missing profile or level is a 400
    /// here and a 404 there, and one page has it under 401.
    const fn statuses(self) -> &'static [u16] {
        match self {
            Self::ProfileNotFound | Self::AccessLevelNotFound | Self::PaywallNotFound => {
                &[400, 401, 404]
            }
            Self::InsufficientBalance => &[400],
            Self::FeatureNotEnabled => &[403],
            Self::IdempotencyInFlight | Self::DuplicateSourceTransaction => &[409],
        }
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProfileNotFound => "profile not found",
            Self::AccessLevelNotFound => "access level not found",
            Self::PaywallNotFound => "paywall not found",
            Self::InsufficientBalance => "insufficient balance",
            Self::FeatureNotEnabled => "virtual currencies are not enabled",
            Self::IdempotencyInFlight => "the same request is under way",
            Self::DuplicateSourceTransaction => "the source transaction was used before",
        })
    }
}
