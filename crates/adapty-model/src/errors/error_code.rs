//! The `error_code`s the documents name, and what some of them mean.
//!
//! The set is open: a code that is not here is as good as one that is. Statuses are those of the
//! documents' examples; the HTTP status of the answer wins where they differ. Where the documents name
//! a code and show no example, its meaning is read from its name and marked "by its name".
//!
//! What a code means depends on the operation: see [`Spec::meaning`](crate::Spec::meaning).

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)+) => {
        $($(#[$doc])* pub const $name: &str = $code;)+

        /// Every code above.
        pub const ALL: &[&str] = &[$($name),+];
    };
}

error_codes! {
    /// 401: no credentials, or wrong ones.
    NOT_AUTHENTICATED = "not_authenticated";
    /// 401 of refund saver, Paddle, integration identifiers and paywalls.
    UNAUTHORIZED = "unauthorized";
    /// 404 of get profile in the older page: there is no such profile.
    NOT_FOUND = "not_found";
    /// 404 of the newer documents, 400 of purchase operations: there is no such profile.
    PROFILE_DOES_NOT_EXIST = "profile_does_not_exist";
    /// 404 of integration identifiers: there is no such profile.
    PROFILE_NOT_FOUND = "profile_not_found";
    /// 400 of grant and revoke: the app has no such access level.
    PAID_ACCESS_LEVEL_DOES_NOT_EXIST = "paid_access_level_does_not_exist";
    /// 400 of revoke: the profile has no such access level.
    PROFILE_PAID_ACCESS_LEVEL_DOES_NOT_EXIST = "profile_paid_access_level_does_not_exist";
    /// 400 of revoke: later than the level ends anyway.
    REVOCATION_DATE_MORE_THAN_EXPIRATION_DATE = "revocation_date_more_than_expiration_date";
    /// 400 of revoke: a date in the past.
    VALUE_ERROR = "value_error";
    /// 400 of set transaction: a billing issue not later than the purchase.
    BILLING_ISSUE_DETECTED_AT_DATE_COMPARISON_ERROR =
        "billing_issue_detected_at_date_comparison_error";
    /// 400 of set transaction: an end not later than the purchase.
    EXPIRES_DATE_ERROR = "expires_date_error";
    /// 400 of set transaction: a price for something shared in the family.
    FAMILY_SHARE_PRICE_ERROR = "family_share_price_error";
    /// 400 of set transaction: a price for a free trial.
    FREE_TRIAL_PRICE_ERROR = "free_trial_price_error";
    /// 400 of set transaction: a grace period without a billing issue.
    GRACE_PERIOD_BILLING_ERROR = "grace_period_billing_error";
    /// 400 of set transaction: a grace period that ends before the subscription.
    GRACE_PERIOD_EXPIRES_DATE_ERROR = "grace_period_expires_date_error";
    /// 400 of set transaction: an offer without an id that is not introductory.
    MISSING_OFFER_ID = "missing_offer_id";
    /// 400 of set transaction: a trial of a one-time purchase.
    ONE_TIME_PURCHASE_TRIAL_ERROR = "one_time_purchase_trial_error";
    /// 400 of set transaction: a first purchase later than the latest.
    ORIGINALLY_PURCHASED_DATE_ERROR = "originally_purchased_date_error";
    /// 400 of set transaction: a refund not later than the purchase.
    REFUND_DATE_ERROR = "refund_date_error";
    /// 400 of set transaction: a refund without its reason, or the reason without a refund.
    REFUND_FIELDS_ERROR = "refund_fields_error";
    /// 400 of set transaction: renewal changed before the purchase.
    RENEW_STATUS_CHANGED_DATE_ERROR = "renew_status_changed_date_error";
    /// 400 of set transaction: two transactions for a one-time purchase.
    STORE_TRANSACTION_ID_ERROR = "store_transaction_id_error";
    /// 400: the request's body is not JSON.
    PARSE_ERROR = "parse_error";
    /// 400: something about the request, in the form whose errors are an object.
    BASE_ERROR = "base_error";
    /// 400: no date.
    DATETIME = "datetime";
    /// 400: no word of a closed set.
    ENUM = "enum";
    /// 400: the request does not hold what it should.
    VALIDATION_ERROR = "validation_error";
    /// 400 of Paddle: the purchase has no products.
    NO_PRODUCTS_FOUND = "no_products_found";
    /// 400 of Paddle: the app has no key for it.
    PADDLE_API_KEY_NOT_FOUND = "paddle_api_key_not_found";
    /// 400 of Paddle: a wrong key, or no such purchase.
    INVALID_PADDLE_CREDENTIALS_OR_PURCHASE_NOT_FOUND =
        "invalid_paddle_credentials_or_purchase_not_found";
    /// 404 of paywalls: there is no such paywall.
    PAYWALL_DOES_NOT_EXIST = "paywall_does_not_exist";
    /// 400 of virtual currencies: not enough left.
    INSUFFICIENT_BALANCE = "insufficient_balance";
    /// 400 of virtual currencies: the app has no such currency, by its name.
    UNKNOWN_CURRENCY = "unknown_currency";
    /// 400 of virtual currencies: a currency twice in one request, by its name.
    DUPLICATE_CURRENCY = "duplicate_currency";
    /// 400 of virtual currencies: an amount of nothing, by its name.
    AMOUNT_ZERO = "amount_zero";
    /// 400 of virtual currencies: more than a balance can hold, by its name.
    BALANCE_OVERFLOW = "balance_overflow";
    /// 400 of virtual currencies: a request without items, by its name.
    EMPTY_ITEMS = "empty_items";
    /// 400 of virtual currencies: an idempotency key that is no UUID, by its name.
    IDEMPOTENCY_KEY_INVALID = "idempotency_key_invalid";
    /// 400 of virtual currencies: a cursor that leads nowhere, by its name.
    INVALID_CURSOR = "invalid_cursor";
    /// 403 of virtual currencies: not turned on for the app.
    FEATURE_NOT_ENABLED = "feature_not_enabled";
    /// 409 of virtual currencies: the same request is under way.
    IDEMPOTENCY_IN_FLIGHT = "idempotency_in_flight";
    /// 409 of virtual currencies: a source that was used before, by its name.
    DUPLICATE_SOURCE_TRANSACTION = "duplicate_source_transaction";
    /// 429: too many requests, by its name.
    RATE_LIMITED = "rate_limited";
}
