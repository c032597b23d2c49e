//! The offer under which a period was bought.

use serde::{Deserialize, Deserializer, Serialize};

use crate::json::object::{ObjectOnly, written_object};
use crate::json::open_enum::open_enum;

/// An offer applied in the current period.
///
/// The documents spell its fields in two ways, short and with `offer_` before them, even in two
/// rows of one answer. Both are read, in any row; where both stand in one object and state
/// something, the short one wins. Written is the short one, as in the newest documents.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Offer {
    /// What kind of customer the offer is made to.
    ///
    /// Wire: `category` or `offer_category`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<OfferCategory>,

    /// How the offer is paid.
    ///
    /// Wire: `type` or `offer_type`. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<OfferType>,

    /// The developer's id of the offer.
    ///
    /// Wire: `id` or `offer_id`, a string or `null`; may be absent.
    pub id: Option<String>,
}

impl Offer {
    /// An offer without an id of its own.
    #[must_use]
    pub fn new(category: OfferCategory, r#type: OfferType) -> Self {
        Self { category: Some(category), r#type: Some(r#type), id: None }
    }
}

/// An offer as it may come. An alias would not do: a field that is there under both names is not
/// there twice.
#[derive(Deserialize)]
#[serde(expecting = "an offer object")]
struct BothSpellings {
    category: Option<OfferCategory>,
    r#type: Option<OfferType>,
    id: Option<String>,
    offer_category: Option<OfferCategory>,
    offer_type: Option<OfferType>,
    offer_id: Option<String>,
}

written_object!(Offer);

impl<'de> Deserialize<'de> for Offer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BothSpellings::deserialize(ObjectOnly(deserializer)).map(Into::into)
    }
}

impl From<BothSpellings> for Offer {
    fn from(offer: BothSpellings) -> Self {
        Self {
            category: offer.category.or(offer.offer_category),
            r#type: offer.r#type.or(offer.offer_type),
            id: offer.id.or(offer.offer_id),
        }
    }
}

open_enum! {
    /// What kind of customer an offer is made to.
    ///
    /// Wire: `category` or `offer_category`. `retention` stands in the documents of webhooks only.
    OfferCategory, "an offer category" {
        /// For those who never subscribed: `introductory`.
        Introductory = "introductory",
        /// For those who subscribe or did: `promotional`.
        Promotional = "promotional",
        /// For those who have a code: `offer_code`.
        OfferCode = "offer_code",
        /// For those who left: `win_back`.
        WinBack = "win_back",
        /// For those about to leave: `retention`.
        Retention = "retention",
        ..
        /// A value no document knows.
        Other
    }
}

open_enum! {
    /// How an offer is paid.
    ///
    /// Wire: `type` or `offer_type`.
    OfferType, "an offer type" {
        /// Not at all: `free_trial`.
        FreeTrial = "free_trial",
        /// A lower price for some periods: `pay_as_you_go`.
        PayAsYouGo = "pay_as_you_go",
        /// One lower price in advance: `pay_up_front`.
        PayUpFront = "pay_up_front",
        /// The store did not say: the documented `unknown`.
        Unknown = "unknown",
        ..
        /// A value no document knows.
        Other
    }
}
