//! How an object is read and written: one table of members a type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};

use crate::member::{Member, Read};

/// An object with a table of members, made by [`members!`].
pub(crate) trait Object: Sized {
    /// What an error says was expected.
    const EXPECTED: &'static str;
    /// The wire keys, in documented order.
    const KEYS: &'static [&'static str];

    /// `id` is the object's key where it stands in a dictionary; it is used if the object has none.
    fn read_members<'de, A: MapAccess<'de>>(map: A, id: Option<&str>) -> Result<Self, A::Error>;
}

/// Reads an [`Object`], with its key where it stands in a dictionary.
pub(crate) struct ReadObject<'k, T> {
    id: Option<&'k str>,
    object: PhantomData<T>,
}

impl<'k, T> ReadObject<'k, T> {
    pub(crate) fn new(id: Option<&'k str>) -> Self {
        Self { id, object: PhantomData }
    }
}

impl<'de, T: Object> DeserializeSeed<'de> for ReadObject<'_, T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_struct(T::EXPECTED, T::KEYS, self)
    }
}

impl<'de, T: Object> Visitor<'de> for ReadObject<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::read_members(map, self.id)
    }
}

/// Reads a key as its position in `keys`, or `None` if it is not among them.
///
/// Members come in documented order nearly always, so the first guess is `likely`.
pub(crate) struct Position {
    pub(crate) keys: &'static [&'static str],
    pub(crate) likely: usize,
}

impl<'de> DeserializeSeed<'de> for Position {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // As bytes, in which the key of an unknown member may be broken without harm.
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Position {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member's name")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        if self.keys.get(self.likely).is_some_and(|known| known.as_bytes() == key) {
            return Ok(Some(self.likely));
        }
        Ok(self.keys.iter().position(|known| known.as_bytes() == key))
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Self::Value, E> {
        self.visit_bytes(key.as_bytes())
    }
}

/// Reads a member's value into its slot. A key that comes twice is refused: nobody can say which
/// of the two the other side meant.
pub(crate) fn read_once<'de, T: Member, A: MapAccess<'de>>(
    map: &mut A,
    key: &'static str,
    slot: &mut Option<T>,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::duplicate_field(key));
    }
    *slot = Some(map.next_value_seed(Read::new())?);
    Ok(())
}

/// Gives a type its table of members, and with it all there is to reading and writing it.
///
/// Each member has one rule:
/// - `required`: its key has to be there; it is always written.
/// - `named`: required too, but in a dictionary the object's own key may stand in for it.
/// - `nullable`: may be absent; what is not stated is written as `null`, as the documents do.
/// - `optional`: may be absent; what is not stated is left out.
macro_rules! members {
    ($type:ident, $expected:literal { $($rule:ident $member:ident,)+ }) => {
        impl $crate::object::Object for $type {
            const EXPECTED: &'static str = $expected;
            const KEYS: &'static [&'static str] = &[$(stringify!($member)),+];

            fn read_members<'de, A: serde::de::MapAccess<'de>>(
                mut map: A,
                id: Option<&str>,
            ) -> Result<Self, A::Error> {
                use serde::de::Error;

                #[expect(non_camel_case_types, reason = "a variant is a member's name")]
                enum At { $($member),+ }

                $(let mut $member = None;)+
                let mut likely = 0;
                while let Some(position) =
                    map.next_key_seed($crate::object::Position { keys: Self::KEYS, likely })?
                {
                    let Some(position) = position else {
                        map.next_value::<serde::de::IgnoredAny>()?;
                        continue;
                    };
                    likely = position + 1;
                    match position {
                        $(at if at == At::$member as usize => {
                            let key = stringify!($member);
                            $crate::object::members!(@read $rule $member key map id);
                        })+
                        _ => unreachable!("a position in the table above"),
                    }
                }
                let _ = id;
                Ok(Self {
                    $($member: $crate::object::members!(@absent $rule $member id),)+
                })
            }
        }

        impl $crate::member::Member for $type {
            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use serde::de::DeserializeSeed;
                $crate::object::ReadObject::new(None).deserialize(deserializer)
            }

            fn write<S: serde::Serializer>(
                &self,
                _: &'static str,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeStruct;

                let mut object = serializer.serialize_struct(
                    stringify!($type),
                    <Self as $crate::object::Object>::KEYS.len(),
                )?;
                $($crate::object::members!(@write $rule $member self object);)+
                object.end()
            }
        }

        $crate::object::serde_traits!($type);
    };

    (@read named $member:ident $key:ident $map:ident $id:ident) => {
        match $id {
            // What is null in a dictionary is as good as absent.
            Some(_) if $member.is_none() => {
                $member = $map.next_value_seed($crate::member::Read::new())?;
            },
            _ => $crate::object::read_once(&mut $map, $key, &mut $member)?,
        }
    };
    (@read $other:ident $member:ident $key:ident $map:ident $id:ident) => {
        $crate::object::read_once(&mut $map, $key, &mut $member)?
    };

    (@absent required $member:ident $id:ident) => {
        $member.ok_or_else(|| A::Error::missing_field(stringify!($member)))?
    };
    (@absent named $member:ident $id:ident) => {
        match ($member, $id) {
            (Some(own), _) => own,
            (None, Some(id)) => id.to_owned(),
            (None, None) => return Err(A::Error::missing_field(stringify!($member))),
        }
    };
    (@absent $other:ident $member:ident $id:ident) => {
        $member.unwrap_or_default()
    };

    (@write optional $member:ident $self:ident $object:ident) => {
        if $crate::member::Member::is_stated(&$self.$member) {
            $crate::object::members!(@write always $member $self $object);
        }
    };
    (@write $other:ident $member:ident $self:ident $object:ident) => {
        let name = stringify!($member);
        $object.serialize_field(name, &$crate::member::Write(name, &$self.$member))?;
    };
}

/// Gives a [`Member`](crate::member::Member) serde's own traits.
macro_rules! serde_traits {
    ($type:ident) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::member::Member::read(deserializer)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::member::Member::write(self, stringify!($type), serializer)
            }
        }
    };
}

pub(crate) use {members, serde_traits};
