//! Open enums: sets of words, each of which keeps a word it does not know.
//!
//! A new store or reason is no reason to lose a customer's profile, so an unknown word is read,
//! kept and written back as it came. Two values are equal when they are the same word on the wire.

/// Declares an open set: its known words, and the variant that keeps any other.
macro_rules! open_enum {
    (
        $(#[$doc:meta])*
        $set:ident, $expected:literal {
            $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+
            ..
            $(#[$other_doc:meta])*
            $other:ident
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum $set {
            $($(#[$word_doc])* $variant,)+
            $(#[$other_doc])*
            $other(String),
        }

        impl $set {
            /// The word as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::$other(word) => word,
                }
            }

            fn known(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl From<&str> for $set {
            fn from(word: &str) -> Self {
                Self::known(word).unwrap_or_else(|| Self::$other(word.to_owned()))
            }
        }

        impl From<String> for $set {
            fn from(word: String) -> Self {
                Self::known(&word).unwrap_or(Self::$other(word))
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
                struct Word;

                impl serde::de::Visitor<'_> for Word {
                    type Value = $set;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E>(self, word: &str) -> Result<$set, E> {
                        Ok(word.into())
                    }
                }

                deserializer.deserialize_str(Word)
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
