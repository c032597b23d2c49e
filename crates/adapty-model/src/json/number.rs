//! Numbers of unknown type, where another crate of the program turns on serde_json's
//! `arbitrary_precision`: they come in the guise of a map that only serde_json can open.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Error, Expected, MapAccess, Unexpected};
use serde_json::Number;

/// Opens such a number; any other map is one where a number should be.
pub(crate) fn open<'de, A>(map: A, expected: &dyn Expected) -> Result<Number, A::Error>
where
    A: MapAccess<'de>,
{
    Number::deserialize(MapAccessDeserializer::new(map))
        .map_err(|_: A::Error| A::Error::invalid_type(Unexpected::Map, expected))
}
