//! The one place that knows that a collection is an array, a dictionary or `null`.
//!
//! Arrays stand in every example. The page "200: OK" describes dictionaries, and `null` for a
//! customer who has none; of attributes it says the first alone, and `null` is read all the same.
//! All three become a `Vec`, in the order of the document.
//!
//! In a dictionary a row's id is its key, which derive cannot say: this is where a visitor is
//! written by hand.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{BytesDeserializer, MapAccessDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::forward_to_deserialize_any;

/// What a collection holds.
pub(crate) trait Row: for<'de> Deserialize<'de> {
    /// The field that a dictionary's key stands for.
    const ID: &'static str;

    /// Reads what stands under `key` in a dictionary into `rows`.
    fn read_entry<'de, D>(key: &str, rows: &mut Vec<Self>, value: D) -> Result<(), D::Error>
    where
        D: Deserializer<'de>,
    {
        rows.push(read_keyed(key, value)?);
        Ok(())
    }
}

/// Reads a row that stands under a key: its id, unless it states one itself.
pub(crate) fn read_keyed<'de, T: Row, D: Deserializer<'de>>(
    key: &str,
    value: D,
) -> Result<T, D::Error> {
    T::deserialize(Keyed { inner: value, id: Id { field: T::ID, key } })
}

/// Reads what stands under a key when it is one row or an array of them.
pub(crate) fn read_one_or_more<'de, T: Row, D: Deserializer<'de>>(
    key: &str,
    rows: &mut Vec<T>,
    value: D,
    expected: &'static str,
) -> Result<(), D::Error> {
    // An option is asked for, which every format leaves open, and whose keys an error may show.
    value.deserialize_option(OneOrMore { key, rows, expected })
}

/// Reads a collection, for a field's `deserialize_with`.
pub(crate) fn deserialize<'de, T: Row, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Collection(PhantomData))
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

    fn visit_none<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Vec<T>, D::Error> {
        some.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Vec<T>, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = array.next_element()? {
            if rows.is_empty() {
                rows.reserve_exact(const { few::<T>() });
            }
            rows.push(row);
        }
        Ok(rows)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut dictionary: A) -> Result<Vec<T>, A::Error> {
        let mut rows = Vec::new();
        while let Some(Key(key)) = dictionary.next_key()? {
            dictionary.next_value_seed(Entry { key: &key, rows: &mut rows })?;
        }
        Ok(rows)
    }
}

/// As many rows as fit into a kilobyte: most profiles have no more. Reading is 7 per cent slower without
/// (`cargo bench -p adapty-model --bench reading`).
const fn few<T>() -> usize {
    let rows = 1024 / size_of::<T>();
    if rows == 0 { 1 } else { rows }
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

struct OneOrMore<'a, T> {
    key: &'a str,
    rows: &'a mut Vec<T>,
    expected: &'static str,
}

impl<'de, T: Row> Visitor<'de> for OneOrMore<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Err(E::invalid_type(Unexpected::Unit, &self))
    }

    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<(), D::Error> {
        some.deserialize_any(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.rows.push(read_keyed(self.key, MapAccessDeserializer::new(map))?);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        struct KeyedRow<'k, T>(&'k str, PhantomData<T>);

        impl<'de, T: Row> DeserializeSeed<'de> for KeyedRow<'_, T> {
            type Value = T;

            fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<T, D::Error> {
                read_keyed(self.0, value)
            }
        }

        while let Some(row) = array.next_element_seed(KeyedRow(self.key, PhantomData))? {
            self.rows.push(row);
        }
        Ok(())
    }
}

/// The id that a dictionary gives a row.
#[derive(Clone, Copy)]
struct Id<'k> {
    field: &'static str,
    key: &'k str,
}

/// A row, or its reader, that finds the dictionary's key among its fields.
struct Keyed<'k, T> {
    inner: T,
    id: Id<'k>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Keyed<'_, D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_struct(name, fields, Keyed { inner: visitor, id: self.id })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Keyed<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Fields { map, id: self.id, is_stated: false, value: Value::Rows })
    }
}

/// A row's fields, and after the last of them its id, if none of them stated it.
struct Fields<'k, A> {
    map: A,
    id: Id<'k>,
    is_stated: bool,
    value: Value<'k>,
}

/// Where the value of the field that was named last comes from.
enum Value<'k> {
    Rows,
    Own(String),
    Key(&'k str),
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Fields<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        while let Some(Name(name)) = self.map.next_key()? {
            if name == self.id.field.as_bytes() {
                // What is null in a dictionary is as good as absent.
                let Some(own) = self.map.next_value()? else { continue };
                self.is_stated = true;
                self.value = Value::Own(own);
            } else {
                self.value = Value::Rows;
            }
            return seed.deserialize(BytesDeserializer::new(&name)).map(Some);
        }
        if self.is_stated {
            return Ok(None);
        }
        self.is_stated = true;
        self.value = Value::Key(self.id.key);
        seed.deserialize(StrDeserializer::new(self.id.field)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        match std::mem::replace(&mut self.value, Value::Rows) {
            Value::Rows => self.map.next_value_seed(seed),
            Value::Own(id) => seed.deserialize(Stated { id: &id, error: PhantomData }),
            Value::Key(id) => seed.deserialize(Stated { id, error: PhantomData }),
        }
    }
}

/// An id that is there, for a field that may do without as well.
struct Stated<'k, E> {
    id: &'k str,
    error: PhantomData<E>,
}

impl<'de, E: Error> Deserializer<'de> for Stated<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_str(self.id)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A dictionary's key, which becomes an id: a string, and whole.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Name(key) = Name::deserialize(deserializer)?;
        let found = Unexpected::Other("a string with half a surrogate pair");
        let key = String::from_utf8(key);
        key.map(Self).map_err(|_| D::Error::invalid_type(found, &"a key that is a string"))
    }
}

/// The name of a field, which has half a surrogate pair where nobody need know it.
struct Name(Vec<u8>);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key that is a string")
            }

            fn visit_bytes<E>(self, name: &[u8]) -> Result<Name, E> {
                Ok(Name(name.to_vec()))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name, E> {
                Ok(Name(name.as_bytes().to_vec()))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
