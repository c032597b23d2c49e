//! What purchases make of a profile: rows of its lists, and what the customer paid.
//!
//! A subscription has one row for each product of its chain of transactions, and one for the access level
//! it gives; a one-time purchase has one for each transaction. A row that is there already is changed field
//! by field, so that what else it says stays.

use adapty_model::time::OffsetDateTime;
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::profile::Unchangeable;
use crate::{
    dates,
    profile_lists::{ACCESS_LEVELS, Lasts, List, NON_SUBSCRIPTIONS, Rows, SUBSCRIPTIONS, lasts},
    raw_json::Object,
};

/// The reason of what was refunded.
pub(crate) const REFUND: &str = "refund";
/// The reason of an access level that was revoked.
pub(super) const REVOKED: &str = "adapty_revoked";

/// All that the row of a subscription says, and that of its access level.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SubscriptionRow {
    pub(crate) store: String,
    pub(crate) product: String,
    pub(crate) transaction_id: String,
    pub(crate) original_transaction_id: String,
    pub(crate) offer: Option<Offer>,
    pub(crate) environment: String,
    pub(crate) purchased_at: OffsetDateTime,
    pub(crate) originally_purchased_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) renewal_cancelled_at: Option<OffsetDateTime>,
    pub(crate) billing_issue_detected_at: Option<OffsetDateTime>,
    pub(crate) is_in_grace_period: bool,
    pub(crate) cancellation_reason: Option<String>,
}

/// All that the row of a one-time purchase says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PurchaseRow {
    pub(crate) purchase_id: Uuid,
    pub(crate) store: String,
    pub(crate) product: String,
    pub(crate) transaction_id: String,
    pub(crate) original_transaction_id: String,
    pub(crate) purchased_at: OffsetDateTime,
    pub(crate) environment: String,
    pub(crate) is_refund: bool,
    pub(crate) is_consumable: bool,
}

/// The offer applied in a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Offer {
    pub(crate) category: String,
    pub(crate) r#type: String,
    pub(crate) id: Option<String>,
}

/// How a purchase goes on: what may change within one of its periods.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Renewal {
    /// `None` never ends.
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) renewal_cancelled_at: Option<OffsetDateTime>,
    pub(crate) billing_issue_detected_at: Option<OffsetDateTime>,
    pub(crate) is_in_grace_period: bool,
    pub(crate) cancellation_reason: Option<String>,
}

impl Renewal {
    /// That of a one-time purchase.
    pub(super) fn lifetime() -> Self {
        Self {
            expires_at: None,
            renewal_cancelled_at: None,
            billing_issue_detected_at: None,
            is_in_grace_period: false,
            cancellation_reason: None,
        }
    }

    /// The same, refunded: it ends then, unless it ended before.
    pub(crate) fn refunded(self, at: OffsetDateTime) -> Self {
        Self {
            expires_at: Some(self.expires_at.map_or(at, |end| end.min(at))),
            is_in_grace_period: false,
            cancellation_reason: Some(REFUND.to_owned()),
            ..self
        }
    }

    /// Writes it into the row of an access level. One that was revoked stays so, and ends earlier where this
    /// does.
    pub(super) fn write_into_level(&self, level: &mut Object<'_>) {
        if !is_revoked(level) {
            return self.write(level);
        }
        if !self.is_in_grace_period {
            level.put("is_in_grace_period", &false);
        }
        if let Some(end) = self.expires_at
            && Lasts::Until(end) < lasts(level)
        {
            level.put("expires_at", &dates::write(end));
            if self.cancellation_reason.as_deref() == Some(REFUND) {
                level.put("cancellation_reason", REFUND);
            }
        }
    }

    /// Writes it into a row, and leaves every other field as it is.
    pub(super) fn write(&self, row: &mut Object<'_>) {
        row.put("expires_at", &self.expires_at.map(dates::write));
        row.put("renewal_cancelled_at", &self.renewal_cancelled_at.map(dates::write));
        row.put("billing_issue_detected_at", &self.billing_issue_detected_at.map(dates::write));
        row.put("is_in_grace_period", &self.is_in_grace_period);
        row.put("cancellation_reason", &self.cancellation_reason);
    }
}

/// Writes the row of a subscription; the same store, product and chain is the same row.
pub(super) fn write_subscription(
    data: &mut Object<'_>,
    row: &SubscriptionRow,
) -> Result<(), Unchangeable> {
    let is_same = |known: &Object<'_>| {
        is_of_chain(known, &row.store, &row.original_transaction_id)
            && text(known, "store_product_id").as_deref() == Some(&row.product)
    };
    write_row(data, SUBSCRIPTIONS, is_same, &row.fields())
}

