//! Reading an event.
//!
//! What its properties are the event's type says, and either may stand first. So all fields are read at once,
//! and the properties told apart afterwards.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use uuid::Uuid;

use super::event::{Attribution, Event, PlayStorePurchaseToken, SharingProfile};
use super::event_type::EventType;
use super::properties::Wire;
use crate::json;
use crate::json::object::ObjectOnly;
use crate::profile::AttributeValue;

#[derive(Deserialize)]
#[serde(expecting = "an event object")]
struct AnyEvent {
    #[serde(with = "json::uuid")]
    profile_id: Uuid,
    customer_user_id: Option<String>,
    event_type: EventType,
    #[serde(with = "json::date")]
    event_datetime: OffsetDateTime,
    event_properties: Wire,
    #[serde(default, deserialize_with = "json::integer::option::deserialize")]
    event_api_version: Option<i64>,
    email: Option<String>,
    user_agent: Option<String>,
    idfv: Option<String>,
    idfa: Option<String>,
    advertising_id: Option<String>,
    #[serde(default, with = "json::date::option")]
    profile_install_datetime: Option<OffsetDateTime>,
    profiles_sharing_access_level: Option<Vec<SharingProfile>>,
    attributions: Option<BTreeMap<String, Attribution>>,
    user_attributes: Option<BTreeMap<String, AttributeValue>>,
    integration_ids: Option<BTreeMap<String, Option<String>>>,
    play_store_purchase_token: Option<PlayStorePurchaseToken>,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let any = AnyEvent::deserialize(ObjectOnly(deserializer))?;
        Ok(Self {
            event_properties: any.event_properties.told_apart(Some(&any.event_type))?,
            profile_id: any.profile_id,
            customer_user_id: any.customer_user_id,
            event_type: any.event_type,
            event_datetime: any.event_datetime,
            event_api_version: any.event_api_version,
            email: any.email,
            user_agent: any.user_agent,
            idfv: any.idfv,
            idfa: any.idfa,
            advertising_id: any.advertising_id,
            profile_install_datetime: any.profile_install_datetime,
            profiles_sharing_access_level: any.profiles_sharing_access_level,
            attributions: any.attributions,
            user_attributes: any.user_attributes,
            integration_ids: any.integration_ids,
            play_store_purchase_token: any.play_store_purchase_token,
        })
    }
}
