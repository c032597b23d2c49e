//! The offer under which a period was bought.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess};
use serde::ser::{SerializeStruct, Serializer};

use crate::member::{Member, Write};
use crate::object::{Object, Position, ReadObject, read_once, serde_traits};
use crate::{OfferCategory, OfferType};

/// An offer applied in the current period.
///
/// The documents spell its members in two ways, short and with `offer_` before them, even in two
/// rows of one answer. Both are read, in any row; where both stand in one object and state
/// something, the short one wins. Written is the short one, as in the newest documents.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Offer {
    /// What kind of customer the offer is made to.
    ///
    /// Wire: `category` or `offer_category`. Always there in the documents.
    pub category: Option<OfferCategory>,

    /// How the offer is paid.
    ///
    /// Wire: `type` or `offer_type`. Always there in the documents.
    pub r#type: Option<OfferType>,

    /// The developer's id of the offer.
    ///
    /// Wire: `id` or `offer_id`, text or `null`; may be absent.
    pub id: Option<String>,
}

impl Offer {
    /// An offer without an id of its own.
    #[must_use]
    pub fn new(category: OfferCategory, r#type: OfferType) -> Self {
        Self { category: Some(category), r#type: Some(r#type), id: None }
    }
}

impl Object for Offer {
    const EXPECTED: &'static str = "an offer object";
    const KEYS: &'static [&'static str] =
        &["category", "type", "id", "offer_category", "offer_type", "offer_id"];

    fn read_members<'de, A: MapAccess<'de>>(mut map: A, _: Option<&str>) -> Result<Self, A::Error> {
        // The short spelling and the long one.
        let (mut categories, mut types, mut ids) = ([None, None], [None, None], [None, None]);
        let mut likely = 0;
        while let Some(position) = map.next_key_seed(Position { keys: Self::KEYS, likely })? {
            let Some(position) = position else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            likely = position + 1;
            let (member, spelling, key) = (position % 3, position / 3, Self::KEYS[position]);
            match member {
                0 => read_once(&mut map, key, &mut categories[spelling])?,
                1 => read_once(&mut map, key, &mut types[spelling])?,
                _ => read_once(&mut map, key, &mut ids[spelling])?,
            }
        }
        Ok(Self { category: stated(categories), r#type: stated(types), id: stated(ids) })
    }
}

/// The first of the spellings that states something.
fn stated<T>(spellings: [Option<Option<T>>; 2]) -> Option<T> {
    spellings.into_iter().flatten().flatten().next()
}

impl Member for Offer {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ReadObject::new(None).deserialize(deserializer)
    }

    fn write<S: Serializer>(&self, _: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Offer", 3)?;
        if let Some(category) = &self.category {
            object.serialize_field("category", category)?;
        }
        if let Some(r#type) = &self.r#type {
            object.serialize_field("type", r#type)?;
        }
        object.serialize_field("id", &Write("id", &self.id))?;
        object.end()
    }
}

serde_traits!(Offer);
