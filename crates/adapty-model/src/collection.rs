//! The one place that knows that a collection is an array, a dictionary or `null`.
//!
//! Arrays stand in every example. The page "200: OK" describes dictionaries, and `null` for a
//! customer who has none; of attributes it says the first alone, and `null` is read all the same.
//! All three become a `Vec`, in the order of the document.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::ser::Serializer;

use crate::member::{Member, Read, Write};
use crate::object::{Object, ReadObject};

/// What a collection holds.
pub(crate) trait Row: Object + Member {
    /// Reads what stands under `key` in a dictionary into `rows`.
    fn read_entry<'de, D>(key: &str, rows: &mut Vec<Self>, value: D) -> Result<(), D::Error>
    where
        D: Deserializer<'de>,
    {
        rows.push(ReadObject::new(Some(key)).deserialize(value)?);
        Ok(())
    }
}

impl<T: Row> Member for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Collection(PhantomData))
    }

    fn write<S: Serializer>(&self, name: &'static str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|row| Write(name, row)))
    }
}

struct Collection<T>(PhantomData<T>);

impl<'de, T: Row> Visitor<'de> for Collection<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array, a dictionary or null")
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Vec<T>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = array.next_element_seed(Read::new())? {
            if rows.is_empty() {
                rows.reserve_exact(const { few::<T>() });
            }
            rows.push(row);
        }
        Ok(rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut dictionary: A) -> Result<Vec<T>, A::Error> {
        let mut rows = Vec::new();
        while let Some(key) = dictionary.next_key_seed(Key)? {
            dictionary.next_value_seed(Entry { key: &key, rows: &mut rows })?;
        }
        Ok(rows)
    }
}

/// As many rows as fit into a kilobyte: most profiles have no more, and allocators are quick to
/// give and take so little.
const fn few<T>() -> usize {
    let rows = 1024 / size_of::<T>();
    if rows == 0 { 1 } else { rows }
}

/// A dictionary's key, which becomes an id: text, and whole.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is text")
    }

    fn visit_bytes<E: de::Error>(self, key: &[u8]) -> Result<String, E> {
        let found = Unexpected::Other("text with half a surrogate pair");
        let key = str::from_utf8(key).map_err(|_| E::invalid_type(found, &self))?;
        Ok(key.to_owned())
    }

    fn visit_str<E>(self, key: &str) -> Result<String, E> {
        Ok(key.to_owned())
    }
}

struct Entry<'a, T> {
    key: &'a str,
    rows: &'a mut Vec<T>,
}

impl<'de, T: Row> DeserializeSeed<'de> for Entry<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        T::read_entry(self.key, self.rows, value)
    }
}

/// Reads what stands under a dictionary's key when it is one row or an array of them.
pub(crate) fn read_one_or_more<'de, T, D>(
    key: &str,
    rows: &mut Vec<T>,
    value: D,
) -> Result<(), D::Error>
where
    T: Row,
    D: Deserializer<'de>,
{
    struct OneOrMore<'a, T>(Entry<'a, T>);

    impl<'de, T: Row> Visitor<'de> for OneOrMore<'_, T> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{} or an array of them", T::EXPECTED)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
            self.0.rows.push(T::read_members(map, Some(self.0.key))?);
            Ok(())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
            while let Some(row) = array.next_element_seed(ReadObject::new(Some(self.0.key)))? {
                self.0.rows.push(row);
            }
            Ok(())
        }
    }

    value.deserialize_any(OneOrMore(Entry { key, rows }))
}
