//! The documents' own bodies, embedded as they are.

use bytes::Bytes;
use uuid::{Uuid, uuid};

/// The bytes of a body by its file's name.
macro_rules! fixture {
    ($name:literal) => {
        Bytes::from_static(include_bytes!(concat!("../fixtures/", $name, ".json")))
    };
}

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

/// The documented 400 of a body that is not JSON.
pub(crate) const PARSE_ERROR: Bytes = fixture!("grant_access_level.400.fragment.parse_error");
/// The documented 400 of a purchase operation without a profile.
pub(crate) const PROFILE_DOES_NOT_EXIST_AS_400: Bytes =
    fixture!("grant_access_level.400.fragment.profile_does_not_exist");
/// The documented 400 of a revocation where the profile has no such level.
pub(crate) const PROFILE_PAID_ACCESS_LEVEL_DOES_NOT_EXIST: Bytes =
    fixture!("revoke_access_level.400.fragment.profile_paid_access_level_does_not_exist");
/// The documented 400 of a revocation later than the level's end.
pub(crate) const REVOCATION_DATE_MORE_THAN_EXPIRATION_DATE: Bytes =
    fixture!("revoke_access_level.400.fragment.revocation_date_more_than_expiration_date");
/// The documented 400 of a revocation in the past.
pub(crate) const VALUE_ERROR: Bytes = fixture!("revoke_access_level.400.fragment.value_error");

/// The documented 400 of each rule that a transaction may break.
pub(crate) mod transaction_rules {
    use bytes::Bytes;

    pub(crate) const STORE_TRANSACTION_ID: Bytes =
        fixture!("set_transaction.400.fragment.store_transaction_id_error");
    pub(crate) const FAMILY_SHARE_PRICE: Bytes =
        fixture!("set_transaction.400.fragment.family_share_price_error");
    pub(crate) const ORIGINALLY_PURCHASED_DATE: Bytes =
        fixture!("set_transaction.400.fragment.originally_purchased_date_error");
    pub(crate) const EXPIRES_DATE: Bytes =
        fixture!("set_transaction.400.fragment.expires_date_error");
    pub(crate) const RENEW_STATUS_CHANGED_DATE: Bytes =
        fixture!("set_transaction.400.fragment.renew_status_changed_date_error");
    pub(crate) const BILLING_ISSUE_DETECTED_DATE: Bytes =
        fixture!("set_transaction.400.fragment.billing_issue_detected_at_date_comparison_error");
    pub(crate) const GRACE_PERIOD_BILLING: Bytes =
        fixture!("set_transaction.400.fragment.grace_period_billing_error");
    pub(crate) const GRACE_PERIOD_EXPIRES_DATE: Bytes =
        fixture!("set_transaction.400.fragment.grace_period_expires_date_error");
    pub(crate) const ONE_TIME_PURCHASE_TRIAL: Bytes =
        fixture!("set_transaction.400.fragment.one_time_purchase_trial_error");
    pub(crate) const FREE_TRIAL_PRICE: Bytes =
        fixture!("set_transaction.400.fragment.free_trial_price_error");
    pub(crate) const MISSING_OFFER_ID: Bytes =
        fixture!("set_transaction.400.fragment.missing_offer_id");
    pub(crate) const REFUND_FIELDS: Bytes =
        fixture!("set_transaction.400.fragment.refund_fields_error");
    pub(crate) const REFUND_DATE: Bytes =
        fixture!("set_transaction.400.fragment.refund_date_error");
}
/// The documented 401 with texts for errors.
pub(crate) const INVALID_API_KEY: Bytes =
    Bytes::from_static(include_bytes!("../fixtures/refund_saver.401.openapi.unauthorized.json"));

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

/// The documented 404 of a paywall.
pub(crate) const PAYWALL_DOES_NOT_EXIST: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/get_paywall.404.openapi.paywall_does_not_exist.json"
));

