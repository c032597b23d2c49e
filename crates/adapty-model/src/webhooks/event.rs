//! An event: what a webhook is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::event_type::EventType;
use super::properties::EventProperties;
use crate::json;
use crate::json::object::{object, written_object};
use crate::json::{ReadError, WriteError, read, write};
use crate::profile::{AccessLevel, AttributeValue};

/// One event, as a webhook is sent it.
///
/// It is a hint: events come late, twice and in any order. Drop a known [`key`](Self::key), then read the
/// profile; or take [`access_level`](Self::access_level), which says what access was when the event was made.
///
/// `Debug` shows all of it, the customer's id and attributes too: nothing for a log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Event {
    /// Adapty's id of the profile. Wire: `profile_id`, a UUID; required.
    #[serde(with = "json::uuid")]
    pub profile_id: Uuid,

    /// The developer's own id of the customer. Wire: `customer_user_id`, a string; `null` for an anonymous
    /// profile.
    pub customer_user_id: Option<String>,

    /// What has happened. Wire: `event_type`, a string; required.
    pub event_type: EventType,

    /// When it happened in the store (a purchase, an expiry), which is not when the event was sent.
    ///
    /// Wire: `event_datetime`, a date; required. Several events may share one, and a later delivery may
    /// carry an earlier one.
    #[serde(with = "json::date")]
    pub event_datetime: OffsetDateTime,

    /// What is told of it. Wire: `event_properties`, an object; required.
    pub event_properties: EventProperties,

    /// The version of the event's form. Wire: `event_api_version`, an integer; 1 in the documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_api_version: Option<i64>,

    /// The customer's e-mail address. Wire: `email`, a string, `null` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,

    /// The device's browser. Wire: `user_agent`, a string, `null` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,

    /// Apple's id for vendors. Wire: `idfv`, a UUID in the documents, kept as the text it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idfv: Option<String>,

    /// Apple's id for advertisers. Wire: `idfa`, a UUID in the documents, kept as the text it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idfa: Option<String>,

    /// Google's id for advertisers. Wire: `advertising_id`, a UUID in the documents, kept as the text it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertising_id: Option<String>,

    /// When the app was installed. Wire: `profile_install_datetime`, a date, `null` or absent.
    #[serde(with = "json::date::option", skip_serializing_if = "Option::is_none")]
    pub profile_install_datetime: Option<OffsetDateTime>,

    /// Who shares the access. Wire: `profiles_sharing_access_level`, an array, `null` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profiles_sharing_access_level: Option<Vec<SharingProfile>>,

    /// Where the customer came from, by source. Wire: `attributions`, an object; only if switched on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributions: Option<BTreeMap<String, Attribution>>,

    /// What the developer noted about the customer. Wire: `user_attributes`, an object; only if switched on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_attributes: Option<BTreeMap<String, AttributeValue>>,

    /// The customer's ids in other services. Wire: `integration_ids`, an object, `null` or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration_ids: Option<BTreeMap<String, Option<String>>>,

    /// Google's token of the purchase. Wire: `play_store_purchase_token`, an object; only if switched on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub play_store_purchase_token: Option<PlayStorePurchaseToken>,
}

impl Event {
    /// An event with nothing else stated.
    #[must_use]
    pub fn new(
        profile_id: Uuid,
        event_type: EventType,
        event_datetime: OffsetDateTime,
        event_properties: EventProperties,
    ) -> Self {
        Self {
            profile_id,
            customer_user_id: None,
            event_type,
            event_datetime,
            event_properties,
            event_api_version: None,
            email: None,
            user_agent: None,
            idfv: None,
            idfa: None,
            advertising_id: None,
            profile_install_datetime: None,
            profiles_sharing_access_level: None,
            attributions: None,
            user_attributes: None,
            integration_ids: None,
            play_store_purchase_token: None,
        }
    }

