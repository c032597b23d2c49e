//! A customer's profile, whole.

mod profile_response;
mod access_level;
mod subscription;
mod non_subscription;
mod custom_attribute;
mod offer;
mod store;
mod environment;
mod cancellation_reason;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use self::access_level::Transaction;
pub use self::access_level::{AccessLevel, TimeLeft};
pub use self::cancellation_reason::CancellationReason;
pub use self::custom_attribute::{AttributeValue, CustomAttribute, NotFinite, Number};
pub use self::environment::Environment;
pub use self::non_subscription::NonSubscription;
pub use self::offer::{Offer, OfferCategory, OfferType};
pub use self::profile_response::ProfileResponse;
pub use self::store::Store;
pub use self::subscription::{Expiry, Subscription};
use crate::json;
use crate::json::object::object;
use crate::json::{ReadError, WriteError, read, write_into};

/// One customer of one app: what they bought, and what that gives them access to.
///
/// The API has no `is_active`, no e-mail and no dates of its own here; access is decided from
/// [`access_levels`](Self::access_levels) alone.
///
/// `Debug` shows all of it, the customer's id and attributes too: nothing for a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a profile object")]
#[non_exhaustive]
pub struct Profile {
    /// The app the profile belongs to, Adapty's own id.
    ///
    /// Wire: `app_id`, a UUID in the OpenAPI file and a plain string in the page "200: OK", so it
    /// is kept as one. Always there in the documents; `None` if absent or `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<String>,

    /// Adapty's id of the profile.
    ///
    /// Wire: `profile_id`, a UUID; required.
    #[serde(with = "json::uuid")]
    pub profile_id: Uuid,

    /// The developer's own id of the customer, compared byte by byte.
    ///
    /// Wire: `customer_user_id`, a string; `null` for an anonymous profile (OpenAPI).
    pub customer_user_id: Option<String>,

    /// What the customer paid so far, in US dollars, as sent: a binary float with its noise
    /// (`109.88999999999999`), not for sums. May be negative once refunds are subtracted.
    ///
    /// Wire: `total_revenue_usd`, a number. Always there in the documents. NaN and infinities
    /// cannot be written.
    #[serde(default, with = "json::float::option", skip_serializing_if = "Option::is_none")]
    pub total_revenue_usd: Option<f64>,

    /// Adapty's internal mark of the customer's segment.
    ///
    /// Wire: `segment_hash`, opaque text. Always there in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_hash: Option<String>,

    /// When the answer was made, in Unix milliseconds by the server's clock.
    ///
    /// Wire: `timestamp`, an integer, also read as `1733324566777.0`. Always there in the
    /// documents, whose older pages show 0: not stated.
    #[serde(
        default,
        deserialize_with = "json::integer::option::deserialize",
        skip_serializing_if = "Option::is_none"
    )]
    pub timestamp: Option<i64>,

    /// What the developer noted about the customer; at most 30.
    ///
    /// Wire: `custom_attributes`, an array (every example), a dictionary of key to value (page
    /// "200: OK") or `null`; the key itself is required.
    #[serde(deserialize_with = "json::collection::deserialize")]
    pub custom_attributes: Vec<CustomAttribute>,

    /// What the customer has, had or will have access to.
    ///
    /// Wire: `access_levels`, an array (every example), a dictionary by access level id (page
    /// "200: OK") or `null`; the key itself is required. Empty when there are none, which is no
    /// proof that there never were.
    #[serde(deserialize_with = "json::collection::deserialize")]
    pub access_levels: Vec<AccessLevel>,

    /// The customer's subscriptions, running and ended.
    ///
    /// Wire: `subscriptions`, an array (every example), a dictionary by product id (page
    /// "200: OK") or `null`; the key itself is required. One product may have several rows.
    #[serde(deserialize_with = "json::collection::deserialize")]
    pub subscriptions: Vec<Subscription>,

    /// The customer's other purchases.
    ///
    /// Wire: `non_subscriptions`, an array (every example), a dictionary of product id to an
    /// array (page "200: OK") or `null`; the key itself is required.
    #[serde(deserialize_with = "json::collection::deserialize")]
    pub non_subscriptions: Vec<NonSubscription>,
}

impl Profile {
    /// A profile with nothing else stated.
    #[must_use]
    pub fn new(profile_id: Uuid) -> Self {
        Self {
            app_id: None,
            profile_id,
            customer_user_id: None,
            total_revenue_usd: None,
            segment_hash: None,
            timestamp: None,
            custom_attributes: Vec::new(),
            access_levels: Vec::new(),
            subscriptions: Vec::new(),
            non_subscriptions: Vec::new(),
        }
    }

    /// Reads a profile without the envelope of an answer, as [`to_json`](Self::to_json) writes it.
    ///
    /// # Errors
    ///
    /// Those of [`ProfileResponse::from_json`], with paths that begin at the profile. An answer's body is
    /// one of them: it has no `profile_id` beside its `data`.
    pub fn from_json(stored: &[u8]) -> Result<Self, ReadError> {
        read(stored)
    }

