//! Subscriptions to begin, purchases to make, products to change to: as tests write them.

use serde::{Deserialize, Serialize};

use super::subscription::{Plan, Verb};
use crate::period::Period;

/// A subscription to begin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewSubscription {
    /// The product's id in its store.
    pub product: String,
    /// How long a payment lasts.
    pub period: Period,
    /// How long the free trial before the first payment lasts.
    pub trial: Option<Period>,
    /// For how long access goes on after a failed payment.
    pub grace_period: Option<Period>,
    /// What a period costs, in US dollars; at first 9.99.
    pub price: f64,
    /// Where it is sold; at first `app_store`.
    pub store: String,
    /// `Production`, as at first, or `Sandbox`.
    pub environment: String,
    /// The access level it gives; `None` is that of the product, `premium` unless the app's settings say
    /// otherwise. A product that gives none by them needs one here.
    pub access_level_id: Option<String>,
}

/// A one-time purchase to make.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewPurchase {
    /// The product's id in its store.
    pub product: String,
    /// What it costs, in US dollars; at first 9.99.
    pub price: f64,
    /// Where it is sold; at first `app_store`.
    pub store: String,
    /// `Production`, as at first, or `Sandbox`.
    pub environment: String,
    /// Whether it is used up, such as coins, and gives no access; at first not, unless the app's settings say
    /// that the product gives none.
    pub consumable: bool,
    /// The access level it gives, without an end; `None` is that of the product.
    pub access_level_id: Option<String>,
}

/// What a subscription changes to.
///
/// As JSON: `{"product": "premium_annual", "when": "period_end", "period": "P1Y"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProductChange {
    /// The new product's id in the store.
    pub product: String,
    /// When it changes.
    #[serde(default)]
    pub when: When,
    /// How long a payment lasts then; absent is as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// What a period costs then; absent is as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// The access level it gives then; absent is as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_level_id: Option<String>,
}

/// When a product changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// At once, as an upgrade does.
    #[default]
    Now,
    /// With the next payment, at the end of the period unless it comes before, as a downgrade does.
    PeriodEnd,
}

fn price() -> f64 {
    9.99
}

fn store() -> String {
    "app_store".to_owned()
}

fn environment() -> String {
    "Production".to_owned()
}

impl NewSubscription {
    /// A subscription without a trial or a grace period.
    #[must_use]
    pub fn new(product: impl Into<String>, period: Period) -> Self {
        Self {
            product: product.into(),
            period,
            trial: None,
            grace_period: None,
            price: price(),
            store: store(),
            environment: environment(),
            access_level_id: None,
        }
    }

    /// Begins with a free trial.
    #[must_use]
    pub fn trial(mut self, trial: Period) -> Self {
        self.trial = Some(trial);
        self
    }

    /// Goes on for so long after a failed payment.
    #[must_use]
    pub fn grace_period(mut self, grace_period: Period) -> Self {
        self.grace_period = Some(grace_period);
        self
    }

    /// Costs so much, in US dollars.
    #[must_use]
    pub fn price(mut self, price: f64) -> Self {
        self.price = price;
        self
    }

    /// Is sold there.
    #[must_use]
    pub fn store(mut self, store: impl Into<String>) -> Self {
        self.store = store.into();
        self
    }

    /// Gives this access level.
    #[must_use]
    pub fn access_level(mut self, id: impl Into<String>) -> Self {
        self.access_level_id = Some(id.into());
        self
    }

    pub(crate) fn plan(
        self,
        level_of: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Plan, String> {
        check(&self.product, self.price, &self.store, &self.environment)?;
        for (name, period) in [
            ("period", Some(self.period)),
            ("trial", self.trial),
            ("grace_period", self.grace_period),
        ] {
            if period.is_some_and(Period::is_zero) {
                return Err(format!("{name}: it lasts no time"));
            }
        }
        check_level(self.access_level_id.as_deref())?;
        let level = self.access_level_id.or_else(|| level_of(&self.product));
        let access_level_id = level.ok_or_else(|| {
            format!("access_level_id: by the app's settings {} gives none", self.product)
        })?;
        Ok(Plan {
            store: self.store,
            environment: self.environment,
            product: self.product,
            access_level_id,
            period: self.period,
            trial: self.trial,
            grace_period: self.grace_period,
            price: self.price,
        })
    }
}

impl NewPurchase {
    /// A purchase that is not used up.
    #[must_use]
    pub fn new(product: impl Into<String>) -> Self {
        Self {
            product: product.into(),
            price: price(),
            store: store(),
            environment: environment(),
            consumable: false,
            access_level_id: None,
        }
    }

