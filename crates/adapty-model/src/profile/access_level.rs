//! An access level: what a purchase or a grant opens, and from when until when.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::cancellation_reason::CancellationReason;
use super::environment::Environment;
use super::offer::{Offer, OfferType};
use super::store::Store;
use crate::json;
use crate::json::collection::Row;
use crate::json::object::object;

/// One row of a profile's access levels.
///
/// An id may have several rows. Two fields decide access, [`starts_at`](Self::starts_at) and
/// [`expires_at`](Self::expires_at); the others explain it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an access level object")]
#[non_exhaustive]
pub struct AccessLevel {
    /// The level's id, as set up in the Adapty Dashboard; `premium` always exists there.
    ///
    /// Wire: `access_level_id`, a string; required, except in a dictionary, whose key is the id.
    pub access_level_id: String,

    /// Where the purchase behind the level was made.
    ///
    /// Wire: `store`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<Store>,

    /// The product that gave the level.
    ///
    /// Wire: `store_product_id`, a string. Always there in the documents. A grant without a purchase
    /// has `adapty_server_side_product`, `adapty_dashboard_product` or `adapty_promotion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_product_id: Option<String>,

    /// Google's base plan or Stripe's price.
    ///
    /// Wire: `store_base_plan_id`. "None" is `""` in the older pages and `null` in the newer
    /// documents; both are kept as they came.
    pub store_base_plan_id: Option<String>,

    /// The latest transaction of the purchase: text, though it looks like a number.
    ///
    /// Wire: `store_transaction_id`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_transaction_id: Option<String>,

    /// The first transaction of the purchase's chain of renewals.
    ///
    /// Wire: `store_original_transaction_id`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_original_transaction_id: Option<String>,

    /// The offer applied in the current period.
    ///
    /// Wire: `offer`, an object or `null`.
    pub offer: Option<Offer>,

    /// Real or test purchase; `None` is not stated.
    ///
    /// Wire: `environment`. The older pages have it, the newer ones and OpenAPI do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<Environment>,

    /// When the access begins; `None` is from the beginning. May be in the future.
    ///
    /// Wire: `starts_at`, a date or `null`; the key is required, so that a start that is not stated, or
    /// misspelt, can never be taken for "from the beginning".
    #[serde(with = "json::date::option")]
    pub starts_at: Option<OffsetDateTime>,

    /// When the latest purchase of the chain was made.
    ///
    /// Wire: `purchased_at`, a date. Always there in the documents.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub purchased_at: Option<OffsetDateTime>,

    /// When the first purchase of the chain was made.
    ///
    /// Wire: `originally_purchased_at`, a date. Always there in the documents.
    #[serde(default, with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub originally_purchased_at: Option<OffsetDateTime>,

    /// When the access ends; `None` is access that never ends.
    ///
    /// Wire: `expires_at`, a date or `null`; the key is required, so that an answer that does
    /// not say can never be taken for lifetime access. In a grace period this already is the
    /// grace period's end, after a refund the refund's date: so the documents say of the webhook
    /// event, and that it holds here too is assumed.
    #[serde(with = "json::date::option")]
    pub expires_at: Option<OffsetDateTime>,

    /// When renewal was turned off; the access goes on until it expires.
    ///
    /// Wire: `renewal_cancelled_at`, a date or `null`; `null` again once it is turned back on.
    #[serde(default, with = "json::date::option")]
    pub renewal_cancelled_at: Option<OffsetDateTime>,

    /// When the store failed to charge for a renewal.
    ///
    /// Wire: `billing_issue_detected_at`, a date or `null`; `null` again once it was paid.
    #[serde(default, with = "json::date::option")]
    pub billing_issue_detected_at: Option<OffsetDateTime>,

    /// Whether the customer was in a grace period when the answer was made; it goes stale.
    ///
    /// Wire: `is_in_grace_period`. Always there in the documents; `None` is not stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_in_grace_period: Option<bool>,

    /// Why the purchase ended or will not be renewed.
    ///
    /// Wire: `cancellation_reason`, a value of an open enum or `null`.
    pub cancellation_reason: Option<CancellationReason>,
}

