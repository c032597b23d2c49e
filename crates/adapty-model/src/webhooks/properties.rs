//! What an event tells, by group: purchases with their money, and access levels.
//!
//! Which group it is the event's type says where a document knows it as a purchase's. Else the properties
//! show it by themselves, whatever the type is called: those of an access level have an `access_level_id`.
//! So both groups are read as one object, and then told apart.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use uuid::Uuid;

use super::event_type::EventType;
use crate::json;
use crate::json::object::object;
use crate::profile::{
    AccessLevel, AttributeValue, CancellationReason, Environment, Expiry, Offer, OfferCategory,
    OfferType, Store,
};

/// What an event tells, by group.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventProperties {
    /// Of a purchase: every event but `access_level_updated`.
    Purchase(Box<PurchaseProperties>),
    /// Of an access level: `access_level_updated`.
    AccessLevelUpdated(Box<AccessLevelUpdated>),
}

/// Declares the object as it is sent, and the two groups it is told apart into.
macro_rules! properties {
    (
        both { $($(#[doc = $doc:expr])* $both:ident: $type:ty [$($serde:tt)*],)+ }
        purchase { $($(#[doc = $purchase_doc:expr])* $purchase:ident: $purchase_type:ty [$($purchase_serde:tt)*],)+ }
        access_level { $($(#[doc = $level_doc:expr])* $level:ident: $level_type:ty [$($level_serde:tt)*],)+ }
    ) => {
        #[derive(Default, Serialize, Deserialize)]
        #[serde(remote = "Self", expecting = "an object of event properties")]
        pub(super) struct Wire {
            #[serde(skip_serializing_if = "Option::is_none")]
            access_level_id: Option<String>,
            #[serde(default, skip_serializing_if = "is_not_stated")]
            starts_at: Expiry,
            #[serde(default, skip_serializing_if = "is_not_stated")]
            expires_at: Expiry,
            $(#[serde(default, skip_serializing_if = "Option::is_none", $($serde)*)] $both: $type,)+
            $(#[serde(default, skip_serializing_if = "Option::is_none", $($purchase_serde)*)] $purchase: $purchase_type,)+
            $(#[serde(default, skip_serializing_if = "Option::is_none", $($level_serde)*)] $level: $level_type,)+
        }

        /// What an event tells of a purchase. Which fields are there depends on the event's type, the
        /// store and the webhook's settings. Amounts are binary floats, as sent.
        #[derive(Debug, Clone, Default, PartialEq)]
        #[non_exhaustive]
        pub struct PurchaseProperties {
            $($(#[doc = $doc])* pub $both: $type,)+
            $($(#[doc = $purchase_doc])* pub $purchase: $purchase_type,)+
        }

        /// What an event tells of an access level.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct AccessLevelUpdated {
            /// The level's id.
            ///
            /// Wire: `access_level_id`, a string; it is what tells these properties from a purchase's where
            /// the event's type does not.
            pub access_level_id: String,
            /// When the access begins; `None` is from the beginning.
            ///
            /// Wire: `starts_at`, a date or `null`; the key is required.
            pub starts_at: Option<OffsetDateTime>,
            /// When the access ends; `None` is access that never ends. In a grace period that period's
            /// end, after a refund or a cancellation their date.
            ///
            /// Wire: `expires_at`, a date or `null`; the key is required.
            pub expires_at: Option<OffsetDateTime>,
            $($(#[doc = $doc])* pub $both: $type,)+
            $($(#[doc = $level_doc])* pub $level: $level_type,)+
        }

        impl AccessLevelUpdated {
            /// A level from the beginning until `expires_at` (`None`: for ever), nothing else stated.
            #[must_use]
            pub fn new(
                access_level_id: impl Into<String>,
                expires_at: impl Into<Option<OffsetDateTime>>,
            ) -> Self {
                Self {
                    access_level_id: access_level_id.into(),
                    starts_at: None,
                    expires_at: expires_at.into(),
                    $($both: None,)+
                    $($level: None,)+
                }
            }
        }

        impl Wire {
            /// The group of an event's properties; without a type, of properties that stand alone.
            pub(super) fn told_apart<E: Error>(
                self,
                event_type: Option<&EventType>,
            ) -> Result<EventProperties, E> {
                let [starts_at, expires_at] = match event_type {
                    Some(_) => ["event_properties.starts_at", "event_properties.expires_at"],
                    None => ["starts_at", "expires_at"],
                };
                let is_purchase = event_type.is_some_and(EventType::is_of_a_purchase);
                let Some(access_level_id) = self.access_level_id.filter(|_| !is_purchase) else {
                    return Ok(EventProperties::Purchase(Box::new(PurchaseProperties {
                        $($both: self.$both,)+
                        $($purchase: self.$purchase,)+
                    })));
                };
                Ok(EventProperties::AccessLevelUpdated(Box::new(AccessLevelUpdated {
                    access_level_id,
                    starts_at: stated(starts_at, self.starts_at)?,
                    expires_at: stated(expires_at, self.expires_at)?,
                    $($both: self.$both,)+
                    $($level: self.$level,)+
                })))
            }
        }

        impl From<EventProperties> for Wire {
            fn from(properties: EventProperties) -> Self {
                match properties {
                    EventProperties::Purchase(it) => Self {
                        $($both: it.$both,)+
                        $($purchase: it.$purchase,)+
                        ..Self::default()
                    },
                    EventProperties::AccessLevelUpdated(it) => Self {
                        access_level_id: Some(it.access_level_id),
                        starts_at: it.starts_at.map_or(Expiry::Never, Expiry::At),
                        expires_at: it.expires_at.map_or(Expiry::Never, Expiry::At),
                        $($both: it.$both,)+
                        $($level: it.$level,)+
                        ..Self::default()
                    },
                }
            }
        }

        impl EventProperties {
            /// Adapty's id of the event, if it is stated.
            pub(super) fn profile_event_id(&self) -> Option<Uuid> {
                match self {
                    Self::Purchase(it) => it.profile_event_id,
                    Self::AccessLevelUpdated(it) => it.profile_event_id,
                }
            }

            pub(super) fn transaction_id(&self) -> Option<&str> {
                match self {
                    Self::Purchase(it) => it.transaction_id.as_deref(),
                    Self::AccessLevelUpdated(it) => it.transaction_id.as_deref(),
                }
            }
        }
    };
}

properties! {
    both {
        /// Where the purchase was made.
        ///
        /// Wire: `store`, a string; `None` if `null` or absent.
        store: Option<Store> [],
        /// Real or test purchase.
        ///
        /// Wire: `environment`, a string; `None` if `null` or absent.
        environment: Option<Environment> [],
        /// The currency of the local amounts.
        ///
        /// Wire: `currency`, a string; `None` if `null` or absent.
        currency: Option<String> [],
        /// The product's id in the store, a profile's `store_product_id`.
        ///
        /// Wire: `vendor_product_id`, a string; `None` if `null` or absent.
        vendor_product_id: Option<String> [],
        /// Google's base plan or Stripe's price.
        ///
        /// Wire: `base_plan_id`, a string; `None` if `null` or absent.
        base_plan_id: Option<String> [],
        /// The latest transaction.
        ///
        /// Wire: `transaction_id`, a string; `None` if `null` or absent.
        transaction_id: Option<String> [],
        /// The first transaction of the chain of renewals.
        ///
        /// Wire: `original_transaction_id`, a string; `None` if `null` or absent.
        original_transaction_id: Option<String> [],
        /// When the latest purchase was made.
        ///
        /// Wire: `purchase_date`, a date; `None` if `null` or absent.
        purchase_date: Option<OffsetDateTime> [with = "json::date::option"],
        /// When the first purchase of the chain was made.
        ///
        /// Wire: `original_purchase_date`, a date; `None` if `null` or absent.
        original_purchase_date: Option<OffsetDateTime> [with = "json::date::option"],
        /// When it happened, as the envelope says too.
        ///
        /// Wire: `event_datetime`, a date; `None` if `null` or absent.
        event_datetime: Option<OffsetDateTime> [with = "json::date::option"],
        /// When the subscription ends: the end of the grace period in events of billing, the date of
        /// cancellation in refunds; `null` for a one-time purchase.
        ///
        /// Wire: `subscription_expires_at`, a date; `None` if `null` or absent.
        subscription_expires_at: Option<OffsetDateTime> [with = "json::date::option"],
        /// Adapty's id of the profile, as the envelope says too.
        ///
        /// Wire: `profile_id`, a UUID; `None` if `null` or absent.
        profile_id: Option<Uuid> [with = "json::uuid::option"],
        /// Adapty's id of the event.
        ///
        /// Wire: `profile_event_id`, a UUID; `None` if `null` or absent.
        profile_event_id: Option<Uuid> [with = "json::uuid::option"],
        /// Whether the profile had an active access level when the event was made.
        ///
        /// Wire: `profile_has_access_level`, a boolean; `None` if `null` or absent.
        profile_has_access_level: Option<bool> [],
        /// What the customer paid so far, in US dollars; not for sums.
        ///
        /// Wire: `profile_total_revenue_usd`, a number; `None` if `null` or absent.
        profile_total_revenue_usd: Option<f64> [with = "json::float::option"],
        /// How many periods were paid without a gap.
        ///
        /// Wire: `consecutive_payments`, an integer; `None` if `null` or absent.
        consecutive_payments: Option<i64> [deserialize_with = "json::integer::option::deserialize"],
        /// Whether the store takes its lower commission.
        ///
        /// Wire: `rate_after_first_year`, a boolean; `None` if `null` or absent.
        rate_after_first_year: Option<bool> [],
        /// Why the purchase ended or will not be renewed.
        ///
        /// Wire: `cancellation_reason`, a string; `None` if `null` or absent.
        cancellation_reason: Option<CancellationReason> [],
        /// The store's country.
        ///
        /// Wire: `store_country`, a string; `None` if `null` or absent.
        store_country: Option<String> [],
        /// The customer's country, by the network address.
        ///
        /// Wire: `profile_country`, a string; `None` if `null` or absent.
        profile_country: Option<String> [],
        /// The customer's network address; `null` when not collected.
        ///
        /// Wire: `profile_ip_address`, a string; `None` if `null` or absent.
        profile_ip_address: Option<String> [],
        /// The cohort.
        ///
        /// Wire: `cohort_name`, a string; `None` if `null` or absent.
        cohort_name: Option<String> [],
        /// The placement.
        ///
        /// Wire: `developer_id`, a string; `None` if `null` or absent.
        developer_id: Option<String> [],
        /// The A/B test.
        ///
        /// Wire: `ab_test_name`, a string; `None` if `null` or absent.
        ab_test_name: Option<String> [],
        /// The A/B test's revision: an integer in the documents.
        ///
        /// Wire: `ab_test_revision`, a string or a number; `None` if `null` or absent.
        ab_test_revision: Option<AttributeValue> [],
        /// The paywall.
        ///
        /// Wire: `paywall_name`, a string; `None` if `null` or absent.
        paywall_name: Option<String> [],
        /// The paywall's revision: a number as text in the documents.
        ///
        /// Wire: `paywall_revision`, a string or a number; `None` if `null` or absent.
        paywall_revision: Option<AttributeValue> [],
        /// The paywall's variation, a UUID in the documents, kept as the text it is.
        ///
        /// Wire: `variation_id`, a string; `None` if `null` or absent.
        variation_id: Option<String> [],
        /// How long the trial is: `7 days`.
        ///
        /// Wire: `trial_duration`, a string; `None` if `null` or absent.
        trial_duration: Option<String> [],
        /// Whether renewal is on.
        ///
        /// Wire: `will_renew`, a boolean; `None` if `null` or absent.
        will_renew: Option<bool> [],
        /// Whether a grace period runs.
        ///
        /// Wire: `is_in_grace_period`, a boolean; `None` if `null` or absent.
        is_in_grace_period: Option<bool> [],
        /// Whether the purchase was refunded.
        ///
        /// Wire: `is_refund`, a boolean; `None` if `null` or absent.
        is_refund: Option<bool> [],
        /// Whether the purchase never ends.
        ///
        /// Wire: `is_lifetime`, a boolean; `None` if `null` or absent.
        is_lifetime: Option<bool> [],
    }
    purchase {
        /// The price; `null` in a free trial, in US dollars; not for sums.
        ///
        /// Wire: `price_usd`, a number; `None` if `null` or absent.
        price_usd: Option<f64> [with = "json::float::option"],
        /// The price; `null` in a free trial, in the local currency; not for sums.
        ///
        /// Wire: `price_local`, a number; `None` if `null` or absent.
        price_local: Option<f64> [with = "json::float::option"],
        /// The price without a discount, in US dollars; not for sums.
        ///
        /// Wire: `original_price_usd`, a number; `None` if `null` or absent.
        original_price_usd: Option<f64> [with = "json::float::option"],
        /// The price without a discount, in the local currency; not for sums.
        ///
        /// Wire: `original_price_local`, a number; `None` if `null` or absent.
        original_price_local: Option<f64> [with = "json::float::option"],
        /// The discount, in US dollars; not for sums.
        ///
        /// Wire: `discount_amount_usd`, a number; `None` if `null` or absent.
        discount_amount_usd: Option<f64> [with = "json::float::option"],
        /// The discount, in the local currency; not for sums.
        ///
        /// Wire: `discount_amount_local`, a number; `None` if `null` or absent.
        discount_amount_local: Option<f64> [with = "json::float::option"],
        /// What is left after the store's commission and taxes, in US dollars; not for sums. Started,
        /// renewed, refunded and one-time purchases alone have it.
        ///
        /// Wire: `net_revenue_usd`, a number; `None` if `null` or absent.
        net_revenue_usd: Option<f64> [with = "json::float::option"],
        /// What is left after the store's commission and taxes, in the local currency; not for sums. Started,
        /// renewed, refunded and one-time purchases alone have it.
        ///
        /// Wire: `net_revenue_local`, a number; `None` if `null` or absent.
        net_revenue_local: Option<f64> [with = "json::float::option"],
        /// What is left after the store's commission, in US dollars; not for sums. Started, renewed, refunded
        /// and one-time purchases alone have it.
        ///
        /// Wire: `proceeds_usd`, a number; `None` if `null` or absent.
        proceeds_usd: Option<f64> [with = "json::float::option"],
        /// What is left after the store's commission, in the local currency; not for sums. Started, renewed,
        /// refunded and one-time purchases alone have it.
        ///
        /// Wire: `proceeds_local`, a number; `None` if `null` or absent.
        proceeds_local: Option<f64> [with = "json::float::option"],
        /// The taxes, in US dollars; not for sums. Started, renewed, refunded and one-time purchases alone
        /// have it.
        ///
        /// Wire: `tax_amount_usd`, a number; `None` if `null` or absent.
        tax_amount_usd: Option<f64> [with = "json::float::option"],
        /// The taxes, in the local currency; not for sums. Started, renewed, refunded and one-time purchases
        /// alone have it.
        ///
        /// Wire: `tax_amount_local`, a number; `None` if `null` or absent.
        tax_amount_local: Option<f64> [with = "json::float::option"],
        /// The developer's id of the offer.
        ///
        /// Wire: `promotional_offer_id`, a string; `None` if `null` or absent.
        promotional_offer_id: Option<String> [],
        /// What kind of customer the offer is made to; `null` without an offer.
        ///
        /// Wire: `store_offer_category`, a string; `None` if `null` or absent.
        store_offer_category: Option<OfferCategory> [],
        /// How the offer is paid; `null` without an offer.
        ///
        /// Wire: `store_offer_discount_type`, a string; `None` if `null` or absent.
        store_offer_discount_type: Option<OfferType> [],
        /// How many periods the offer lasts.
        ///
        /// Wire: `store_offer_number_of_periods`, an integer; `None` if `null` or absent.
        store_offer_number_of_periods: Option<i64> [deserialize_with = "json::integer::option::deserialize"],
    }
    access_level {
        /// Whether the level was active when the event was made; it goes stale.
        ///
        /// Wire: `is_active`, a boolean; `None` if `null` or absent.
        is_active: Option<bool> [],
        /// When the level was activated.
        ///
        /// Wire: `activated_at`, a date; `None` if `null` or absent.
        activated_at: Option<OffsetDateTime> [with = "json::date::option"],
        /// When the level was renewed last.
        ///
        /// Wire: `renewed_at`, a date; `None` if `null` or absent.
        renewed_at: Option<OffsetDateTime> [with = "json::date::option"],
        /// When the store failed to charge for a renewal.
        ///
        /// Wire: `billing_issue_detected_at`, a date; `None` if `null` or absent.
        billing_issue_detected_at: Option<OffsetDateTime> [with = "json::date::option"],
        /// How the introductory offer is paid, if one applies.
        ///
        /// Wire: `active_introductory_offer_type`, a string; `None` if `null` or absent.
        active_introductory_offer_type: Option<OfferType> [],
        /// How the promotional offer is paid, if one applies.
        ///
        /// Wire: `active_promotional_offer_type`, a string; `None` if `null` or absent.
        active_promotional_offer_type: Option<OfferType> [],
        /// The developer's id of the promotional offer.
        ///
        /// Wire: `active_promotional_offer_id`, a string; `None` if `null` or absent.
        active_promotional_offer_id: Option<String> [],
    }
}

object!(Wire);

fn is_not_stated(date: &Expiry) -> bool {
    *date == Expiry::NotStated
}

fn stated<E: Error>(field: &'static str, date: Expiry) -> Result<Option<OffsetDateTime>, E> {
    match date {
        Expiry::At(date) => Ok(Some(date)),
        Expiry::Never => Ok(None),
        Expiry::NotStated => Err(E::missing_field(field)),
    }
}

impl EventProperties {
    /// The properties of a purchase, if they are.
    #[must_use]
    pub fn purchase(&self) -> Option<&PurchaseProperties> {
        match self {
            Self::Purchase(purchase) => Some(purchase),
            Self::AccessLevelUpdated(_) => None,
        }
    }

    /// The properties of an access level, if they are.
    #[must_use]
    pub fn access_level_updated(&self) -> Option<&AccessLevelUpdated> {
        match self {
            Self::AccessLevelUpdated(level) => Some(level),
            Self::Purchase(_) => None,
        }
    }
}

impl AccessLevelUpdated {
    /// See [`Event::access_level`](crate::Event::access_level).
    pub(super) fn access_level(&self, event_datetime: OffsetDateTime) -> Option<AccessLevel> {
        let has_begun = self.starts_at.is_none_or(|start| start <= event_datetime);
        let is_over = self.is_lifetime == Some(false)
            || self.is_refund == Some(true)
            || (self.is_active == Some(false) && has_begun);
        if self.expires_at.is_none() && is_over {
            return None;
        }
        let mut level = AccessLevel::new(self.access_level_id.clone(), self.expires_at);
        level.starts_at = self.starts_at;
        level.store = self.store.clone();
        level.store_product_id = self.vendor_product_id.clone();
        level.store_base_plan_id = self.base_plan_id.clone();
        level.store_transaction_id = self.transaction_id.clone();
        level.store_original_transaction_id = self.original_transaction_id.clone();
        level.environment = self.environment.clone();
        level.purchased_at = self.purchase_date;
        level.originally_purchased_at = self.original_purchase_date;
        level.billing_issue_detected_at = self.billing_issue_detected_at;
        level.is_in_grace_period = self.is_in_grace_period;
        let refund = (self.is_refund == Some(true)).then_some(CancellationReason::Refund);
        level.cancellation_reason = self.cancellation_reason.clone().or(refund);
        level.offer = self.offer();
        Some(level)
    }

    fn offer(&self) -> Option<Offer> {
        let (category, r#type) =
            match (&self.active_promotional_offer_type, &self.active_introductory_offer_type) {
                (Some(promotional), _) => (OfferCategory::Promotional, promotional),
                (None, Some(introductory)) => (OfferCategory::Introductory, introductory),
                (None, None) => return None,
            };
        let mut offer = Offer::new(category, r#type.clone());
        offer.id = self.active_promotional_offer_id.clone();
        Some(offer)
    }
}

impl<'de> Deserialize<'de> for EventProperties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <Wire as Deserialize>::deserialize(deserializer)?.told_apart(None)
    }
}

impl Serialize for EventProperties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Serialize::serialize(&Wire::from(self.clone()), serializer)
    }
}
