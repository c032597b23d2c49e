//! Webhook events: what each says of a profile and a row of it.
//!
//! The fields are those that the page "Webhook event types and fields" lists. What a fake cannot know is left
//! out rather than made up: proceeds, taxes and net revenue, original prices and discounts, countries,
//! addresses, cohorts, placements, paywalls, tests, devices; the currency of a level that no purchase changed.
//! Of a transaction that a request states also dollars where it has another currency, how many payments there
//! were before, the length of a trial, and for how many periods an offer holds.

use adapty_model::time::OffsetDateTime;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::currency_code::CurrencyCode;
use crate::{
    dates,
    profile_lists::{ACCESS_LEVELS, Rows, date},
    raw_json::Object,
};

/// The event of a changed access level.
pub(crate) const ACCESS_LEVEL_UPDATED: &str = "access_level_updated";

/// An event as it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) event_type: &'static str,
    /// The app's time when it was made.
    pub(crate) at: OffsetDateTime,
    /// Whether it is of a test purchase: another address gets those.
    pub(crate) is_sandbox: bool,
    pub(crate) body: Bytes,
}

/// A profile of which an event tells, as it is afterwards.
pub(crate) struct Subject<'a> {
    pub(crate) data: &'a Object<'a>,
    pub(crate) now: OffsetDateTime,
    /// When it happened in the world, which a transaction states: that is the `event_datetime`.
    pub(crate) happened_at: OffsetDateTime,
    /// That of the purchase, where the rows do not say it.
    pub(crate) environment: Option<&'a str>,
}

/// What an event of a purchase says besides the row.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    /// What the transaction cost of which the event tells, though nothing be charged now; `None` in a free
    /// trial, which the documents write `null`.
    pub(crate) price: Option<f64>,
    pub(crate) currency: CurrencyCode,
    /// How many charges there were in a row; `None` where the store alone knows.
    pub(crate) consecutive_payments: Option<u32>,
    /// Whether those are more than a year's.
    pub(crate) is_after_first_year: bool,
    /// `7 days`, for the events of trials; `None` where it is not known.
    pub(crate) trial_duration: Option<String>,
    /// For how many periods its offer holds; `None` where the store alone knows.
    pub(crate) offer_periods: Option<u32>,
}

impl Payment {
    /// One that a request stated: what the store alone knows is not told.
    pub(crate) fn stated(price: Option<f64>, currency: CurrencyCode) -> Self {
        Self {
            price,
            currency,
            consecutive_payments: None,
            is_after_first_year: false,
            trial_duration: None,
            offer_periods: None,
        }
    }
}

