//! Short forms for people: a customer by what access they have, and named persons ready to use.
//!
//! Each becomes a whole profile as the newest documents show one, its dates relative to the app's time.

use std::sync::Arc;

use adapty_model::{Identity, time::OffsetDateTime};
use serde_json::{Map, Value, json};

use super::{
    grant_access_level::{Grant, row as grant_row},
    profile::{StoredProfile, Unchangeable},
    purchases::{
        Offer, PurchaseRow, SubscriptionRow, add_revenue, write_level_of_purchase,
        write_level_of_subscription, write_purchase, write_subscription,
    },
    settings::PREMIUM,
    state::State,
};
use crate::{
    dates,
    period::Period,
    profile_lists::{ACCESS_LEVELS, Rows},
    raw_json::Object,
    relative_dates,
};

/// What access a customer has to a level.
///
/// As JSON: a date until which access lasts, such as `"2030-01-01T00:00:00Z"` or, counted from the app's
/// time, `"+P1D"` or `"-PT1H"`; `null` for access without an end; or an object of one of the names below
/// and such a date, `{"in_grace_until": "+P3D"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomerAccess {
    /// A subscription that was paid until then, and renews.
    Until(OffsetDateTime),
    /// A one-time purchase, without an end.
    Forever,
    /// `trial_until`: a free trial.
    TrialUntil(OffsetDateTime),
    /// `in_grace_until`: a payment failed, and the grace period ends then.
    InGraceUntil(OffsetDateTime),
    /// `billing_issue_until`: a payment failed, and there is no grace period.
    BillingIssueUntil(OffsetDateTime),
    /// `cancelled_until`: paid until then, its renewal cancelled.
    CancelledUntil(OffsetDateTime),
    /// `expired`: ended then, which is not in the future.
    Expired(OffsetDateTime),
    /// `refunded`: ended then by a refund, which is not in the future.
    Refunded(OffsetDateTime),
    /// `starts_at`: granted, and begins then.
    StartsAt(OffsetDateTime),
}

