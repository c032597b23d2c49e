//! What a transaction changes.
//!
//! The first transaction of a chain adds a row and its price, each further one moves the row and adds its
//! own; the same ids again change billing issue, grace period and renewal, as documented, or refund: the end
//! of the period stays what it was, and the end of a grace period stands in its place as long as there is one.
//! That a refunded transaction stays as it is, that one of an earlier period changes nothing but by its
//! refund, and that prices in other currencies count as if they were USD, is ours. A period is earlier than
//! that of a row of the chain if it was purchased earlier or, at the same time, ends earlier; so the rows are
//! the same in whichever order transactions come.

use std::{collections::BTreeSet, sync::Arc};

use adapty_model::time::OffsetDateTime;
use uuid::Uuid;

use super::{
    currency_code::CurrencyCode,
    event::Payment,
    private_data::{PrivateData, RecordedTransaction, TransactionId},
    profile::{StoredProfile, Unchangeable},
    purchases::{
        Offer, PurchaseRow, REFUND, Renewal, SubscriptionRow, add_revenue, is_of_chain,
        write_level_of_purchase, write_level_of_subscription, write_purchase, write_subscription,
    },
    send_events::{Occasion, ToSend},
    state::State,
};
use crate::{
    profile_lists::{
        ACCESS_LEVELS, Lasts, List, NON_SUBSCRIPTIONS, Rows, SUBSCRIPTIONS, date, lasts,
    },
    raw_json::{Object, text},
};

/// A transaction as its request states it, all rules kept.
#[derive(Debug)]
pub(crate) struct Transaction {
    pub(crate) id: TransactionId,
    pub(crate) environment: String,
    pub(crate) product: String,
    pub(crate) is_family_shared: bool,
    pub(crate) price: f64,
    pub(crate) currency: CurrencyCode,
    pub(crate) purchased_at: OffsetDateTime,
    pub(crate) offer: Option<Offer>,
    pub(crate) refunded_at: Option<OffsetDateTime>,
    pub(crate) cancellation_reason: Option<String>,
    /// `None` is a one-time purchase.
    pub(crate) subscription: Option<SubscriptionPeriod>,
}

/// What only a subscription's transaction states.
#[derive(Debug)]
pub(crate) struct SubscriptionPeriod {
    pub(crate) originally_purchased_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) renew_status: bool,
    pub(crate) renew_status_changed_at: Option<OffsetDateTime>,
    pub(crate) billing_issue_detected_at: Option<OffsetDateTime>,
    pub(crate) grace_period_expires_at: Option<OffsetDateTime>,
}

/// What a transaction meets.
pub(super) struct Setting<'a> {
    pub(super) transaction: &'a Transaction,
    /// What was kept of all transactions before.
    pub(super) known: &'a PrivateData,
    /// What was kept of the transaction when it was set before.
    pub(super) recorded: Option<RecordedTransaction>,
    /// When its period ends, that of a subscription whatever its grace period; `None` never ends.
    pub(super) period_ends_at: Option<OffsetDateTime>,
    /// What its product gives.
    pub(super) access_level: Option<&'a str>,
    pub(super) now: OffsetDateTime,
    pub(super) purchase_id: Uuid,
}

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

