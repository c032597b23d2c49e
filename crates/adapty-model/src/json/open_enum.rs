//! Open enums: sets of values, each of which keeps a value it does not know.
//!
//! A new store or reason is no reason to lose a customer's profile, so an unknown value is read,
//! kept and written back as it came. Two values are equal when they are the same on the wire.

/// Declares an open set: its known values, and the variant that keeps any other.
macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        $set:ident, $expected:literal {
            $($(#[$value_doc:meta])* $variant:ident = $value:literal,)+
            ..
            $(#[$other_doc:meta])*
            $other:ident
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum $set {
            $($(#[$value_doc])* $variant,)+
            $(#[$other_doc])*
            $other(String),
        }

        impl $set {
            /// The value as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $value,)+
                    Self::$other(value) => value,
                }
            }

            fn known(value: &str) -> Option<Self> {
                match value {
                    $($value => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl From<&str> for $set {
            fn from(value: &str) -> Self {
                Self::known(value).unwrap_or_else(|| Self::$other(value.to_owned()))
            }
        }

        impl From<String> for $set {
            fn from(value: String) -> Self {
                Self::known(&value).unwrap_or(Self::$other(value))
            }
        }

        /// Any text is a value.
        impl std::str::FromStr for $set {
            type Err = std::convert::Infallible;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Ok(value.into())
            }
        }

        impl AsRef<str> for $set {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $set {
            fn eq(&self, value: &str) -> bool {
                self.as_str() == value
            }
        }

        impl PartialEq<&str> for $set {
            fn eq(&self, value: &&str) -> bool {
                self.as_str() == *value
            }
        }

        impl PartialEq<$set> for str {
            fn eq(&self, value: &$set) -> bool {
                self == value.as_str()
            }
        }

        impl PartialEq<$set> for &str {
            fn eq(&self, value: &$set) -> bool {
                *self == value.as_str()
            }
        }

        impl PartialEq for $set {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $set {}

        impl std::hash::Hash for $set {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl std::fmt::Display for $set {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $set {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl serde::de::Visitor<'_> for Text {
                    type Value = $set;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E>(self, value: &str) -> Result<$set, E> {
                        Ok(value.into())
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }

        impl serde::Serialize for $set {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

pub(crate) use open_enum;