/// Writes the access level of a subscription; the same level, store and chain is the same row. One that was
/// revoked is given again by what is bought alone.
pub(super) fn write_level_of_subscription(
    data: &mut Object<'_>,
    access_level_id: &str,
    row: &SubscriptionRow,
    is_bought: bool,
) -> Result<(), Unchangeable> {
    let level = LevelRow {
        store_transaction_id: Some(&row.transaction_id),
        store_original_transaction_id: Some(&row.original_transaction_id),
        offer: row.offer.as_ref(),
        originally_purchased_at: dates::write(row.originally_purchased_at),
        ..LevelRow::new(access_level_id, &row.store, &row.product, row.purchased_at)
    };
    write_level(data, level, &row.renewal(), is_bought)
}

/// Writes the row of a one-time purchase; the same store and transaction is the same row.
pub(super) fn write_purchase(data: &mut Object<'_>, row: &PurchaseRow) -> Result<(), Unchangeable> {
    let is_same = |known: &Object<'_>| {
        text(known, "store").as_deref() == Some(&row.store)
            && text(known, "store_transaction_id").as_deref() == Some(&row.transaction_id)
    };
    write_row(data, NON_SUBSCRIPTIONS, is_same, &row.fields())
}

/// Writes the access level of a one-time purchase: without an end, or ended by its refund.
pub(super) fn write_level_of_purchase(
    data: &mut Object<'_>,
    access_level_id: &str,
    row: &PurchaseRow,
    refunded_at: Option<OffsetDateTime>,
) -> Result<(), Unchangeable> {
    let level = LevelRow {
        store_transaction_id: Some(&row.transaction_id),
        store_original_transaction_id: Some(&row.original_transaction_id),
        ..LevelRow::new(access_level_id, &row.store, &row.product, row.purchased_at)
    };
    let lifetime = Renewal::lifetime();
    let renewal = match refunded_at {
        Some(at) => lifetime.refunded(at),
        None => lifetime,
    };
    write_level(data, level, &renewal, refunded_at.is_none())
}

/// Writes the row of an access level that goes on so.
fn write_level(
    data: &mut Object<'_>,
    level: LevelRow<'_>,
    renewal: &Renewal,
    is_bought: bool,
) -> Result<(), Unchangeable> {
    let mut levels = Rows::read(data, ACCESS_LEVELS).ok_or(Unchangeable::NoProfile)?;
    let is_same = |known: &&mut Object<'_>| {
        text(known, "store").as_deref() == Some(level.store)
            && text(known, "store_original_transaction_id").as_deref()
                == level.store_original_transaction_id
            && text(known, ACCESS_LEVELS.id).as_deref() == Some(level.access_level_id)
    };
    match levels.rows.iter_mut().find(is_same) {
        Some(known) if !is_bought && is_revoked(known) => renewal.write_into_level(known),
        Some(known) => known.put_all(Object::of(&level.renewed(renewal))),
        None => levels.rows.push(Object::of(&level.renewed(renewal))),
    }
    levels.write(data);
    Ok(())
}

/// Whether an access level was revoked, or will be.
fn is_revoked(level: &Object<'_>) -> bool {
    text(level, "cancellation_reason").as_deref() == Some(REVOKED)
}

/// Adds to what the customer paid. What is no number is left as the test gave it.
pub(super) fn add_revenue(data: &mut Object<'_>, more: f64) {
    const NAME: &str = "total_revenue_usd";
    let before = match data.get(NAME).map(RawValue::get) {
        None | Some("null") => Some(0.0),
        Some(_) => data.read::<f64>(NAME),
    };
    if let Some(before) = before.filter(|_| more != 0.0) {
        data.put(NAME, &rounded(before + more));
    }
}

/// A sum without the traces of binary fractions: no price has more than six digits behind its point.
fn rounded(sum: f64) -> f64 {
    const DIGITS: f64 = 1e6;
    /// Beyond it, so many digits are not there to be rounded.
    const LARGEST: f64 = 1e9;
    match sum.abs() < LARGEST {
        // Zero, whatever its sign, is zero.
        true => (sum * DIGITS).round() / DIGITS + 0.0,
        false => sum,
    }
}

/// Changes the row that is the same, or adds one.
fn write_row(
    data: &mut Object<'_>,
    list: List,
    is_same: impl Fn(&Object<'_>) -> bool,
    fields: &impl Serialize,
) -> Result<(), Unchangeable> {
    let mut rows = Rows::read(data, list).ok_or(Unchangeable::NoProfile)?;
    let new = Object::of(fields);
    match rows.rows.iter_mut().find(|known| is_same(known)) {
        Some(known) => known.put_all(new),
        None => rows.rows.push(new),
    }
    rows.write(data);
    Ok(())
}

/// Whether a row is of a chain of transactions.
pub(super) fn is_of_chain(row: &Object<'_>, store: &str, original_transaction_id: &str) -> bool {
    text(row, "store").as_deref() == Some(store)
        && text(row, "store_original_transaction_id").as_deref() == Some(original_transaction_id)
}

fn text(row: &Object<'_>, name: &str) -> Option<String> {
    row.read(name)
}

/// The fields of a subscription's row, in the documents' order.
#[derive(Serialize)]
struct SubscriptionFields<'a> {
    store: &'a str,
    store_product_id: &'a str,
    store_base_plan_id: Option<&'a str>,
    store_transaction_id: &'a str,
    store_original_transaction_id: &'a str,
    offer: Option<&'a Offer>,
    environment: &'a str,
    purchased_at: String,
    originally_purchased_at: String,
    expires_at: String,
    renewal_cancelled_at: Option<String>,
    billing_issue_detected_at: Option<String>,
    is_in_grace_period: bool,
    cancellation_reason: Option<&'a str>,
}