impl CustomerAccess {
    /// Reads the short form; the error says what is wrong with it.
    pub(crate) fn read(value: &Value, now: OffsetDateTime) -> Result<Self, String> {
        type Named = (&'static str, fn(OffsetDateTime) -> CustomerAccess);
        const NAMED: [Named; 8] = [
            ("until", CustomerAccess::Until),
            ("trial_until", CustomerAccess::TrialUntil),
            ("in_grace_until", CustomerAccess::InGraceUntil),
            ("billing_issue_until", CustomerAccess::BillingIssueUntil),
            ("cancelled_until", CustomerAccess::CancelledUntil),
            ("expired", CustomerAccess::Expired),
            ("refunded", CustomerAccess::Refunded),
            ("starts_at", CustomerAccess::StartsAt),
        ];

        let names = || NAMED.map(|(name, _)| name).join(", ");
        let access_of = |name: &str| NAMED.iter().find(|(known, _)| *known == name);
        match value {
            Value::Null => Ok(Self::Forever),
            Value::String(date) => relative_dates::read(date, now).map(Self::Until),
            Value::Object(fields) => {
                if let Some(unknown) = fields.keys().find(|name| access_of(name).is_none()) {
                    return Err(format!("there is no `{unknown}`, expected one of {}", names()));
                }
                let mut fields = fields.iter();
                let (Some((name, date)), None) = (fields.next(), fields.next()) else {
                    return Err(format!("an object has exactly one of {}", names()));
                };
                let (_, access) = access_of(name).expect("all of them are known");
                let date = date.as_str().ok_or_else(|| format!("{name}: it is no string"))?;
                let date = relative_dates::read(date, now);
                date.map(access).map_err(|what| format!("{name}: {what}"))
            }
            _ => Err(format!(
                "neither a date, nor null, nor an object of one of {} and a date",
                names()
            )),
        }
    }

    /// Says why a customer cannot have it at this time, if so.
    fn check(self, now: OffsetDateTime) -> Result<(), String> {
        let (name, end) = match self {
            Self::Expired(end) => ("expired", end),
            Self::Refunded(end) => ("refunded", end),
            _ => return Ok(()),
        };
        match dates::cut(end) <= now {
            true => Ok(()),
            false => Err(format!(
                "{name}: {} is later than the app's time, {}; what ended did so by then",
                dates::write(end),
                dates::write(now)
            )),
        }
    }
}

/// A person of every test of subscriptions: a customer user id, and what there is to it.
struct Person {
    customer_user_id: &'static str,
    what: &'static str,
    /// The inner `None` is none; the outer says that its date is beyond the year 9999.
    access: fn(OffsetDateTime) -> Option<Option<CustomerAccess>>,
}

const PERSONS: [Person; 10] = [
    Person {
        customer_user_id: "active",
        what: "premium for another month, renewing",
        access: |now| Some(Some(CustomerAccess::Until(Period::months(1).after(now)?))),
    },
    Person {
        customer_user_id: "lifetime",
        what: "premium without an end",
        access: |_| Some(Some(CustomerAccess::Forever)),
    },
    Person {
        customer_user_id: "expired",
        what: "premium until a day ago",
        access: |now| Some(Some(CustomerAccess::Expired(earlier(now, Period::days(1))))),
    },
    Person {
        customer_user_id: "trial",
        what: "premium by a free trial of three more days",
        access: |now| Some(Some(CustomerAccess::TrialUntil(Period::days(3).after(now)?))),
    },
    Person {
        customer_user_id: "in_grace",
        what: "premium in a grace period of three more days",
        access: |now| Some(Some(CustomerAccess::InGraceUntil(Period::days(3).after(now)?))),
    },
    Person {
        customer_user_id: "billing_issue",
        what: "premium for three more days, a payment failed",
        access: |now| Some(Some(CustomerAccess::BillingIssueUntil(Period::days(3).after(now)?))),
    },
    Person {
        customer_user_id: "cancelled",
        what: "premium for another week, its renewal cancelled",
        access: |now| Some(Some(CustomerAccess::CancelledUntil(Period::days(7).after(now)?))),
    },
    Person {
        customer_user_id: "refunded",
        what: "premium until a day ago, refunded",
        access: |now| Some(Some(CustomerAccess::Refunded(earlier(now, Period::days(1))))),
    },
    Person {
        customer_user_id: "future",
        what: "premium from in a week on",
        access: |now| Some(Some(CustomerAccess::StartsAt(Period::days(7).after(now)?))),
    },
    Person {
        customer_user_id: "never_bought",
        what: "no access level, no purchase",
        access: |_| Some(None),
    },
];

fn earlier(now: OffsetDateTime, by: Period) -> OffsetDateTime {
    by.before(now).unwrap_or(now)
}

impl State {
    /// Gives a customer a whole profile with access to these levels.
    pub(crate) fn put_customer(
        &mut self,
        customer_user_id: &str,
        access: &[(String, CustomerAccess)],
    ) -> Result<Arc<StoredProfile>, String> {
        if customer_user_id.is_empty() {
            return Err("the customer's id is empty".to_owned());
        }
        let now = self.now();
        for (level, access) in access {
            if level.is_empty() {
                return Err("the id of an access level is empty".to_owned());
            }
            access.check(now).map_err(|what| format!("{level}: {what}"))?;
        }
        let identity = Identity::customer(customer_user_id);
        // One that is replaced keeps its profile id.
        let known = self.profiles().get(&identity).and_then(|stored| stored.profile);
        let stored = self.new_profile(Some(customer_user_id), known);
        let stored = stored.map_err(|why| why.to_string())?;
        let ids: Vec<_> =
            access.iter().map(|_| (self.next_transaction_id(), self.next_uuid())).collect();
        let changed = stored.changed(|data| {
            for ((level, access), (transaction_id, purchase_id)) in access.iter().zip(&ids) {
                let of = Purchased { level, transaction_id, purchase_id: *purchase_id, now };
                of.write(*access, data)?;
            }
            Ok(())
        });
        let changed = changed.map_err(|why| why.to_string())?;
        self.put_new(changed).map_err(|why| why.to_string())
    }