impl Transaction {
    /// When that happened of which its events tell: the purchase or the refund, or else the change that it
    /// states of the renewal; `None` where it states none.
    pub(super) fn happened_at(&self, is_purchase: bool) -> Option<OffsetDateTime> {
        let bought = is_purchase.then_some(self.purchased_at);
        let renewal = self.subscription.as_ref();
        let changed =
            renewal.and_then(|it| it.billing_issue_detected_at.max(it.renew_status_changed_at));
        self.refunded_at.or(bought).or(changed)
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

impl PrivateData {
    /// What was kept of a transaction when it was set before.
    pub(super) fn recorded(&self, transaction: &Transaction) -> Option<RecordedTransaction> {
        let ids = (transaction.subscription.is_some(), transaction.id.clone());
        self.transactions.get(&ids).copied()
    }

    /// Keeps what is to be kept of a transaction. That it was refunded is for good.
    pub(super) fn record(
        &mut self,
        transaction: &Transaction,
        period_ends_at: Option<OffsetDateTime>,
    ) {
        let before = self.recorded(transaction);
        if before.is_some_and(|before| before.is_refunded) {
            return;
        }
        let period = transaction.subscription.as_ref();
        let recorded = RecordedTransaction {
            price: before.map_or(transaction.price, |before| before.price),
            currency: before.map_or(transaction.currency, |before| before.currency),
            is_refunded: transaction.refunded_at.is_some(),
            period_ends_at,
            grace_period_ends_at: period.and_then(|period| period.grace_period_expires_at),
        };
        let ids = (period.is_some(), transaction.id.clone());
        self.transactions.insert(ids, recorded);
    }
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

impl Transaction {
    /// Whether a row states this very transaction.
    fn is_stated_by(&self, row: &Object<'_>) -> bool {
        let TransactionId { store, original, id } = &self.id;
        is_of_chain(row, store, original)
            && row.read::<String>("store_transaction_id").as_ref() == Some(id)
    }

    fn is_trial(&self) -> bool {
        self.offer.as_ref().is_some_and(|it| it.r#type == "free_trial")
    }
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

    fn set_subscription(
        &self,
        data: &mut Object<'_>,
        period: &SubscriptionPeriod,
    ) -> Result<(), Unchangeable> {
        let mut subscriptions = Rows::read(data, SUBSCRIPTIONS).ok_or(Unchangeable::NoProfile)?;
        let current = subscriptions.rows.iter_mut().find(|row| self.transaction.is_stated_by(row));
        let reason = current.as_ref().and_then(|row| row.read::<String>("cancellation_reason"));
        let was_refunded = self.was_refunded() || reason.as_deref() == Some(REFUND);
        match current {
            None if self.recorded.is_none() => self.begin_period(data, period),
            _ if was_refunded => Ok(()),
            None => {
                self.refund(data);
                Ok(())
            }
            Some(row) => {
                let renewal = self.renewal(period, date(row, "renewal_cancelled_at"));
                renewal.write(row);
                subscriptions.write(data);
                self.write_into_levels(data, &renewal)?;
                self.refund(data);
                Ok(())
            }
        }
    }

    /// A transaction that is new: the first of its chain, a renewal, or one of an earlier period that comes
    /// late and leaves the rows to the later one.
    fn begin_period(
        &self,
        data: &mut Object<'_>,
        period: &SubscriptionPeriod,
    ) -> Result<(), Unchangeable> {
        let row = self.row(period);
        if !self.is_late(data, period, SUBSCRIPTIONS, &row.product)? {
            write_subscription(data, &row)?;
        }
        if let Some(level) = self.access_level
            && !self.is_late(data, period, ACCESS_LEVELS, level)?
        {
            write_level_of_subscription(data, level, &row, true)?;
        }
        self.pay(data);
        Ok(())
    }

    /// Whether the row of this chain in a list states a later period already.
    fn is_late(
        &self,
        data: &Object<'_>,
        period: &SubscriptionPeriod,
        list: List,
        id: &str,
    ) -> Result<bool, Unchangeable> {
        let TransactionId { store, original, .. } = &self.transaction.id;
        let is_later = |row: &Object<'_>| match date(row, "purchased_at") {
            Some(at) if at != self.transaction.purchased_at => at > self.transaction.purchased_at,
            _ => self.period_end_of(row).is_some_and(|end| end > period.expires_at),
        };
        let rows = Rows::read(data, list).ok_or(Unchangeable::NoProfile)?;
        let mut rows = rows.rows.iter().filter(|row| is_of_chain(row, store, original));
        Ok(rows.any(|row| row.read::<String>(list.id).as_deref() == Some(id) && is_later(row)))
    }

    /// When the period of a row's transaction ends, which a grace period, a refund or a revocation leaves;
    /// `None` where that is never, or not known.
    fn period_end_of(&self, row: &Object<'_>) -> Option<OffsetDateTime> {
        let TransactionId { store, original, .. } = &self.transaction.id;
        let id = row.read::<String>("store_transaction_id").and_then(|id| {
            let ids = TransactionId { store: store.clone(), original: original.clone(), id };
            self.known.transactions.get(&(true, ids))
        });
        id.map_or_else(|| date(row, "expires_at"), |recorded| recorded.period_ends_at)
    }

    /// The row of a subscription whose transaction this is.
    fn row(&self, period: &SubscriptionPeriod) -> SubscriptionRow {
        let transaction = self.transaction;
        let renewal = self.renewal(period, None);
        SubscriptionRow {
            store: transaction.id.store.clone(),
            product: transaction.product.clone(),
            transaction_id: transaction.id.id.clone(),
            original_transaction_id: transaction.id.original.clone(),
            offer: transaction.offer.clone(),
            environment: transaction.environment.clone(),
            purchased_at: transaction.purchased_at,
            originally_purchased_at: period.originally_purchased_at,
            expires_at: renewal.expires_at.unwrap_or(period.expires_at),
            renewal_cancelled_at: renewal.renewal_cancelled_at,
            billing_issue_detected_at: renewal.billing_issue_detected_at,
            is_in_grace_period: renewal.is_in_grace_period,
            cancellation_reason: renewal.cancellation_reason,
        }
    }

    fn set_one_time(&self, data: &mut Object<'_>) -> Result<(), Unchangeable> {
        let transaction = self.transaction;
        let mut purchases = Rows::read(data, NON_SUBSCRIPTIONS).ok_or(Unchangeable::NoProfile)?;
        let known = purchases.rows.iter_mut().find(|row| transaction.is_stated_by(row));
        let is_refund = known.as_ref().and_then(|row| row.read("is_refund"));
        let was_refunded = self.was_refunded() || is_refund == Some(true);
        let Some(refunded_at) = transaction.refunded_at else {
            return match known.is_some() || self.recorded.is_some() {
                true => Ok(()),
                false => self.buy(data),
            };
        };
        match known {
            None if self.recorded.is_none() => self.buy(data),
            _ if was_refunded => Ok(()),
            known => {
                if let Some(row) = known {
                    row.put("is_refund", &true);
                    purchases.write(data);
                }
                self.write_into_levels(data, &Renewal::lifetime().refunded(refunded_at))?;
                self.refund(data);
                Ok(())
            }
        }
    }

    /// A one-time purchase that is new.
    fn buy(&self, data: &mut Object<'_>) -> Result<(), Unchangeable> {
        let transaction = self.transaction;
        let row = PurchaseRow {
            purchase_id: self.purchase_id,
            store: transaction.id.store.clone(),
            product: transaction.product.clone(),
            transaction_id: transaction.id.id.clone(),
            original_transaction_id: transaction.id.original.clone(),
            purchased_at: transaction.purchased_at,
            environment: transaction.environment.clone(),
            is_refund: transaction.refunded_at.is_some(),
            is_consumable: self.access_level.is_none(),
        };
        write_purchase(data, &row)?;
        if let Some(level) = self.access_level {
            write_level_of_purchase(data, level, &row, transaction.refunded_at)?;
        }
        self.pay(data);
        Ok(())
    }

    /// Adds the price, unless it is paid back at once.
    fn pay(&self, data: &mut Object<'_>) {
        if self.transaction.refunded_at.is_none() {
            add_revenue(data, self.transaction.price);
        }
    }

    /// Takes the price back, if this is a refund.
    fn refund(&self, data: &mut Object<'_>) {
        let price = self.recorded.map_or(self.transaction.price, |recorded| recorded.price);
        if self.transaction.refunded_at.is_some() {
            add_revenue(data, -price);
        }
    }

    /// Tells the access levels that this transaction gives how it goes on. One that was revoked stays so, and
    /// one that another transaction of the chain gives is not concerned.
    fn write_into_levels(
        &self,
        data: &mut Object<'_>,
        renewal: &Renewal,
    ) -> Result<(), Unchangeable> {
        let id = &self.transaction.id;
        let mut levels = Rows::read(data, ACCESS_LEVELS).ok_or(Unchangeable::NoProfile)?;
        let is_of_another = |row: &Object<'_>| {
            let stated = row.read::<String>("store_transaction_id");
            stated.is_some_and(|stated| stated != id.id)
        };
        for level in &mut levels.rows {
            if is_of_chain(level, &id.store, &id.original) && !is_of_another(level) {
                renewal.write_into_level(level);
            }
        }
        levels.write(data);
        Ok(())
    }

    /// How a subscription goes on; `cancelled_at` is when its renewal was turned off before.
    pub(super) fn renewal(
        &self,
        period: &SubscriptionPeriod,
        cancelled_at: Option<OffsetDateTime>,
    ) -> Renewal {
        let stated = self.transaction.cancellation_reason.clone();
        let turned_off = period.renew_status_changed_at.or(cancelled_at).unwrap_or(self.now);
        let renewal = Renewal {
            expires_at: period.grace_period_expires_at.or(self.period_ends_at),
            renewal_cancelled_at: (!period.renew_status).then_some(turned_off),
            billing_issue_detected_at: period.billing_issue_detected_at,
            is_in_grace_period: period.grace_period_expires_at.is_some_and(|end| end > self.now),
            cancellation_reason: match period.renew_status {
                true => stated,
                false => stated.or_else(|| Some("voluntarily_cancelled".to_owned())),
            },
        };
        match self.transaction.refunded_at {
            Some(at) => renewal.refunded(at),
            None => renewal,
        }
    }

    fn was_refunded(&self) -> bool {
        self.recorded.is_some_and(|recorded| recorded.is_refunded)
    }
}
