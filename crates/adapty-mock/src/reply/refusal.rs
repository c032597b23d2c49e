//! Why a request is refused before its operation begins.

use http::StatusCode;

use super::Reply;

/// A reason to refuse, in the order of the checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoKey,
    RepeatedKey,
    BearerScheme,
    OtherScheme,
    EmptyKey,
    KeyTooLong,
    UnknownKey,
    TooManyApps,
    NoRoom,
    NoIdentity,
    EmptyIdentity,
    RepeatedIdentity,
    IdentityIsNotUtf8,
    ProfileIdIsNoUuid,
    TwoProfilesNamed,
}

impl Refusal {
    /// The answer: documented for the key, ours for the rest.
    pub(crate) fn reply(self) -> Reply {
        self.reply_with(Reply::unauthorized)
    }

    /// The answer of an operation that has a 401 of its own.
    pub(crate) fn reply_with(self, unauthorized: fn(&'static str) -> Reply) -> Reply {
        let reason = self.reason();
        match self {
            Self::NoKey
            | Self::RepeatedKey
            | Self::BearerScheme
            | Self::OtherScheme
            | Self::EmptyKey
            | Self::KeyTooLong
            | Self::UnknownKey => unauthorized(reason),
            Self::TooManyApps => {
                Reply::error(StatusCode::SERVICE_UNAVAILABLE, "too_many_apps", None, reason)
            }
            Self::NoRoom => {
                let code = "insufficient_storage";
                Reply::error(StatusCode::INSUFFICIENT_STORAGE, code, None, reason)
            }
            Self::ProfileIdIsNoUuid => Reply::invalid("adapty-profile-id", reason),
            Self::NoIdentity
            | Self::EmptyIdentity
            | Self::RepeatedIdentity
            | Self::IdentityIsNotUtf8
            | Self::TwoProfilesNamed => Reply::invalid("non_field_errors", reason),
        }
    }

    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NoKey => "no Authorization header; Adapty's is `Authorization: Api-Key <key>`",
            Self::RepeatedKey => "more than one Authorization header",
            Self::BearerScheme => "the Authorization scheme is Bearer; Adapty's is Api-Key",
            Self::OtherScheme => {
                "the Authorization header does not begin with `Api-Key ` and a key"
            }
            Self::EmptyKey => "the key after `Api-Key` is empty",
            Self::KeyTooLong => "the key is longer than 512 bytes",
            Self::UnknownKey => "the key is not on this server's list",
            Self::TooManyApps => {
                "this server holds as many apps as it may; this key would be one more"
            }
            Self::NoRoom => {
                "this server keeps as many bytes as it may; this key's app would be more"
            }
            Self::NoIdentity => "neither adapty-customer-user-id nor adapty-profile-id was sent",
            Self::EmptyIdentity => "an identity header is empty",
            Self::RepeatedIdentity => "an identity header was sent more than once",
            Self::IdentityIsNotUtf8 => "an identity header is not UTF-8",
            Self::ProfileIdIsNoUuid => "adapty-profile-id is not a UUID",
            Self::TwoProfilesNamed => "the two identity headers name different profiles",
        }
    }
}
