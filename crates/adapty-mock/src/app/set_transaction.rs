//! Sets a transaction: what is kept of it, what it changes, and which events tell of that.

use std::{collections::BTreeSet, sync::Arc};

use adapty_model::time::OffsetDateTime;

use super::{
    event::Payment,
    private_data::{PrivateData, RecordedTransaction},
    profile::{StoredProfile, Unchangeable},
    purchases::is_of_chain,
    send_events::{Occasion, ToSend},
    state::State,
    transaction::{SubscriptionPeriod, Transaction},
    transaction_rows::Setting,
};
use crate::{
    profile_lists::{ACCESS_LEVELS, Lasts, NON_SUBSCRIPTIONS, Rows, SUBSCRIPTIONS, date, lasts},
    raw_json::{Object, text},
};

impl State {
    /// Records a transaction, and gives what its product gives; what is shared in a family, as in
    /// `family_sharing`.
    pub(crate) fn set_transaction(
        &mut self,
        stored: &StoredProfile,
        transaction: &Transaction,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        if transaction.is_family_shared {
            return self.share_transaction(stored, transaction);
        }
        let mut private = PrivateData::clone(&stored.private);
        let recorded = private.recorded(transaction);
        let access_level = self.settings().access_level_of(&transaction.product).map(str::to_owned);
        let chain = match &transaction.subscription {
            Some(_) => {
                let chain = stored.read_data(|data| chain_before(data, transaction));
                chain.ok_or(Unchangeable::NoProfile)?
            }
            None => Chain::New,
        };
        let period_ends_at = match &transaction.subscription {
            Some(period) => {
                let end = |data: &Object<'_>| period_end(data, transaction, period, recorded);
                stored.read_data(end).ok_or(Unchangeable::NoProfile)?
            }
            None => None,
        };
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
        let event = setting.event(chain);
        let changed = self.change_profile_and_private(stored, Some(private), |data| {
            match &transaction.subscription {
                Some(period) => setting.set_subscription(data, period),
                None => setting.set_one_time(data),
            }
        })?;
        let levels =
            || changed_levels(stored, &changed).into_iter().map(|level| ToSend::Level(level, None));
        let payment = setting.payment();
        let events = match (event, &transaction.subscription) {
            (None, _) => levels().collect(),
            (Some(event), Some(period)) if !is_current(&changed, transaction) => {
                let row = setting.row(period).object();
                [ToSend::Earlier(event, row, payment)].into_iter().chain(levels()).collect()
            }
            (Some(event), period) => {
                let list = if period.is_some() { SUBSCRIPTIONS } else { NON_SUBSCRIPTIONS };
                let level = access_level.map(|level| ToSend::Level(level, Some(payment.clone())));
                let purchase = ToSend::Purchase(event, list, transaction.product.clone(), payment);
                [purchase].into_iter().chain(level).collect()
            }
        };
        let at = transaction.happened_at(event.is_some()).unwrap_or_else(|| self.now());
        let occasion = Occasion { at, environment: Some(&transaction.environment) };
        self.send_events_of(&occasion, &changed, Some(&transaction.id.original), events);
        Ok(changed)
    }
}

/// The access levels of which a row differs, each once.
pub(super) fn changed_levels(before: &StoredProfile, after: &StoredProfile) -> BTreeSet<String> {
    let rows = |stored: &StoredProfile| -> BTreeSet<(String, String)> {
        let rows = stored.read_data(|data| {
            let levels = Rows::read(data, ACCESS_LEVELS)?;
            let row =
                |row: &Object<'_>| Some((row.read(ACCESS_LEVELS.id)?, text(row).get().into()));
            Some(levels.rows.iter().filter_map(row).collect::<Vec<_>>())
        });
        // The change itself has read them.
        rows.into_iter().flatten().collect()
    };
    rows(after).difference(&rows(before)).map(|(id, _)| id.clone()).collect()
}

