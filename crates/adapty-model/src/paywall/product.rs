//! What a paywall sells.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::json;
use crate::json::object::object;
use crate::json::open_enum::open_enum;

/// A product on a paywall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a product object")]
#[non_exhaustive]
pub struct PaywallProduct {
    /// Adapty's id of the product. Wire: `product_id`, a UUID; required.
    #[serde(with = "json::uuid")]
    pub product_id: Uuid,

    /// The product's name. Wire: `title`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,

    /// How long it lasts. Wire: `product_set`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_set: Option<ProductSet>,

    /// The offer it is sold under; nothing to do with the [`Offer`](crate::Offer) of a purchase.
    ///
    /// Wire: `offer`, an object or `null`.
    pub offer: Option<PaywallOffer>,
}

object!(PaywallProduct);

/// An offer that a paywall makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an offer object")]
#[non_exhaustive]
pub struct PaywallOffer {
    /// Adapty's id of the offer. Wire: `product_offer_id`, a string. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_offer_id: Option<String>,

    /// The offer's name. Wire: `title`, a string. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

object!(PaywallOffer);

open_enum! {
    /// How long a product lasts, or what else it is.
    ///
    /// Wire: `product_set`.
    ProductSet, "a product set" {
        /// A week: `weekly`.
        Weekly = "weekly",
        /// A month: `monthly`.
        Monthly = "monthly",
        /// Two months: `two_months`.
        TwoMonths = "two_months",
        /// Three months: `trimonthly`.
        Trimonthly = "trimonthly",
        /// Half a year: `semiannual`.
        Semiannual = "semiannual",
        /// A year: `annual`.
        Annual = "annual",
        /// For good: `lifetime`.
        Lifetime = "lifetime",
        /// Another time: `uncategorised`.
        Uncategorised = "uncategorised",
        /// No subscription: `nonsubscriptions`.
        NonSubscriptions = "nonsubscriptions",
        /// Until it is used up: `consumable`.
        Consumable = "consumable",
        ..
        /// A value no document knows.
        Other
    }
}
