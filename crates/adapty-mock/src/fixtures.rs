//! The documents' own bodies, embedded as they are.

use bytes::Bytes;

/// One built-in example: who it is, and the body the documents print for them.
pub(crate) struct Example {
    pub(crate) profile_id: &'static str,
    pub(crate) customer_user_id: &'static str,
    pub(crate) body: &'static [u8],
}

/// The profiles every app starts with.
pub(crate) const EXAMPLES: [Example; 3] = [
    Example {
        profile_id: "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        customer_user_id: "8612ED7C-3477-466D-93AE-1854B8E5FDD5",
        body: include_bytes!("../fixtures/get_profile.200.seed0.expired_premium.json"),
    },
    Example {
        profile_id: "d8533a10-bcce-4e33-8c9d-88b05ac56559",
        customer_user_id: "77B14FB4-FD2A-4D38-AA3A-4C433F79863C",
        body: include_bytes!("../fixtures/get_profile.200.seed2.lifetime_premium.json"),
    },
    Example {
        profile_id: "3286abd3-48b0-4e9c-a5f6-ac0a006804a6",
        customer_user_id: "jane.doe@example.com",
        body: include_bytes!("../fixtures/create_profile.200.openapi.empty_lists.json"),
    },
];

/// The documented 401 of every profile operation.
pub(crate) const NOT_AUTHENTICATED: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/get_profile.401.seed0.not_authenticated.json"
));

/// The documented 404, newest form.
pub(crate) const PROFILE_DOES_NOT_EXIST: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/get_profile.404.openapi.profile_does_not_exist.json"
));