    /// Gives the app the named persons.
    pub(crate) fn put_persons(&mut self) -> Result<(), String> {
        let now = self.now();
        let mut all = Vec::new();
        for person in &PERSONS {
            let id = person.customer_user_id;
            let access = (person.access)(now);
            let access = access.ok_or_else(|| format!("{id}: its date is beyond the year 9999"))?;
            all.push((id, access.map(|access| (PREMIUM.to_owned(), access))));
        }
        for (id, access) in all {
            self.put_customer(id, &Vec::from_iter(access))?;
        }
        Ok(())
    }
}

/// The named persons, for those who list them.
pub(crate) fn persons() -> Map<String, Value> {
    PERSONS.iter().map(|person| (person.customer_user_id.to_owned(), json!(person.what))).collect()
}

/// A purchase to be made up.
struct Purchased<'a> {
    level: &'a str,
    transaction_id: &'a str,
    purchase_id: uuid::Uuid,
    now: OffsetDateTime,
}

impl Purchased<'_> {
    fn write(&self, access: CustomerAccess, data: &mut Object<'_>) -> Result<(), Unchangeable> {
        const PRICE: f64 = 9.99;
        let now = self.now;
        let (row, price) = match access {
            CustomerAccess::Forever => {
                let row = PurchaseRow {
                    purchase_id: self.purchase_id,
                    store: "app_store".to_owned(),
                    product: format!("{}_lifetime", self.level),
                    transaction_id: self.transaction_id.to_owned(),
                    original_transaction_id: self.transaction_id.to_owned(),
                    purchased_at: earlier(now, Period::days(1)),
                    environment: "Production".to_owned(),
                    is_refund: false,
                    is_consumable: false,
                };
                write_purchase(data, &row)?;
                write_level_of_purchase(data, self.level, &row, None)?;
                add_revenue(data, PRICE);
                return Ok(());
            }
            CustomerAccess::StartsAt(starts_at) => {
                let access_level_id = self.level.to_owned();
                let grant = Grant { access_level_id, starts_at: Some(starts_at), expires_at: None };
                let mut levels = Rows::read(data, ACCESS_LEVELS).ok_or(Unchangeable::NoProfile)?;
                levels.rows.push(grant_row(&grant, now, None));
                levels.write(data);
                return Ok(());
            }
            CustomerAccess::Until(end) => (self.paid(end), PRICE),
            CustomerAccess::TrialUntil(end) => {
                let offer = Offer {
                    category: "introductory".to_owned(),
                    r#type: "free_trial".to_owned(),
                    id: None,
                };
                (SubscriptionRow { offer: Some(offer), ..self.paid(end) }, 0.0)
            }
            CustomerAccess::InGraceUntil(end) => {
                let issue = Some(earlier(now, Period::days(1)));
                let row = SubscriptionRow { billing_issue_detected_at: issue, ..self.paid(end) };
                (SubscriptionRow { is_in_grace_period: now < dates::cut(end), ..row }, PRICE)
            }
            CustomerAccess::BillingIssueUntil(end) => {
                let issue = Some(earlier(now, Period::days(1)));
                (SubscriptionRow { billing_issue_detected_at: issue, ..self.paid(end) }, PRICE)
            }
            CustomerAccess::CancelledUntil(end) | CustomerAccess::Expired(end) => {
                (self.ended("voluntarily_cancelled", end), PRICE)
            }
            CustomerAccess::Refunded(end) => (self.ended("refund", end), 0.0),
        };
        write_subscription(data, &row)?;
        write_level_of_subscription(data, self.level, &row, true)?;
        add_revenue(data, price);
        Ok(())
    }

    /// A subscription that was paid until then.
    fn paid(&self, expires_at: OffsetDateTime) -> SubscriptionRow {
        let began = earlier(expires_at, Period::months(1)).min(earlier(self.now, Period::days(1)));
        SubscriptionRow {
            store: "app_store".to_owned(),
            product: format!("{}_monthly", self.level),
            transaction_id: self.transaction_id.to_owned(),
            original_transaction_id: self.transaction_id.to_owned(),
            offer: None,
            environment: "Production".to_owned(),
            purchased_at: began,
            originally_purchased_at: began,
            expires_at,
            renewal_cancelled_at: None,
            billing_issue_detected_at: None,
            is_in_grace_period: false,
            cancellation_reason: None,
        }
    }

    /// The same, not to be renewed.
    fn ended(&self, reason: &str, expires_at: OffsetDateTime) -> SubscriptionRow {
        let cancelled_at = expires_at.min(earlier(self.now, Period::days(1)));
        SubscriptionRow {
            renewal_cancelled_at: Some(cancelled_at),
            cancellation_reason: Some(reason.to_owned()),
            ..self.paid(expires_at)
        }
    }
}