/// The documented 400 of a page of paywalls that is too small or too large.
pub(crate) const PAGE_SIZE_INVALID: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/list_paywalls.400.openapi.validation_error.json"
));

/// The documented 400 of an update of a paywall without remote configs.
pub(crate) const PAYWALL_INVALID: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/update_paywall.400.openapi.validation_error.json"
));

/// The documented paywall.
pub(crate) const PAYWALL: &[u8] = include_bytes!("../fixtures/get_paywall.200.openapi.live.json");

/// The documented page of paywalls.
pub(crate) const PAYWALLS: &[u8] =
    include_bytes!("../fixtures/list_paywalls.200.openapi.first_page.json");

/// The documented 403 where virtual currencies are off.
pub(crate) const FEATURE_NOT_ENABLED: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/create_virtual_currency_transaction.403.openapi.feature_not_enabled.json"
));

/// The documented 400 of a balance of `COINS` that is less than what is to be taken.
pub(crate) const INSUFFICIENT_BALANCE: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/create_virtual_currency_transaction.400.openapi.insufficient_balance.json"
));

/// The documented 409 while a request with the same key is under way.
pub(crate) const IDEMPOTENCY_IN_FLIGHT: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/create_virtual_currency_transaction.409.openapi.idempotency_in_flight.json"
));

/// The documented 400 of a token of Stripe's, in the form of JSON:API.
pub(crate) const STRIPE_TOKEN_INVALID: Bytes =
    Bytes::from_static(include_bytes!("../fixtures/validate_stripe.400.openapi.json_api.json"));

/// The documented 200 of a token of Stripe's.
pub(crate) const STRIPE_VALIDATED: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/validate_stripe_purchase.200.openapi.null_data.json"
));

/// Paddle's documented 400, as the OpenAPI file has it.
pub(crate) const PADDLE_NO_PRODUCTS_OPENAPI: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/validate_paddle_purchase.400.openapi.no_products_found.json"
));

/// Paddle's documented 400, as the fragments have it.
pub(crate) const PADDLE_NO_PRODUCTS_FRAGMENT: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/validate_paddle_purchase.400.fragment.no_products_found.json"
));

/// Paddle's documented 400, as the OpenAPI file has it.
pub(crate) const PADDLE_NO_KEY_OPENAPI: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/validate_paddle_purchase.400.openapi.paddle_api_key_not_found.json"
));

/// Paddle's documented 400, as the fragments have it.
pub(crate) const PADDLE_NO_KEY_FRAGMENT: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/validate_paddle_purchase.400.fragment.paddle_api_key_not_found.json"
));

/// Paddle's documented 400, as the OpenAPI file has it.
pub(crate) const PADDLE_NO_PURCHASE_OPENAPI: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/validate_paddle_purchase.400.openapi.invalid_credentials_or_purchase_not_found.json"
));

/// Paddle's documented 400, as the fragments have it.
pub(crate) const PADDLE_NO_PURCHASE_FRAGMENT: Bytes = Bytes::from_static(include_bytes!(
    "../fixtures/validate_paddle_purchase.400.fragment.invalid_credentials_or_purchase_not_found.json"
));

const OLDER_PAGE_EXPIRED: &[u8] =
    include_bytes!("../fixtures/get_profile.200.older-page.expired_premium.json");
const OURS_DICTIONARIES: &[u8] =
    include_bytes!("../fixtures/get_profile.200.ours.dictionaries.json");
const NEWER_PAGE_LIFETIME: &[u8] =
    include_bytes!("../fixtures/get_profile.200.newer-page.lifetime_premium.json");
const OPENAPI_LIFETIME: &[u8] =
    include_bytes!("../fixtures/get_profile.200.openapi.lifetime_premium.json");
pub(crate) const OPENAPI_EMPTY: &[u8] =
    include_bytes!("../fixtures/create_profile.200.openapi.empty_lists.json");
