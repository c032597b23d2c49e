//! The stores a purchase can be made in.

use crate::json::open_enum::open_enum;

open_enum! {
    /// Where a purchase was made.
    ///
    /// Wire: `store`. `paddle` is from the OpenAPI file, `adapty` from its profile request; the
    /// others stand in every document. Anything else is the id of a custom store.
    Store, "a store" {
        /// Apple's App Store: `app_store`.
        AppStore = "app_store",
        /// Google Play: `play_store`.
        PlayStore = "play_store",
        /// Stripe: `stripe`.
        Stripe = "stripe",
        /// Paddle: `paddle`.
        Paddle = "paddle",
        /// No store at all, a grant of Adapty's own: `adapty`.
        Adapty = "adapty",
        ..
        /// A custom store, by the id it has in the Adapty Dashboard.
        Custom
    }
}
