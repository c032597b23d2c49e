//! Refund saver settings of a customer.
//!
//! That both are `null` until they are set, and that a field which is absent stays as it is, is ours.

/// What a customer chose about refunds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RefundSaver {
    pub(crate) consent: Option<bool>,
    pub(crate) custom_preference: Option<&'static str>,
}

/// The preferences that the documents name.
pub(crate) const PREFERENCES: [&str; 3] = ["grant", "no_preference", "decline"];

/// What is to change; the outer `None` leaves a field as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RefundSaverChange {
    pub(crate) consent: Option<Option<bool>>,
    pub(crate) custom_preference: Option<Option<&'static str>>,
}