impl SubscriptionRow {
    fn renewal(&self) -> Renewal {
        Renewal {
            expires_at: Some(self.expires_at),
            renewal_cancelled_at: self.renewal_cancelled_at,
            billing_issue_detected_at: self.billing_issue_detected_at,
            is_in_grace_period: self.is_in_grace_period,
            cancellation_reason: self.cancellation_reason.clone(),
        }
    }

    /// The row as it is written.
    pub(super) fn object(&self) -> Object<'static> {
        Object::of(&self.fields())
    }

    fn fields(&self) -> SubscriptionFields<'_> {
        SubscriptionFields {
            store: &self.store,
            store_product_id: &self.product,
            store_base_plan_id: None,
            store_transaction_id: &self.transaction_id,
            store_original_transaction_id: &self.original_transaction_id,
            offer: self.offer.as_ref(),
            environment: &self.environment,
            purchased_at: dates::write(self.purchased_at),
            originally_purchased_at: dates::write(self.originally_purchased_at),
            expires_at: dates::write(self.expires_at),
            renewal_cancelled_at: self.renewal_cancelled_at.map(dates::write),
            billing_issue_detected_at: self.billing_issue_detected_at.map(dates::write),
            is_in_grace_period: self.is_in_grace_period,
            cancellation_reason: self.cancellation_reason.as_deref(),
        }
    }
}

/// All that the row of an access level says, whatever gives it, in the documents' order.
#[derive(Serialize)]
pub(super) struct LevelRow<'a> {
    pub(super) access_level_id: &'a str,
    pub(super) store: &'a str,
    pub(super) store_product_id: &'a str,
    pub(super) store_base_plan_id: Option<&'a str>,
    pub(super) store_transaction_id: Option<&'a str>,
    pub(super) store_original_transaction_id: Option<&'a str>,
    pub(super) offer: Option<&'a Offer>,
    pub(super) starts_at: Option<String>,
    pub(super) purchased_at: String,
    pub(super) originally_purchased_at: String,
    pub(super) expires_at: Option<String>,
    pub(super) renewal_cancelled_at: Option<String>,
    pub(super) billing_issue_detected_at: Option<String>,
    pub(super) is_in_grace_period: bool,
    pub(super) cancellation_reason: Option<&'a str>,
}

impl<'a> LevelRow<'a> {
    /// A level without transactions, and without an end.
    pub(super) fn new(
        access_level_id: &'a str,
        store: &'a str,
        product: &'a str,
        purchased_at: OffsetDateTime,
    ) -> Self {
        let purchased_at = dates::write(purchased_at);
        Self {
            access_level_id,
            store,
            store_product_id: product,
            store_base_plan_id: None,
            store_transaction_id: None,
            store_original_transaction_id: None,
            offer: None,
            starts_at: None,
            originally_purchased_at: purchased_at.clone(),
            purchased_at,
            expires_at: None,
            renewal_cancelled_at: None,
            billing_issue_detected_at: None,
            is_in_grace_period: false,
            cancellation_reason: None,
        }
    }

    /// The same, going on so.
    pub(super) fn renewed(self, renewal: &'a Renewal) -> Self {
        Self {
            expires_at: renewal.expires_at.map(dates::write),
            renewal_cancelled_at: renewal.renewal_cancelled_at.map(dates::write),
            billing_issue_detected_at: renewal.billing_issue_detected_at.map(dates::write),
            is_in_grace_period: renewal.is_in_grace_period,
            cancellation_reason: renewal.cancellation_reason.as_deref(),
            ..self
        }
    }
}

/// The fields of a one-time purchase's row, in the documents' order.
#[derive(Serialize)]
struct PurchaseFields<'a> {
    purchase_id: Uuid,
    store: &'a str,
    store_product_id: &'a str,
    store_base_plan_id: Option<&'a str>,
    store_transaction_id: &'a str,
    store_original_transaction_id: &'a str,
    purchased_at: String,
    environment: &'a str,
    is_refund: bool,
    is_consumable: bool,
}

impl PurchaseRow {
    fn fields(&self) -> PurchaseFields<'_> {
        PurchaseFields {
            purchase_id: self.purchase_id,
            store: &self.store,
            store_product_id: &self.product,
            store_base_plan_id: None,
            store_transaction_id: &self.transaction_id,
            store_original_transaction_id: &self.original_transaction_id,
            purchased_at: dates::write(self.purchased_at),
            environment: &self.environment,
            is_refund: self.is_refund,
            is_consumable: self.is_consumable,
        }
    }
}
