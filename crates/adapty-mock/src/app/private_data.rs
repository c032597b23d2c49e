//! What an app keeps of a customer and no answer about the profile shows.

use std::collections::BTreeMap;

use serde_json::Value;

/// What an app keeps of a customer and no answer about the profile shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct PrivateData {
    /// Names, e-mail and the like by their wire keys, as create and update profile set them.
    pub(crate) personal: BTreeMap<String, Value>,
}

impl PrivateData {
    /// What it takes of the server's budget.
    pub(super) fn size(&self) -> usize {
        self.personal.iter().map(|(name, value)| name.len() + value.to_string().len() + 64).sum()
    }
}
