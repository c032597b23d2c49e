//! What a transaction came from.

use crate::json::open_enum::open_enum;

open_enum! {
    /// What a transaction of a virtual currency came from.
    ///
    /// Wire: `transaction_type`.
    VirtualCurrencyTransactionType, "a transaction type" {
        /// A purchase: `store_purchase`.
        StorePurchase = "store_purchase",
        /// A subscription that was renewed: `subscription_renewal`.
        SubscriptionRenewal = "subscription_renewal",
        /// A trial that began: `trial_start`.
        TrialStart = "trial_start",
        /// A request to this API: `api_transaction`.
        ApiTransaction = "api_transaction",
        /// Someone at the Adapty Dashboard: `dashboard_transaction`.
        DashboardTransaction = "dashboard_transaction",
        /// A purchase that was refunded: `refund`.
        Refund = "refund",
        /// Time: `expiry`.
        Expiry = "expiry",
        ..
        /// A value no document knows.
        Other
    }
}