impl AccessLevel {
    /// A level from the beginning until `expires_at` (`None`: for ever), nothing else stated.
    #[must_use]
    pub fn new(
        access_level_id: impl Into<String>,
        expires_at: impl Into<Option<OffsetDateTime>>,
    ) -> Self {
        Self {
            access_level_id: access_level_id.into(),
            store: None,
            store_product_id: None,
            store_base_plan_id: None,
            store_transaction_id: None,
            store_original_transaction_id: None,
            offer: None,
            environment: None,
            starts_at: None,
            purchased_at: None,
            originally_purchased_at: None,
            expires_at: expires_at.into(),
            renewal_cancelled_at: None,
            billing_issue_detected_at: None,
            is_in_grace_period: None,
            cancellation_reason: None,
        }
    }
}

/// What the dates say, at an instant that is given as an [`OffsetDateTime`] or as what becomes one, such as
/// the standard library's `SystemTime`.
impl AccessLevel {
    /// Whether the row grants access at an instant: from `starts_at` up to, but not including,
    /// `expires_at`.
    #[must_use]
    pub fn is_active(&self, at: impl Into<OffsetDateTime>) -> bool {
        let at = at.into();
        self.has_started(at) && self.expires_at.is_none_or(|end| at < end)
    }

    /// Whether the access has begun at an instant, be it over by then or not.
    #[must_use]
    pub fn has_started(&self, at: impl Into<OffsetDateTime>) -> bool {
        let at = at.into();
        self.starts_at.is_none_or(|start| start <= at)
    }

    /// Whether the access never ends, be it begun or not.
    #[must_use]
    pub fn is_lifetime(&self) -> bool {
        self.expires_at.is_none()
    }

    /// How much longer the row grants access, counted from an instant.
    #[must_use]
    pub fn time_left(&self, at: impl Into<OffsetDateTime>) -> TimeLeft {
        let at = at.into();
        match self.expires_at {
            _ if !self.is_active(at) => TimeLeft::Nothing,
            Some(end) => TimeLeft::For(end - at),
            None => TimeLeft::Forever,
        }
    }
}

/// What the row says besides, none of which decides.
impl AccessLevel {
    /// Whether the customer was in a grace period when the answer was made.
    #[must_use]
    pub fn was_in_grace_period(&self) -> bool {
        self.is_in_grace_period == Some(true)
    }

    /// Whether the store failed to charge for a renewal, and has not been paid since.
    #[must_use]
    pub fn has_billing_issue(&self) -> bool {
        self.billing_issue_detected_at.is_some()
    }

    /// Whether renewal is turned off; access goes on until it expires.
    #[must_use]
    pub fn is_renewal_cancelled(&self) -> bool {
        self.renewal_cancelled_at.is_some()
    }

    /// Whether the reason given for the end is a refund.
    #[must_use]
    pub fn is_refunded(&self) -> bool {
        self.cancellation_reason == Some(CancellationReason::Refund)
    }

    /// Whether the current period is a free trial.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        let r#type = self.offer.as_ref().and_then(|offer| offer.r#type.as_ref());
        r#type == Some(&OfferType::FreeTrial)
    }

    /// Whether the purchase was a test; `None` if the row does not say, as in the newest
    /// documents, or says something else. The purchase behind it
    /// [may know](crate::Profile::environment_of).
    #[must_use]
    pub fn is_sandbox(&self) -> Option<bool> {
        match self.environment.as_ref()? {
            Environment::Production => Some(false),
            Environment::Sandbox => Some(true),
            Environment::Other(_) => None,
        }
    }

    /// Whether the level was granted by the developer or by Adapty, without a purchase.
    ///
    /// The products that stand for such a grant are named in the documents of the legacy API and of
    /// webhooks, for the field that is now `store_product_id`.
    #[must_use]
    pub fn is_without_purchase(&self) -> bool {
        const GRANTS: [&str; 3] =
            ["adapty_server_side_product", "adapty_dashboard_product", "adapty_promotion"];
        self.store_product_id.as_deref().is_some_and(|product| GRANTS.contains(&product))
    }
}

/// What names the purchase behind a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Transaction<'p> {
    pub(crate) store: &'p Store,
    pub(crate) product: &'p str,
    pub(crate) original: &'p str,
}

impl AccessLevel {
    pub(crate) fn transaction(&self) -> Option<Transaction<'_>> {
        Some(Transaction {
            store: self.store.as_ref()?,
            product: self.store_product_id.as_deref()?,
            original: self.store_original_transaction_id.as_deref()?,
        })
    }
}

/// How much longer a row grants access; the longer is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimeLeft {
    /// It does not grant access: not yet, or no more.
    Nothing,
    /// This long.
    For(Duration),
    /// It never ends.
    Forever,
}

object!(AccessLevel);

impl Row for AccessLevel {
    const ID: &'static str = "access_level_id";
}