impl Subject<'_> {
    /// An event of a purchase, of which `row` is the row.
    pub(crate) fn purchase_event(
        &self,
        event_type: &'static str,
        row: &Object<'_>,
        payment: &Payment,
        event_id: Uuid,
    ) -> Event {
        let mut properties = self.properties(row, event_id);
        properties.insert("price_local".to_owned(), json!(payment.price));
        if payment.price.is_none() || payment.currency == CurrencyCode::USD {
            properties.insert("price_usd".to_owned(), json!(payment.price));
        }
        properties.insert("currency".to_owned(), json!(payment.currency.to_string()));
        if let Some(count) = payment.consecutive_payments {
            properties.insert("consecutive_payments".to_owned(), json!(count));
            let is_after = payment.is_after_first_year;
            properties.insert("rate_after_first_year".to_owned(), json!(is_after));
        }
        let offer = row.object("offer");
        let of_offer = |name: &str| offer.as_ref().and_then(|offer| offer.read::<Value>(name));
        for (name, field) in [
            ("promotional_offer_id", "id"),
            ("store_offer_category", "category"),
            ("store_offer_discount_type", "type"),
        ] {
            properties.insert(name.to_owned(), of_offer(field).unwrap_or(Value::Null));
        }
        if let (Some(_), Some(periods)) = (&offer, payment.offer_periods) {
            properties.insert("store_offer_number_of_periods".to_owned(), json!(periods));
        }
        if let Some(duration) = &payment.trial_duration
            && event_type.starts_with("trial_")
        {
            properties.insert("trial_duration".to_owned(), json!(duration));
        }
        let has_reason = match event_type {
            "subscription_renewal_cancelled"
            | "trial_renewal_cancelled"
            | "subscription_refunded"
            | "non_subscription_purchase_refunded" => true,
            "subscription_expired" | "trial_expired" => row
                .read::<String>("cancellation_reason")
                .is_some_and(|reason| reason == "billing_error"),
            _ => false,
        };
        if has_reason {
            let reason = row.read::<Value>("cancellation_reason").unwrap_or(Value::Null);
            properties.insert("cancellation_reason".to_owned(), reason);
        }
        self.event(event_type, &properties)
    }

    /// The event of an access level, of which `row` is the row; what was paid for it, where that is known.
    pub(crate) fn access_level_event(
        &self,
        row: &Object<'_>,
        payment: Option<&Payment>,
        event_id: Uuid,
    ) -> Event {
        let mut properties = self.properties(row, event_id);
        let offer = row.object("offer");
        let of_offer = |name| offer.as_ref()?.read::<String>(name);
        let is_promotional = of_offer("category").is_some_and(|it| it != "introductory");
        let (introductory, promotional) = match is_promotional {
            true => (None, of_offer("type")),
            false => (of_offer("type"), None),
        };
        let is_trial = introductory.as_deref() == Some("free_trial");
        let (starts_at, expires_at) = (date(row, "starts_at"), date(row, "expires_at"));
        let is_lifetime = row.get("expires_at").is_some_and(|end| end.get() == "null");
        let reason: Option<String> = row.read("cancellation_reason");
        let is_refund = reason.as_deref() == Some("refund");
        let is_cancelled = row.get("renewal_cancelled_at").is_some_and(|at| at.get() != "null");
        let purchased_at = event_date(date(row, "purchased_at"));
        for (name, value) in [
            ("access_level_id", row.read::<Value>(ACCESS_LEVELS.id).unwrap_or(Value::Null)),
            ("is_active", json!(is_active(row, self.now))),
            ("is_lifetime", json!(is_lifetime)),
            ("is_in_grace_period", json!(row.read::<bool>("is_in_grace_period") == Some(true))),
            ("is_refund", json!(is_refund)),
            ("will_renew", json!(!is_lifetime && !is_cancelled && !is_refund)),
            (
                "activated_at",
                event_date(starts_at.or_else(|| date(row, "originally_purchased_at"))),
            ),
            ("starts_at", event_date(starts_at)),
            ("expires_at", event_date(expires_at)),
            ("renewed_at", purchased_at),
            ("billing_issue_detected_at", event_date(date(row, "billing_issue_detected_at"))),
            ("cancellation_reason", json!(reason)),
            ("active_introductory_offer_type", json!(introductory)),
            ("active_promotional_offer_type", json!(promotional)),
            (
                "active_promotional_offer_id",
                json!(is_promotional.then(|| of_offer("id")).flatten()),
            ),
        ] {
            properties.insert(name.to_owned(), value);
        }
        if let Some(payment) = payment {
            properties.insert("currency".to_owned(), json!(payment.currency.to_string()));
            if let Some(duration) = payment.trial_duration.as_ref().filter(|_| is_trial) {
                properties.insert("trial_duration".to_owned(), json!(duration));
            }
        }
        self.event(ACCESS_LEVEL_UPDATED, &properties)
    }

    /// What both kinds of events say.
    fn properties(&self, row: &Object<'_>, event_id: Uuid) -> Map<String, Value> {
        let mut properties = Map::new();
        for (name, field) in [
            ("store", "store"),
            ("vendor_product_id", "store_product_id"),
            ("base_plan_id", "store_base_plan_id"),
            ("transaction_id", "store_transaction_id"),
            ("original_transaction_id", "store_original_transaction_id"),
        ] {
            properties.insert(name.to_owned(), row.read::<Value>(field).unwrap_or(Value::Null));
        }
        let purchased_at = date(row, "purchased_at");
        // A one-time purchase has no chain of renewals, and one date for both.
        let originally = date(row, "originally_purchased_at").or(purchased_at);
        for (name, date) in [
            ("purchase_date", purchased_at),
            ("original_purchase_date", originally),
            ("subscription_expires_at", date(row, "expires_at")),
        ] {
            properties.insert(name.to_owned(), event_date(date));
        }
        let revenue = self.data.read::<Value>("total_revenue_usd").unwrap_or(Value::Null);
        let profile_id = self.data.read::<Value>("profile_id").unwrap_or(Value::Null);
        for (name, value) in [
            ("environment", json!(self.environment(row))),
            ("event_datetime", event_date(Some(self.happened_at))),
            ("profile_id", profile_id),
            ("profile_event_id", json!(event_id)),
            ("profile_has_access_level", json!(self.has_access_level())),
            ("profile_total_revenue_usd", revenue),
        ] {
            properties.insert(name.to_owned(), value);
        }
        properties
    }

    fn event(&self, event_type: &'static str, properties: &Map<String, Value>) -> Event {
        let is_sandbox = properties.get("environment") == Some(&json!("Sandbox"));
        let of_profile = |name| self.data.read::<Value>(name).unwrap_or(Value::Null);
        let envelope = json!({
            "profile_id": of_profile("profile_id"),
            "customer_user_id": of_profile("customer_user_id"),
            "event_type": event_type,
            "event_datetime": event_date(Some(self.happened_at)),
            "event_properties": properties,
            "event_api_version": 1,
        });
        let body = Bytes::from(envelope.to_string());
        Event { event_type, at: self.now, is_sandbox, body }
    }

    /// That of the row, or of the subscription behind an access level; `Production` where neither says.
    fn environment(&self, row: &Object<'_>) -> String {
        const SAME: [&str; 3] = ["store", "store_product_id", "store_original_transaction_id"];
        let stated = |row: &Object<'_>| row.read::<String>("environment");
        let field = |row: &Object<'_>, name| row.read::<String>(name);
        let behind = || {
            let Rows { rows, .. } = Rows::read(self.data, crate::profile_lists::SUBSCRIPTIONS)?;
            let same =
                |other: &&Object<'_>| SAME.iter().all(|it| field(other, it) == field(row, it));
            rows.iter().find(same).and_then(stated)
        };
        let given = || self.environment.map(str::to_owned);
        stated(row).or_else(behind).or_else(given).unwrap_or_else(|| "Production".to_owned())
    }

    fn has_access_level(&self) -> bool {
        Rows::read(self.data, ACCESS_LEVELS)
            .is_some_and(|levels| levels.rows.iter().any(|row| is_active(row, self.now)))
    }
}

/// As the documents compute it: from `starts_at` up to `expires_at`, whose `null` is no end. A date that
/// cannot be read gives no access.
pub(super) fn is_active(row: &Object<'_>, now: OffsetDateTime) -> bool {
    let is_lifetime = row.get("expires_at").is_some_and(|end| end.get() == "null");
    let has_begun = match row.get("starts_at") {
        Some(start) if start.get() != "null" => {
            date(row, "starts_at").is_some_and(|start| start <= now)
        }
        _ => true,
    };
    has_begun && (is_lifetime || date(row, "expires_at").is_some_and(|end| now < end))
}

/// A date as events have it, `2000-01-31T00:00:00.000000+0000`, or `null`.
fn event_date(date: Option<OffsetDateTime>) -> Value {
    date.map_or(Value::Null, |date| json!(dates::write_older(date)))
}
