//! Types for Adapty's server-side API v2.
//!
//! This crate has no sockets, files, clock, environment or randomness; what needs "now" takes it
//! as an argument.

mod access_level;
mod custom_attribute;
mod error;
pub mod error_code;
mod error_response;
mod non_subscription;
mod offer;
mod profile;
mod response;
mod subscription;
mod vocabulary;
// How a body is read and written.
mod collection;
mod date;
mod member;
mod object;
mod raw;
mod reading;

pub use time;
pub use uuid;

pub use access_level::AccessLevel;
pub use custom_attribute::{AttributeValue, CustomAttribute, NotFinite, Number};
pub use error::{ReadError, ReadErrorKind, WriteError};
pub use error_response::{ErrorItem, ErrorResponse};
pub use non_subscription::NonSubscription;
pub use offer::Offer;
pub use profile::Profile;
pub use response::ProfileResponse;
pub use subscription::{Expiry, Subscription};
pub use vocabulary::{CancellationReason, Environment, OfferCategory, OfferType, Store};
