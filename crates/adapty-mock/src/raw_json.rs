//! JSON objects that are changed field by field: what is not touched stays as it was written, to the
//! last digit, unknown fields too.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::value::{RawValue, to_raw_value};

/// A JSON object: names in order, values as text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object(pub(crate) Vec<(String, Box<RawValue>)>);

impl Object {
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find_map(|(known, value)| (known == name).then_some(&**value))
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> T {
        parse(self.get(name).map_or("null", RawValue::get).as_bytes())
    }

    pub(crate) fn set(&mut self, name: &str, value: &impl Serialize) {
        if let Some((_, known)) = self.0.iter_mut().find(|(known, _)| known == name) {
            *known = text(value);
        }
    }

    /// Sets a field, which goes behind the others if it is not there.
    pub(crate) fn put(&mut self, name: &str, value: &impl Serialize) {
        match self.get(name) {
            Some(_) => self.set(name, value),
            None => self.0.push((name.to_owned(), text(value))),
        }
    }

    pub(crate) fn set_or_null(&mut self, name: &str, dictionary: &Self) {
        self.set(name, &(!dictionary.0.is_empty()).then_some(dictionary));
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    pub(crate) fn replace(&mut self, name: &str, from: &str, to: &'static str) {
        if self.get(name).is_some_and(|value| value.get() == from) {
            self.set(name, &parse::<Box<RawValue>>(to.as_bytes()));
        }
    }

    pub(crate) fn insert_before(&mut self, next: &str, name: &str, value: Box<RawValue>) {
        let at = self.0.iter().position(|(known, _)| known == next).unwrap_or(self.0.len());
        self.0.insert(at, (name.to_owned(), value));
    }

    pub(crate) fn change_rows(&mut self, list: &str, change: impl Fn(&mut Self)) {
        let mut rows: Vec<Self> = self.read(list);
        rows.iter_mut().for_each(change);
        self.set(list, &rows);
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

pub(crate) fn parse<T: DeserializeOwned>(json: &[u8]) -> T {
    serde_json::from_slice(json)
        .expect("the model writes objects, lists and texts where they belong")
}

pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("texts and what was read as JSON can be written as JSON")
}
