//! The documented wire formats of one body.

/// A documented wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WireFormat {
    OlderPage,
    OlderObjectsPage,
    NewerPage,
    OpenApi,
}
