//! The words of the API: open sets, each of which keeps a word it does not know.
//!
//! A new store or reason is no reason to lose a customer's profile, so an unknown word is read,
//! kept and written back as it came. Two values are equal when they are the same word on the wire.

use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;

use crate::member::Member;
use crate::object::serde_traits;

/// Declares an open set: its known words, and the variant that keeps any other.
macro_rules! vocabulary {
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

        impl fmt::Display for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Member for $set {
            fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Word;

                impl Visitor<'_> for Word {
                    type Value = $set;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_str<E: de::Error>(self, word: &str) -> Result<$set, E> {
                        Ok(word.into())
                    }
                }

                deserializer.deserialize_str(Word)
            }

            fn write<S: Serializer>(
                &self,
                _: &'static str,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        serde_traits!($set);
    };
}

vocabulary! {
    /// Where a purchase was made.
    ///
    /// Wire: `store`. `paddle` is from the OpenAPI file, `adapty` from its profile request; the
    /// other words stand in every document. Any other word is the id of a custom store.
    Store, "a store's word" {
        /// Apple's App Store: `app_store`.
        AppStore = "app_store",
        /// Google Play: `play_store`.
        PlayStore = "play_store",
        /// Stripe: `stripe`.
        Stripe = "stripe",
        /// Paddle: `paddle`.
        Paddle = "paddle",
        /// No store at all, a grant of Adapty's own: `adapty`.
        Adapty = "adapty",
        ..
        /// A custom store, by the id it has in the Adapty Dashboard.
        Custom
    }
}

vocabulary! {
    /// Which of a store's two worlds a purchase belongs to.
    ///
    /// Wire: `environment`. Access levels of the newest documents leave it out.
    Environment, "an environment's word" {
        /// Real money: `Production`.
        Production = "Production",
        /// Test purchases: `Sandbox`.
        Sandbox = "Sandbox",
        ..
        /// A word no document knows.
        Other
    }
}

vocabulary! {
    /// Why a subscription ended, or will not be renewed.
    ///
    /// Wire: `cancellation_reason`. The last three words stand in the requests of the OpenAPI
    /// file and not in its tables of answers.
    CancellationReason, "a cancellation reason" {
        /// The customer cancelled: `voluntarily_cancelled`.
        VoluntarilyCancelled = "voluntarily_cancelled",
        /// A payment failed: `billing_error`.
        BillingError = "billing_error",
        /// The customer did not accept a higher price: `price_increase`.
        PriceIncrease = "price_increase",
        /// The product was withdrawn: `product_was_not_available`.
        ProductWasNotAvailable = "product_was_not_available",
        /// The purchase was refunded: `refund`.
        Refund = "refund",
        /// The customer went on to another product: `upgraded`.
        Upgraded = "upgraded",
        /// The store gave no reason: the documented word `unknown`.
        Unknown = "unknown",
        /// The developer cancelled: `cancelled_by_developer`.
        CancelledByDeveloper = "cancelled_by_developer",
        /// Another subscription took its place: `new_subscription_replace`.
        NewSubscriptionReplace = "new_subscription_replace",
        /// Access was revoked through Adapty: `adapty_revoked`.
        AdaptyRevoked = "adapty_revoked",
        ..
        /// A word no document knows.
        Other
    }
}

vocabulary! {
    /// What kind of customer an offer is made to.
    ///
    /// Wire: `category` or `offer_category`. `retention` stands in the documents of webhooks only.
    OfferCategory, "an offer category" {
        /// For those who never subscribed: `introductory`.
        Introductory = "introductory",
        /// For those who subscribe or did: `promotional`.
        Promotional = "promotional",
        /// For those who have a code: `offer_code`.
        OfferCode = "offer_code",
        /// For those who left: `win_back`.
        WinBack = "win_back",
        /// For those about to leave: `retention`.
        Retention = "retention",
        ..
        /// A word no document knows.
        Other
    }
}

vocabulary! {
    /// How an offer is paid.
    ///
    /// Wire: `type` or `offer_type`.
    OfferType, "an offer type" {
        /// Not at all: `free_trial`.
        FreeTrial = "free_trial",
        /// A lower price for some periods: `pay_as_you_go`.
        PayAsYouGo = "pay_as_you_go",
        /// One lower price in advance: `pay_up_front`.
        PayUpFront = "pay_up_front",
        /// The store did not say: the documented word `unknown`.
        Unknown = "unknown",
        ..
        /// A word no document knows.
        Other
    }
}