    /// Writes the profile without the envelope of an answer: what to keep in a database or cache.
    ///
    /// What was read and is not written: fields this crate does not know; how a date was spelled (its
    /// zone, zeros at the end of its fraction), a collection (dictionary, `null`) and an offer; whether a
    /// field that may be absent was absent or `null`. No answer of [`access`](Self::access) depends on
    /// any of it. Who may need it later keeps the bytes that came.
    ///
    /// With serde the same is kept in every self-describing format: MessagePack, CBOR, YAML. Formats whose
    /// reader has to be told what comes next (bincode, postcard) write a profile and cannot read it, since
    /// a collection has three forms and fields may be left out.
    ///
    /// # Errors
    ///
    /// Those of [`ProfileResponse::to_json`].
    pub fn to_json(&self) -> Result<Vec<u8>, WriteError> {
        write_into(Vec::with_capacity(self.room()), self)
    }

    /// About as many bytes as writing takes: a row of the documents' has some 500, the rest of a profile
    /// some 400.
    fn room(&self) -> usize {
        let rows =
            self.access_levels.len() + self.subscriptions.len() + self.non_subscriptions.len();
        512 + 512 * rows + 64 * self.custom_attributes.len()
    }
}

/// What a profile tells besides [who has access](Self::access).
impl Profile {
    /// Which of two answers about one profile was made later; the later is the greater.
    ///
    /// `None` if that cannot be told: one of them does not state its `timestamp` (absent, or the 0
    /// of the older pages), or they are of different profiles. Two answers may be equally old.
    #[must_use]
    pub fn compare_timestamp(&self, other: &Self) -> Option<Ordering> {
        if self.profile_id != other.profile_id {
            return None;
        }
        Some(self.stated_timestamp()?.cmp(&other.stated_timestamp()?))
    }

    /// When the answer was made, by the server's clock: [`timestamp`](Self::timestamp) as a date.
    ///
    /// `None` if it is not stated (absent, or the 0 of the older pages), or beyond the year 9999.
    #[must_use]
    pub fn answered_at(&self) -> Option<OffsetDateTime> {
        let milliseconds = i128::from(self.stated_timestamp()?);
        OffsetDateTime::from_unix_timestamp_nanos(milliseconds * 1_000_000).ok()
    }

    fn stated_timestamp(&self) -> Option<i64> {
        self.timestamp.filter(|milliseconds| *milliseconds != 0)
    }

    /// The subscription behind an access level: the one of the same store, product and original
    /// transaction.
    ///
    /// `None` is an ordinary answer. A grant has no subscription, a level may come from another
    /// purchase, and the newest document's own example has a level whose transaction no
    /// subscription has.
    #[must_use]
    pub fn subscription_behind(&self, level: &AccessLevel) -> Option<&Subscription> {
        let store = level.store.as_ref()?;
        let product = level.store_product_id.as_ref()?;
        let transaction = level.store_original_transaction_id.as_ref()?;
        self.subscriptions.iter().find(|subscription| {
            subscription.store.as_ref() == Some(store)
                && subscription.store_product_id == *product
                && subscription.store_original_transaction_id.as_ref() == Some(transaction)
        })
    }

    /// Whether a level comes from a real or a test purchase: what the level states, else what the
    /// subscription or the other purchase of the same store, product and original transaction states.
    ///
    /// `None` is unknown, and an ordinary answer: levels of the newest documents do not state it, and a
    /// grant has no purchase.
    #[must_use]
    pub fn environment_of<'p>(&'p self, level: &'p AccessLevel) -> Option<&'p Environment> {
        level.environment.as_ref().or_else(|| {
            let transaction = level.transaction()?;
            let mut stated = self.environments();
            stated.find(|(behind, _)| *behind == transaction).map(|(_, environment)| environment)
        })
    }

    /// The environments that purchases state.
    pub(crate) fn environments(&self) -> impl Iterator<Item = (Transaction<'_>, &Environment)> {
        let subscriptions = self.subscriptions.iter().map(|subscription| {
            let product = Some(subscription.store_product_id.as_str());
            let transaction = subscription.store_original_transaction_id.as_deref();
            (subscription.store.as_ref(), product, transaction, subscription.environment.as_ref())
        });
        let others = self.non_subscriptions.iter().map(|purchase| {
            let product = purchase.store_product_id.as_deref();
            let transaction = purchase.store_original_transaction_id.as_deref();
            (purchase.store.as_ref(), product, transaction, purchase.environment.as_ref())
        });
        let stated = subscriptions.chain(others);
        stated.filter_map(|(store, product, transaction, environment)| {
            Some((
                Transaction { store: store?, product: product?, original: transaction? },
                environment?,
            ))
        })
    }

    /// The purchases that state they were not refunded.
    ///
    /// One that does not state it is not among them: `is_refund` stands in every document, and
    /// what is not said must not grant.
    pub fn purchases_not_refunded(&self) -> impl Iterator<Item = &NonSubscription> {
        self.non_subscriptions.iter().filter(|purchase| purchase.is_refund == Some(false))
    }

    /// The value of a custom attribute, by its key.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<&AttributeValue> {
        self.custom_attributes.iter().find(|one| one.key == key).map(|one| &one.value)
    }
}

object!(Profile);
