//! What an app keeps of a customer and no answer about the profile shows.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{
    integration_identifiers::IntegrationIdentifiers, refund_saver::RefundSaver, wallet::Wallet,
};

/// What an app keeps of a customer and no answer about the profile shows.
#[derive(Clone, Debug, Default)]
pub(crate) struct PrivateData {
    /// Names, e-mail and the like by their wire keys, as create and update profile set them.
    pub(crate) personal: BTreeMap<String, Value>,
    pub(crate) refund_saver: RefundSaver,
    pub(crate) identifiers: Arc<IntegrationIdentifiers>,
    pub(crate) wallet: Arc<Wallet>,
}

impl PrivateData {
    /// What it takes of the server's budget.
    pub(super) fn size(&self) -> usize {
        let personal = self.personal.iter();
        let personal: usize =
            personal.map(|(name, value)| name.len() + value.to_string().len() + 64).sum();
        personal + self.identifiers.size() + self.wallet.size()
    }
}
