//! Every operation of the API, a row each.
//!
//! Names, methods, paths and statuses are the OpenAPI file's; when a request may be sent again is our
//! decision, since no document says.

use std::borrow::Cow;

use uuid::Uuid;

use super::spec::Meaning::{
    AccessLevelNotFound, DuplicateSourceTransaction, FeatureNotEnabled, IdempotencyInFlight,
    InsufficientBalance, PaywallNotFound, ProfileNotFound,
};
use super::spec::Method::{Delete, Get, Patch, Post, Put};
use super::spec::Repeat::{Always, NotAfter500, OnlyIfUnseen, WithKey};
use super::spec::{Meaning, Spec};

/// Every operation of the API, in the order of the documents. Each is a type too: see the
/// implementations of [`Operation`](crate::Operation).
pub const OPERATIONS: &[Spec] = &[
    GET_PROFILE,
    CREATE_PROFILE,
    UPDATE_PROFILE,
    DELETE_PROFILE,
    SET_TRANSACTION,
    GRANT_ACCESS_LEVEL,
    REVOKE_ACCESS_LEVEL,
    VALIDATE_STRIPE_PURCHASE,
    VALIDATE_PADDLE_PURCHASE,
    REFUND_SAVER_SETTINGS,
    SET_REFUND_SAVER_SETTINGS,
    INTEGRATION_IDENTIFIERS,
    SET_INTEGRATION_IDENTIFIERS,
    LIST_PAYWALLS,
    GET_PAYWALL,
    UPDATE_PAYWALL,
    CREATE_VIRTUAL_CURRENCY_TRANSACTION,
    LIST_VIRTUAL_CURRENCY_TRANSACTIONS,
    VIRTUAL_CURRENCY_BALANCES,
];

const PROFILE: &str = "/api/v2/server-side-api/profile/";
const REFUND_SAVER: &str = "/api/v2/server-side-api/purchase/profile/refund-saver/settings/";
const IDENTIFIERS: &str =
    "/api/v2/server-side-api/integration/profile/set/integration-identifiers/";
const PAYWALL: &str = "/api/v2/server-side-api/paywalls/{paywall_id}/";
const CURRENCY_TRANSACTIONS: &str = "/api/v2/server-side-api/vc/transactions/";

const JSON: &str = "application/json";

/// The path of one paywall.
pub(super) fn paywall_path(paywall_id: Uuid) -> Cow<'static, str> {
    Cow::Owned(PAYWALL.replace("{paywall_id}", &paywall_id.to_string()))
}

type Codes = &'static [(&'static str, Meaning)];

/// Of the operations on `profile/`. `not_found` is the older page's word for a missing profile.
const PROFILE_CODES: Codes = &[
    ("profile_does_not_exist", ProfileNotFound),
    ("profile_not_found", ProfileNotFound),
    ("not_found", ProfileNotFound),
];
/// Of every other operation about a profile, where `not_found` may be said of anything.
const ABOUT_PROFILE_CODES: Codes =
    &[("profile_does_not_exist", ProfileNotFound), ("profile_not_found", ProfileNotFound)];
const ACCESS_LEVEL_CODES: Codes = &[
    ("profile_does_not_exist", ProfileNotFound),
    ("profile_not_found", ProfileNotFound),
    ("paid_access_level_does_not_exist", AccessLevelNotFound),
    ("profile_paid_access_level_does_not_exist", AccessLevelNotFound),
];
const CURRENCY_CODES: Codes = &[
    ("profile_does_not_exist", ProfileNotFound),
    ("profile_not_found", ProfileNotFound),
    ("insufficient_balance", InsufficientBalance),
    ("feature_not_enabled", FeatureNotEnabled),
    ("idempotency_in_flight", IdempotencyInFlight),
    ("duplicate_source_transaction", DuplicateSourceTransaction),
];
const PAYWALL_CODES: Codes = &[("paywall_does_not_exist", PaywallNotFound)];
const NO_CODES: Codes = &[];

pub(super) const GET_PROFILE: Spec = Spec {
    name: "get_profile",
    method: Get,
    path: PROFILE,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: Always,
    codes: PROFILE_CODES,
};

pub(super) const CREATE_PROFILE: Spec = Spec {
    name: "create_profile",
    method: Post,
    path: PROFILE,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: OnlyIfUnseen,
    codes: PROFILE_CODES,
};

pub(super) const UPDATE_PROFILE: Spec = Spec {
    name: "update_profile",
    method: Patch,
    path: PROFILE,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: NotAfter500,
    codes: PROFILE_CODES,
};

pub(super) const DELETE_PROFILE: Spec = Spec {
    name: "delete_profile",
    method: Delete,
    path: PROFILE,
    needs_identity: true,
    media_type: JSON,
    success: 204,
    repeat: NotAfter500,
    codes: PROFILE_CODES,
};

