//! What the validation of a token changes.
//!
//! No document says what becomes of rows that are there already. Ours: a row takes the place of the one
//! of the same purchase, so that a repeated validation changes nothing but the time of the change.

use std::sync::Arc;

use adapty_model::Identity;

use super::{
    profile::{StoredProfile, Unchangeable},
    send_events::ToSend,
    state::State,
    store_tokens::ImportedPurchase,
};
use crate::{
    profile_lists::{List, NON_SUBSCRIPTIONS, Rows},
    raw_json::Object,
};

impl State {
    /// Brings a purchase into the profile of a customer, who gets one if there is none.
    pub(crate) fn import_purchase(
        &mut self,
        customer: &str,
        purchase: &ImportedPurchase,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let known = self.profiles().get(&Identity::customer(customer)).map(Arc::clone);
        let imported = match known {
            Some(stored) => self.change_profile(&stored, |data| add(purchase, data))?,
            None => {
                let created = self.new_profile(Some(customer), None)?;
                self.put_new(created.changed(|data| add(purchase, data))?)?
            }
        };
        let events = purchase.access_level_ids().map(|level| ToSend::Level(level, None)).collect();
        self.send_events(&imported, None, events);
        Ok(imported)
    }
}

/// Adds the rows of a purchase to a profile's `data`.
fn add(purchase: &ImportedPurchase, data: &mut Object<'_>) -> Result<(), Unchangeable> {
    for (list, imported) in purchase.lists() {
        if imported.is_empty() {
            continue;
        }
        let mut rows = Rows::read(data, list).ok_or(Unchangeable::NoProfile)?;
        for row in imported.iter().filter_map(|row| Object::parse(row.get())) {
            match rows.rows.iter_mut().find(|known| is_same_purchase(known, &row, list)) {
                Some(known) => *known = row.into_owned(),
                None => rows.rows.push(row.into_owned()),
            }
        }
        rows.write(data);
    }
    Ok(())
}

/// Whether two rows are of one purchase.
fn is_same_purchase(known: &Object<'_>, row: &Object<'_>, list: List) -> bool {
    let fields: &[&str] = match list.name {
        name if name == NON_SUBSCRIPTIONS.name => &["store_product_id", "store_transaction_id"],
        _ => &["access_level_id", "store", "store_product_id", "store_original_transaction_id"],
    };
    fields.iter().all(|field| known.read::<String>(field) == row.read::<String>(field))
}
