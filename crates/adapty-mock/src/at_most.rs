//! Lists that are read no further than they may be long: a short item takes many times the room of its
//! text.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de};

/// A list of so many items at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtMost<T, const LIMIT: usize>(pub(crate) Vec<T>);

/// Reads a list of so many items at most.
pub(crate) fn at_most<'de, T: Deserialize<'de>, D: Deserializer<'de>, const LIMIT: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    AtMost::<T, LIMIT>::deserialize(deserializer).map(|list| list.0)
}

impl<'de, T: Deserialize<'de>, const LIMIT: usize> Deserialize<'de> for AtMost<T, LIMIT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T, const LIMIT: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const LIMIT: usize> de::Visitor<'de> for ListVisitor<T, LIMIT> {
            type Value = AtMost<T, LIMIT>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(
                self,
                mut items: A,
            ) -> Result<AtMost<T, LIMIT>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    if list.len() == LIMIT {
                        let what = format_args!("there are more than {LIMIT}");
                        return Err(de::Error::custom(what));
                    }
                    list.push(item);
                }
                Ok(AtMost(list))
            }
        }

        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}