    /// Reads an event. A webhook's request may be none: see [`Delivery`](crate::Delivery).
    ///
    /// # Errors
    ///
    /// - The body is not UTF-8, or not JSON.
    /// - `profile_id`, `event_type`, `event_datetime` or `event_properties` is missing.
    /// - The properties have an `access_level_id`, and no `starts_at` or no `expires_at`: what is not sent
    ///   is neither "from the beginning" nor "never ends". Of a type that the documents give a purchase's
    ///   properties they are a purchase's all the same.
    /// - A field is there twice, has a type that no document shows for it, or a date of no documented form.
    pub fn from_json(body: &[u8]) -> Result<Self, ReadError> {
        read(body)
    }

    /// Writes the event, for a queue: what is not stated is left out, dates have `+00:00`.
    ///
    /// # Errors
    ///
    /// - A number is NaN or infinite.
    /// - A date lies outside the years 0000 to 9999 (UTC).
    pub fn to_json(&self) -> Result<Vec<u8>, WriteError> {
        write(self)
    }

    /// What an event is deduplicated by: two deliveries of one event have the same, two events do not.
    ///
    /// A text without the customer's id, stable enough for a database. It is made of `profile_event_id` where
    /// the event states one (the nil UUID of the documents' examples is none), else of the event's date and
    /// transaction; and, as no document says that two events never share that id, of the profile, the event
    /// type and the access level.
    #[must_use]
    pub fn key(&self) -> String {
        let properties = &self.event_properties;
        let id = properties.profile_event_id().filter(|id| !id.is_nil());
        let level = properties.access_level_updated().map(|it| it.access_level_id.as_str());
        let of = [self.profile_id.hyphenated().to_string(), self.event_type.to_string()];
        let key = match id {
            Some(id) => json!([of, level, id.hyphenated().to_string()]),
            None => {
                let at = (self.event_datetime.unix_timestamp(), self.event_datetime.nanosecond());
                json!([of, level, at, properties.transaction_id()])
            }
        };
        key.to_string()
    }

    /// What access the event says there is: a row like a profile's, for the same questions.
    ///
    /// `None` for every event but `access_level_updated`, and for one that contradicts itself: it never
    /// ends, and says that it is not for life, was refunded, or is not active although it has begun. When
    /// renewal was turned off the event does not say.
    #[must_use]
    pub fn access_level(&self) -> Option<AccessLevel> {
        match self.event_type {
            // One of a newer name is told by what it has.
            EventType::AccessLevelUpdated | EventType::Other(_) => {
                self.event_properties.access_level_updated()?.access_level(self.event_datetime)
            }
            _ => None,
        }
    }
}

written_object!(Event);

/// A profile that shares an access level.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a profile object")]
#[non_exhaustive]
pub struct SharingProfile {
    /// Adapty's id of the profile. Wire: `profile_id`, a UUID; required.
    #[serde(with = "json::uuid")]
    pub profile_id: Uuid,
    /// The developer's own id of the customer. Wire: `customer_user_id`, a string or `null`.
    pub customer_user_id: Option<String>,
}

object!(SharingProfile);

/// Where a customer came from, by one source. Wire: each a string or `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "an attribution object")]
#[non_exhaustive]
pub struct Attribution {
    /// Wire: `status`, such as `non_organic`.
    pub status: Option<String>,
    /// Wire: `channel`.
    pub channel: Option<String>,
    /// Wire: `campaign`.
    pub campaign: Option<String>,
    /// Wire: `ad_group`.
    pub ad_group: Option<String>,
    /// Wire: `ad_set`.
    pub ad_set: Option<String>,
    /// Wire: `creative`.
    pub creative: Option<String>,
    /// Wire: `created_at`, kept as text, as it decides nothing.
    pub created_at: Option<String>,
    /// Wire: `network_user_id`; may be absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network_user_id: Option<String>,
}

object!(Attribution);

/// Google's token of a purchase. Wire: each may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(remote = "Self", expecting = "a purchase token object")]
#[non_exhaustive]
pub struct PlayStorePurchaseToken {
    /// Wire: `product_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// Wire: `purchase_token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_token: Option<String>,
    /// Wire: `is_subscription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_subscription: Option<bool>,
}

object!(PlayStorePurchaseToken);