/// The same transaction ids are the same transaction.
pub(super) const SET_TRANSACTION: Spec = Spec {
    name: "set_transaction",
    method: Post,
    path: "/api/v2/server-side-api/purchase/set/transaction/",
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: NotAfter500,
    codes: ABOUT_PROFILE_CODES,
};

/// A grant with dates may be repeated after all: it says so itself.
pub(super) const GRANT_ACCESS_LEVEL: Spec = Spec {
    name: "grant_access_level",
    method: Post,
    path: "/api/v2/server-side-api/purchase/profile/grant/access-level/",
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: OnlyIfUnseen,
    codes: ACCESS_LEVEL_CODES,
};

/// As with a grant: one with a date may be repeated.
pub(super) const REVOKE_ACCESS_LEVEL: Spec = Spec {
    name: "revoke_access_level",
    method: Post,
    path: "/api/v2/server-side-api/purchase/profile/revoke/access-level/",
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: OnlyIfUnseen,
    codes: ACCESS_LEVEL_CODES,
};

/// The one operation outside the server-side API's path, in JSON:API's media type.
pub(super) const VALIDATE_STRIPE_PURCHASE: Spec = Spec {
    name: "validate_stripe_purchase",
    method: Post,
    path: "/api/v1/sdk/purchase/stripe/token/validate/",
    needs_identity: false,
    media_type: "application/vnd.api+json",
    success: 200,
    repeat: OnlyIfUnseen,
    codes: NO_CODES,
};

pub(super) const VALIDATE_PADDLE_PURCHASE: Spec = Spec {
    name: "validate_paddle_purchase",
    method: Post,
    path: "/api/v2/server-side-api/purchase/paddle/token/validate/",
    needs_identity: false,
    media_type: JSON,
    success: 200,
    repeat: OnlyIfUnseen,
    codes: NO_CODES,
};

pub(super) const REFUND_SAVER_SETTINGS: Spec = Spec {
    name: "refund_saver_settings",
    method: Get,
    path: REFUND_SAVER,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: Always,
    codes: ABOUT_PROFILE_CODES,
};

pub(super) const SET_REFUND_SAVER_SETTINGS: Spec = Spec {
    name: "set_refund_saver_settings",
    method: Post,
    path: REFUND_SAVER,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: NotAfter500,
    codes: ABOUT_PROFILE_CODES,
};

pub(super) const INTEGRATION_IDENTIFIERS: Spec = Spec {
    name: "integration_identifiers",
    method: Get,
    path: IDENTIFIERS,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: Always,
    codes: ABOUT_PROFILE_CODES,
};

pub(super) const SET_INTEGRATION_IDENTIFIERS: Spec = Spec {
    name: "set_integration_identifiers",
    method: Post,
    path: IDENTIFIERS,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: NotAfter500,
    codes: ABOUT_PROFILE_CODES,
};

pub(super) const LIST_PAYWALLS: Spec = Spec {
    name: "list_paywalls",
    method: Get,
    path: "/api/v2/server-side-api/paywalls/",
    needs_identity: false,
    media_type: JSON,
    success: 200,
    repeat: Always,
    codes: NO_CODES,
};

pub(super) const GET_PAYWALL: Spec = Spec {
    name: "get_paywall",
    method: Get,
    path: PAYWALL,
    needs_identity: false,
    media_type: JSON,
    success: 200,
    repeat: Always,
    codes: PAYWALL_CODES,
};

pub(super) const UPDATE_PAYWALL: Spec = Spec {
    name: "update_paywall",
    method: Put,
    path: PAYWALL,
    needs_identity: false,
    media_type: JSON,
    success: 200,
    repeat: NotAfter500,
    codes: PAYWALL_CODES,
};

pub(super) const CREATE_VIRTUAL_CURRENCY_TRANSACTION: Spec = Spec {
    name: "create_virtual_currency_transaction",
    method: Post,
    path: CURRENCY_TRANSACTIONS,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: WithKey,
    codes: CURRENCY_CODES,
};

pub(super) const LIST_VIRTUAL_CURRENCY_TRANSACTIONS: Spec = Spec {
    name: "list_virtual_currency_transactions",
    method: Get,
    path: CURRENCY_TRANSACTIONS,
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: Always,
    codes: CURRENCY_CODES,
};

pub(super) const VIRTUAL_CURRENCY_BALANCES: Spec = Spec {
    name: "virtual_currency_balances",
    method: Get,
    path: "/api/v2/server-side-api/vc/balances/",
    needs_identity: true,
    media_type: JSON,
    success: 200,
    repeat: Always,
    codes: CURRENCY_CODES,
};
