//! What a transaction changes that is shared in a family: an access level without transactions, of which
//! `access_level_updated` alone tells.
//!
//! The documents say no more. Ours: there is no row of a purchase and no revenue, and the same level of the
//! same product is the same row. Each transaction says how it goes on, but for one of an earlier period and for
//! one that was refunded, which stays so. A revoked level is given again by a new transaction alone.

use std::sync::Arc;

use super::{
    private_data::{PrivateData, RecordedTransaction},
    profile::{StoredProfile, Unchangeable},
    purchases::{LevelRow, Renewal},
    send_events::{Occasion, ToSend},
    set_transaction::changed_levels,
    state::State,
    transaction::Transaction,
    transaction_rows::Setting,
};
use crate::{
    dates,
    profile_lists::{ACCESS_LEVELS, Rows, date},
    raw_json::Object,
};

impl State {
    /// Records a transaction of the family, and gives what its product gives.
    pub(super) fn share_transaction(
        &mut self,
        stored: &StoredProfile,
        transaction: &Transaction,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let mut private = PrivateData::clone(&stored.private);
        let access_level = self.settings().access_level_of(&transaction.product).map(str::to_owned);
        let recorded = private.recorded(transaction);
        let period_ends_at = transaction.subscription.as_ref().map(|period| period.expires_at);
        private.record(transaction, period_ends_at);
        let setting = Setting {
            transaction,
            known: &stored.private,
            recorded,
            period_ends_at,
            access_level: access_level.as_deref(),
            now: self.now(),
            purchase_id: self.next_uuid(),
        };
        let changed =
            self.change_profile_and_private(stored, Some(private), |data| setting.share(data))?;
        let events = changed_levels(stored, &changed)
            .into_iter()
            .map(|level| ToSend::Level(level, None))
            .collect();
        let is_new = setting.recorded.is_none();
        let at = transaction.happened_at(is_new).unwrap_or(setting.now);
        let occasion = Occasion { at, environment: Some(&transaction.environment) };
        self.send_events_of(&occasion, &changed, None, events);
        Ok(changed)
    }
}

impl Setting<'_> {
    fn share(&self, data: &mut Object<'_>) -> Result<(), Unchangeable> {
        let Some(access_level_id) = self.access_level else { return Ok(()) };
        let transaction = self.transaction;
        let mut levels = Rows::read(data, ACCESS_LEVELS).ok_or(Unchangeable::NoProfile)?;
        let known = levels.rows.iter_mut().find(|row| {
            let is = |name, value: Option<&str>| row.read::<String>(name).as_deref() == value;
            is(ACCESS_LEVELS.id, Some(access_level_id))
                && is("store", Some(&transaction.id.store))
                && is("store_product_id", Some(&transaction.product))
                && is("store_original_transaction_id", None)
        });
        let later = known.as_ref().and_then(|row| date(row, "purchased_at"));
        let is_earlier = later.is_some_and(|later| later > transaction.purchased_at);
        let was_refunded = self.recorded.is_some_and(|it: RecordedTransaction| it.is_refunded);
        if was_refunded || is_earlier {
            return Ok(());
        }
        let cancelled_at = known.as_ref().and_then(|row| date(row, "renewal_cancelled_at"));
        let renewal = match (&transaction.subscription, transaction.refunded_at) {
            (Some(period), _) => self.renewal(period, cancelled_at),
            (None, Some(at)) => Renewal::lifetime().refunded(at),
            (None, None) => Renewal::lifetime(),
        };
        let originally = transaction.subscription.as_ref().map(|it| it.originally_purchased_at);
        let level = LevelRow {
            offer: transaction.offer.as_ref(),
            originally_purchased_at: dates::write(originally.unwrap_or(transaction.purchased_at)),
            ..LevelRow::new(
                access_level_id,
                &transaction.id.store,
                &transaction.product,
                transaction.purchased_at,
            )
        };
        let row = Object::of(&level.renewed(&renewal));
        match known {
            Some(known) if self.recorded.is_some() => renewal.write_into_level(known),
            Some(known) => known.put_all(row),
            None => levels.rows.push(row),
        }
        levels.write(data);
        Ok(())
    }
}