    /// Costs so much, in US dollars.
    #[must_use]
    pub fn price(mut self, price: f64) -> Self {
        self.price = price;
        self
    }

    /// Is used up, and gives no access.
    #[must_use]
    pub fn consumable(mut self) -> Self {
        self.consumable = true;
        self
    }

    /// Gives this access level.
    #[must_use]
    pub fn access_level(mut self, id: impl Into<String>) -> Self {
        self.access_level_id = Some(id.into());
        self
    }

    pub(crate) fn made(
        self,
        level_of: impl FnOnce(&str) -> Option<String>,
    ) -> Result<CheckedPurchase, String> {
        check(&self.product, self.price, &self.store, &self.environment)?;
        check_level(self.access_level_id.as_deref())?;
        let access_level_id = match (self.consumable, self.access_level_id.clone()) {
            (true, Some(_)) => {
                return Err("access_level_id: what is used up gives no access".to_owned());
            }
            (true, None) => None,
            (false, given) => given.or_else(|| level_of(&self.product)),
        };
        Ok(CheckedPurchase {
            store: self.store,
            environment: self.environment,
            product: self.product,
            is_consumable: access_level_id.is_none(),
            access_level_id,
            price: self.price,
        })
    }
}

impl ProductChange {
    /// Changes to a product at once, all else as before.
    #[must_use]
    pub fn now(product: impl Into<String>) -> Self {
        let product = product.into();
        Self { product, when: When::Now, period: None, price: None, access_level_id: None }
    }

    /// Changes to a product with the end of the period, all else as before.
    #[must_use]
    pub fn at_period_end(product: impl Into<String>) -> Self {
        Self { when: When::PeriodEnd, ..Self::now(product) }
    }

    /// Costs so much then, in US dollars.
    #[must_use]
    pub fn price(mut self, price: f64) -> Self {
        self.price = Some(price);
        self
    }

    /// Lasts so long then.
    #[must_use]
    pub fn period(mut self, period: Period) -> Self {
        self.period = Some(period);
        self
    }

    /// The verb, given what is subscribed to now.
    pub(crate) fn verb(self, plan: &Plan) -> Result<Verb, String> {
        let price = self.price.unwrap_or(plan.price);
        check(&self.product, price, &plan.store, &plan.environment)?;
        check_level(self.access_level_id.as_deref())?;
        let period = self.period.unwrap_or(plan.period);
        if period.is_zero() {
            return Err("period: it lasts no time".to_owned());
        }
        let to = Plan {
            product: self.product,
            price,
            period,
            access_level_id: self.access_level_id.unwrap_or_else(|| plan.access_level_id.clone()),
            trial: None,
            ..plan.clone()
        };
        Ok(Verb::ChangeProduct { to, now: self.when == When::Now })
    }
}

fn check_level(id: Option<&str>) -> Result<(), String> {
    match id {
        Some("") => Err("access_level_id: it is empty".to_owned()),
        _ => Ok(()),
    }
}

fn check(product: &str, price: f64, store: &str, environment: &str) -> Result<(), String> {
    if product.is_empty() {
        return Err("product: it is empty".to_owned());
    }
    if store.is_empty() {
        return Err("store: it is empty".to_owned());
    }
    if !matches!(environment, "Production" | "Sandbox") {
        return Err(format!("environment: `{environment}` is neither Production nor Sandbox"));
    }
    match price.is_finite() && price >= 0.0 {
        true => Ok(()),
        false => Err(format!("price: {price} is no price")),
    }
}

/// A one-time purchase that can be made.
#[derive(Clone, Debug)]
pub(crate) struct CheckedPurchase {
    pub(crate) store: String,
    pub(crate) environment: String,
    pub(crate) product: String,
    pub(crate) is_consumable: bool,
    /// `None` gives no access.
    pub(crate) access_level_id: Option<String>,
    pub(crate) price: f64,
}
