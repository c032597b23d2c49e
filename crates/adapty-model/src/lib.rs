//! Types for Adapty's server-side API v2.
//!
//! This crate has no sockets, files, clock, environment or randomness; what needs "now" takes it
//! as an argument.

mod response;
mod profile;
mod custom_attribute;
mod access_level;
mod access;
mod subscription;
mod non_subscription;
mod offer;
mod vocabulary;
mod error_response;
pub mod error_code;
mod error;
// How a body is read and written.
mod reading;
mod raw;
mod object;
mod member;
mod collection;
mod date;

pub use time;
pub use uuid;

pub use access::{Access, Denial, Grant, Policy, Under};
pub use access_level::{AccessLevel, TimeLeft};
pub use custom_attribute::{AttributeValue, CustomAttribute, NotFinite, Number};
pub use error::{ReadError, ReadErrorKind, WriteError};
pub use error_response::{ErrorItem, ErrorResponse};
pub use non_subscription::NonSubscription;
pub use offer::Offer;
pub use profile::Profile;
pub use response::ProfileResponse;
pub use subscription::{Expiry, Subscription};
pub use vocabulary::{CancellationReason, Environment, OfferCategory, OfferType, Store};
