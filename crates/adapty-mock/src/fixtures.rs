//! The documents' own bodies, embedded as they are.

use bytes::Bytes;
use uuid::{Uuid, uuid};

/// One built-in example: who it is, and the bodies that documents print for them.
#[derive(Debug)]
pub(crate) struct Example {
    pub(crate) profile_id: Uuid,
    pub(crate) customer_user_id: &'static str,
    /// The body in the document the example comes from.
    pub(crate) as_written: &'static [u8],
    /// The body in each wire format that a file shows: older page, older objects page, newer page,
    /// OpenAPI.
    pub(crate) in_format: [Option<&'static [u8]>; 4],
}

/// The profiles every app starts with.
pub(crate) static EXAMPLES: [Example; 3] = [
    Example {
        profile_id: uuid!("3fa85f64-5717-4562-b3fc-2c963f66afa6"),
        customer_user_id: "8612ED7C-3477-466D-93AE-1854B8E5FDD5",
        as_written: OLDER_PAGE_EXPIRED,
        in_format: [Some(OLDER_PAGE_EXPIRED), Some(OURS_DICTIONARIES), None, None],
    },
    Example {
        profile_id: uuid!("d8533a10-bcce-4e33-8c9d-88b05ac56559"),
        customer_user_id: "77B14FB4-FD2A-4D38-AA3A-4C433F79863C",
        as_written: NEWER_PAGE_LIFETIME,
        in_format: [None, None, Some(NEWER_PAGE_LIFETIME), Some(OPENAPI_LIFETIME)],
    },
    Example {
        profile_id: uuid!("3286abd3-48b0-4e9c-a5f6-ac0a006804a6"),
        customer_user_id: "jane.doe@example.com",
        as_written: OPENAPI_EMPTY,
        in_format: [None, None, Some(OPENAPI_EMPTY), Some(OPENAPI_EMPTY)],
    },
];

/// The documented 401 of every profile operation, the same in all editions.
pub(crate) const NOT_AUTHENTICATED: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/get_profile.401.older-page.not_authenticated.json"
));

/// The documented 404, newer form.
pub(crate) const PROFILE_DOES_NOT_EXIST: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/get_profile.404.openapi.profile_does_not_exist.json"
));

/// The documented 404, older form.
pub(crate) const NOT_FOUND: Bytes =
    Bytes::from_static(include_bytes!("../fixtures/get_profile.404.older-page.not_found.json"));

/// The documented 400 of a grant or revoke of `premium` where the app has no such level.
pub(crate) const PAID_ACCESS_LEVEL_DOES_NOT_EXIST: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/grant_access_level.400.fragment.paid_access_level_does_not_exist.json"
));

/// The documented 401 with texts for errors.
pub(crate) const INVALID_API_KEY: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/refund_saver.401.openapi.unauthorized.json"
));

/// The documented 400 of refund saver for a missing profile.
pub(crate) const REFUND_SAVER_PROFILE_DOES_NOT_EXIST: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/refund_saver.400.openapi.profile_does_not_exist.json"
));

/// The documented 400 of refund saver settings with neither field.
pub(crate) const REFUND_SAVER_INVALID: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/set_refund_saver_settings.400.openapi.validation_error.json"
));

/// The documented 404 of integration identifiers for a missing profile.
pub(crate) const PROFILE_NOT_FOUND: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/integration_identifiers.404.openapi.profile_not_found.json"
));

/// The documented 400 of integration identifiers without one.
pub(crate) const INTEGRATION_IDENTIFIERS_INVALID: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/set_integration_identifiers.400.openapi.validation_error.json"
));

const OLDER_PAGE_EXPIRED: &[u8] =
    include_bytes!("../fixtures/get_profile.200.older-page.expired_premium.json");
const OURS_DICTIONARIES: &[u8] =
    include_bytes!("../fixtures/get_profile.200.ours.dictionaries.json");
const NEWER_PAGE_LIFETIME: &[u8] =
    include_bytes!("../fixtures/get_profile.200.newer-page.lifetime_premium.json");
const OPENAPI_LIFETIME: &[u8] =
    include_bytes!("../fixtures/get_profile.200.openapi.lifetime_premium.json");
const OPENAPI_EMPTY: &[u8] =
    include_bytes!("../fixtures/create_profile.200.openapi.empty_lists.json");
