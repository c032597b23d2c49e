//! JSON objects that are changed field by field: what is not touched stays as it was written, to the
//! last digit, unknown fields too.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::value::{RawValue, to_raw_value};

/// How deep a patch may be nested.
const DEPTH_LIMIT: usize = 32;

/// How much longer most changes make an object at most.
const ROOM_TO_GROW: usize = 1024;

/// A value as the text it was written as, or as ours.
pub(crate) type Value<'a> = Cow<'a, RawValue>;

/// A JSON object: names in order, values as text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object<'a>(pub(crate) Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Object<'a> {
    /// Reads an object; `None` where the text is none.
    pub(crate) fn parse(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The object that a value of ours is written as.
    pub(crate) fn of(value: &impl Serialize) -> Object<'static> {
        parse_value(&Cow::Owned(text(value))).expect("a struct is written as an object")
    }

    /// The object in a field; `None` where there is none.
    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        parse_value(self.value(name)?)
    }

    pub(crate) fn value(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find_map(|(known, value)| (known == name).then_some(value))
    }

    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.value(name).map(|value| &**value)
    }

    /// A field's value, if it is of this type.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.get(name)?.get()).ok()
    }

    /// Sets a field where it stands, or behind the others if it is not there.
    pub(crate) fn put(&mut self, name: &'static str, value: &(impl Serialize + ?Sized)) {
        let value = Cow::Owned(text(value));
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((Cow::Borrowed(name), value)),
        }
    }

    /// Sets every field of another object.
    pub(crate) fn put_all(&mut self, other: Object<'static>) {
        for (name, value) in other.0 {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.0.push((name, value)),
            }
        }
    }

    /// Changes the object as RFC 7396, JSON Merge Patch, says; `None` where the patch is nested too deep.
    pub(crate) fn merge(&mut self, patch: &Object<'_>) -> Option<()> {
        self.merge_to_depth(patch, DEPTH_LIMIT)
    }

    fn merge_to_depth(&mut self, patch: &Object<'_>, depth: usize) -> Option<()> {
        let deeper = depth.checked_sub(1)?;
        for (name, value) in &patch.0 {
            if value.get() == "null" {
                self.0.retain(|(known, _)| known != name);
                continue;
            }
            let value = match parse_value(value) {
                Some(patch) => {
                    let mut object = self.object(name).unwrap_or_default();
                    object.merge_to_depth(&patch, deeper)?;
                    text(&object)
                }
                None => (**value).to_owned(),
            };
            let value = Cow::Owned(value);
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known = value,
                None => self.0.push((Cow::Owned(name.clone().into_owned()), value)),
            }
        }
        Some(())
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Value<'a>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    /// Adds a field before the one called `next`, or behind all others.
    pub(crate) fn insert_before(&mut self, next: &str, name: &'static str, value: Value<'a>) {
        let at = self.0.iter().position(|(known, _)| known == next).unwrap_or(self.0.len());
        self.0.insert(at, (Cow::Borrowed(name), value));
    }

    /// The object as JSON, which was about so long before it was changed.
    pub(crate) fn to_json(&self, about: usize) -> Vec<u8> {
        json(self, about)
    }

    /// The same, with another object as the value of a field.
    pub(crate) fn to_json_with(&self, name: &str, value: &Object<'_>, about: usize) -> Vec<u8> {
        json(&With { object: self, name, value }, about)
    }

    pub(crate) fn into_owned(self) -> Object<'static> {
        let fields = self.0.into_iter();
        Object(
            fields
                .map(|(name, value)| (name.into_owned().into(), Cow::Owned(value.into_owned())))
                .collect(),
        )
    }
}

/// The object that a value is; it borrows what the value borrows.
pub(crate) fn parse_value<'a>(value: &Value<'a>) -> Option<Object<'a>> {
    match value {
        Cow::Borrowed(raw) => Object::parse(raw.get()),
        Cow::Owned(raw) => Object::parse(raw.get()).map(Object::into_owned),
    }
}

/// A value of ours as JSON.
pub(crate) fn text<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("texts and what was read as JSON can be written as JSON")
}

fn json(value: &impl Serialize, about: usize) -> Vec<u8> {
    let mut json = Vec::with_capacity(about + ROOM_TO_GROW);
    serde_json::to_writer(&mut json, value)
        .expect("texts and what was read as JSON can be written as JSON");
    json
}

/// An object, with another one as the value of one of its fields.
struct With<'a> {
    object: &'a Object<'a>,
    name: &'a str,
    value: &'a Object<'a>,
}

impl Serialize for With<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.object.0.len()))?;
        for (name, value) in &self.object.0 {
            match name == self.name {
                true => map.serialize_entry(name, self.value)?,
                false => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;

        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    let value: &RawValue = map.next_value()?;
                    fields.push((name, Cow::Borrowed(value)));
                }
                Ok(Object(fields))
            }
        }

        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// A name, borrowed unless it is written with escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7396, appendix A, as far as target and patch are objects.
    #[test]
    fn a_patch_does_what_the_rfcs_examples_do() {
        for (target, patch, merged) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            let mut object = Object::parse(target).unwrap();
            object.merge(&Object::parse(patch).unwrap()).unwrap();
            assert_eq!(text(&object).get(), merged, "{target} {patch}");
        }
    }

    #[test]
    fn what_a_patch_does_not_touch_stays_to_the_last_digit() {
        let mut object = Object::parse(r#"{"a": {"x" :1.10, "y":[ 1e2 ]}, "b":2}"#).unwrap();
        object.merge(&Object::parse(r#"{"a":{"z":3}}"#).unwrap()).unwrap();
        assert_eq!(text(&object).get(), r#"{"a":{"x":1.10,"y":[ 1e2 ],"z":3},"b":2}"#);
    }

    #[test]
    fn a_patch_nested_without_end_is_refused() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        let patch = Object::parse(&deep).unwrap();
        assert_eq!(Object::default().merge(&patch), None);
    }
}
