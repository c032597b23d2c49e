//! A customer's gender.

use crate::json::open_enum::open_enum;

open_enum! {
    /// A customer's gender.
    ///
    /// Wire: `gender`.
    Gender, "a gender" {
        /// Female: `f`.
        Female = "f",
        /// Male: `m`.
        Male = "m",
        /// Another one: `o`.
        Other = "o",
        ..
        /// A value no document knows.
        Unknown
    }
}