/// Whether a subscription's row states this very transaction.
fn is_current(stored: &StoredProfile, transaction: &Transaction) -> bool {
    let is_stated = |data: &Object<'_>| {
        let subscriptions = Rows::read(data, SUBSCRIPTIONS)?;
        Some(subscriptions.rows.iter().any(|row| transaction.is_stated_by(row)))
    };
    stored.read_data(is_stated) == Some(true)
}

/// What a profile has of a chain of transactions.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Chain {
    New,
    InTrial,
    Known,
}

fn chain_before(data: &Object<'_>, transaction: &Transaction) -> Option<Chain> {
    let id = &transaction.id;
    let subscriptions = Rows::read(data, SUBSCRIPTIONS)?;
    // Each product of a chain has a row of its own: the last one says how it stands.
    let of_chain =
        subscriptions.rows.iter().filter(|row| is_of_chain(row, &id.store, &id.original));
    let known = of_chain.max_by_key(|row| date(row, "purchased_at"));
    let is_trial = |row: &Object<'_>| {
        let offer = row.object("offer");
        offer.and_then(|offer| offer.read::<String>("type")).as_deref() == Some("free_trial")
    };
    Some(match known {
        None => Chain::New,
        Some(row) if is_trial(row) => Chain::InTrial,
        Some(_) => Chain::Known,
    })
}

/// When the period of a subscription's transaction ends, inner `None` never: as the row states that has it,
/// and not as this request does, but where neither row nor record tell it.
fn period_end(
    data: &Object<'_>,
    transaction: &Transaction,
    period: &SubscriptionPeriod,
    recorded: Option<RecordedTransaction>,
) -> Option<Option<OffsetDateTime>> {
    let recorded_end = recorded.map_or(Some(period.expires_at), |recorded| recorded.period_ends_at);
    let subscriptions = Rows::read(data, SUBSCRIPTIONS)?;
    let Some(row) = subscriptions.rows.iter().find(|row| transaction.is_stated_by(row)) else {
        return Some(recorded_end);
    };
    let grace_end = recorded.and_then(|recorded| recorded.grace_period_ends_at);
    let is_in_grace_period = row.read("is_in_grace_period") == Some(true);
    Some(match lasts(row) {
        Lasts::Until(end) if Some(end) == grace_end || is_in_grace_period => recorded_end,
        Lasts::Until(end) => Some(end),
        Lasts::NotStated => recorded_end,
        Lasts::Forever => None,
    })
}

impl Setting<'_> {
    /// What its event says of money. Only a one-time purchase is known to be one payment.
    fn payment(&self) -> Payment {
        let Transaction { price, currency, .. } = *self.transaction;
        let before = self.recorded.map(|recorded| (recorded.price, recorded.currency));
        let (price, currency) = before.unwrap_or((price, currency));
        Payment {
            consecutive_payments: self.transaction.subscription.is_none().then_some(1),
            ..Payment::stated((!self.transaction.is_trial()).then_some(price), currency)
        }
    }

    /// The event that the documents send for it; none for the same ids again, but for a refund and for what
    /// they change of an access level.
    fn event(&self, chain: Chain) -> Option<&'static str> {
        let is_refund = self.transaction.refunded_at.is_some() && !self.was_refunded();
        let is_new = self.recorded.is_none();
        let is_trial = self.transaction.is_trial();
        match (&self.transaction.subscription, is_refund, is_new) {
            (Some(_), true, _) => Some("subscription_refunded"),
            (None, true, _) => Some("non_subscription_purchase_refunded"),
            (_, false, false) => None,
            (None, false, true) => Some("non_subscription_purchase"),
            (Some(_), false, true) => Some(match chain {
                Chain::New if is_trial => "trial_started",
                Chain::New => "subscription_started",
                Chain::InTrial if !is_trial => "trial_converted",
                Chain::InTrial | Chain::Known => "subscription_renewed",
            }),
        }
    }
}
