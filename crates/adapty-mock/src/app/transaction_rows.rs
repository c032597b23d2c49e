//! What a transaction changes in the rows of a profile.
//!
//! The first transaction of a chain adds a row and its price, each further one moves the row and adds its
//! own; the same ids again change billing issue, grace period and renewal, as documented, or refund: the end
//! of the period stays what it was, and the end of a grace period stands in its place as long as there is one.
//! That a refunded transaction stays as it is, that one of an earlier period changes nothing but by its
//! refund, and that prices in other currencies count as if they were USD, is ours. A period is earlier than
//! that of a row of the chain if it was purchased earlier or, at the same time, ends earlier; so the rows are
//! the same in whichever order transactions come.

use adapty_model::time::OffsetDateTime;
use uuid::Uuid;

use super::{
    private_data::{PrivateData, RecordedTransaction, TransactionId},
    profile::Unchangeable,
    purchases::{
        PurchaseRow, REFUND, Renewal, SubscriptionRow, add_revenue, is_of_chain,
        write_level_of_purchase, write_level_of_subscription, write_purchase, write_subscription,
    },
    transaction::{SubscriptionPeriod, Transaction},
};
use crate::{
    profile_lists::{ACCESS_LEVELS, List, NON_SUBSCRIPTIONS, Rows, SUBSCRIPTIONS, date},
    raw_json::Object,
};

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

impl Setting<'_> {
    pub(super) fn set_subscription(
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
    pub(super) fn row(&self, period: &SubscriptionPeriod) -> SubscriptionRow {
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

    pub(super) fn set_one_time(&self, data: &mut Object<'_>) -> Result<(), Unchangeable> {
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

    pub(super) fn was_refunded(&self) -> bool {
        self.recorded.is_some_and(|recorded| recorded.is_refunded)
    }
}
