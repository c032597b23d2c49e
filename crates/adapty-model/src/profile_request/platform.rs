//! What an app runs on.

use crate::json::open_enum::open_enum;

open_enum! {
    /// What the customer's app runs on.
    ///
    /// Wire: `platform` of an installation, and the header `adapty-platform`; spelled as shown, which
    /// the vendors' own names are.
    Platform, "a platform" {
        /// An iPhone: `iOS`.
        Ios = "iOS",
        /// A Mac: `macOS`.
        MacOs = "macOS",
        /// An iPad: `iPadOS`.
        IpadOs = "iPadOS",
        /// A Vision Pro: `visionOS`.
        VisionOs = "visionOS",
        /// Android: `Android`.
        Android = "Android",
        /// A browser: `web`. In the newest documents alone.
        Web = "web",
        ..
        /// A value no document knows.
        Other
    }
}
