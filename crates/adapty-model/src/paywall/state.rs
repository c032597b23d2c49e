//! Whether a paywall is in use.

use crate::json::open_enum::open_enum;

open_enum! {
    /// Whether a paywall is in use.
    ///
    /// Wire: `state`.
    PaywallState, "a paywall state" {
        /// Not yet: `draft`.
        Draft = "draft",
        /// It is: `live`.
        Live = "live",
        /// No longer: `inactive`.
        Inactive = "inactive",
        /// No longer, and put away: `archived`.
        Archived = "archived",
        ..
        /// A value no document knows.
        Other
    }
}
