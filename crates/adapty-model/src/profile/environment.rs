//! Real and test purchases.

use crate::json::open_enum::open_enum;

open_enum! {
    /// Which of a store's two worlds a purchase belongs to.
    ///
    /// Wire: `environment`. Access levels of the newest documents leave it out.
    Environment, "an environment" {
        /// Real money: `Production`.
        Production = "Production",
        /// Test purchases: `Sandbox`.
        Sandbox = "Sandbox",
        ..
        /// A value no document knows.
        Other
    }
}
