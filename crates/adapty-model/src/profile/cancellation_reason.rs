//! Why a subscription ended, or will not be renewed.

use crate::json::open_enum::open_enum;

open_enum! {
    /// Why a subscription ended, or will not be renewed.
    ///
    /// Wire: `cancellation_reason`. The last three stand in the requests of the OpenAPI
    /// file and not in its tables of answers.
    CancellationReason, "a cancellation reason" {
        /// The customer cancelled: `voluntarily_cancelled`.
        VoluntarilyCancelled = "voluntarily_cancelled",
        /// A payment failed: `billing_error`.
        BillingError = "billing_error",
        /// The customer did not accept a higher price: `price_increase`.
        PriceIncrease = "price_increase",
        /// The product was withdrawn: `product_was_not_available`.
        ProductWasNotAvailable = "product_was_not_available",
        /// The purchase was refunded: `refund`.
        Refund = "refund",
        /// The customer went on to another product: `upgraded`.
        Upgraded = "upgraded",
        /// The store gave no reason: the documented `unknown`.
        Unknown = "unknown",
        /// The developer cancelled: `cancelled_by_developer`.
        CancelledByDeveloper = "cancelled_by_developer",
        /// Another subscription took its place: `new_subscription_replace`.
        NewSubscriptionReplace = "new_subscription_replace",
        /// Access was revoked through Adapty: `adapty_revoked`.
        AdaptyRevoked = "adapty_revoked",
        ..
        /// A value no document knows.
        Other
    }
}
