//! Types for the profiles and errors of Adapty's server-side API v2, and the answer to the question
//! every backend asks of them: does this user have access right now?
//!
//! **This crate has no sockets, files, clock, environment or randomness; what needs "now" takes it
//! as an argument.** It depends on serde, serde_json, time and uuid, and re-exports the last two,
//! which stand in its types.
//!
//! ```
//! use adapty_model::ProfileResponse;
//! use adapty_model::time::OffsetDateTime;
//!
//! let body = include_bytes!("../fixtures/get_profile.200.newer-page.lifetime_premium.json");
//! let profile = ProfileResponse::from_json(body)?.data;
//! let access = profile.access("premium", OffsetDateTime::now_utc());
//! assert!(access.is_granted());
//! assert_eq!(access.to_string(), "premium: granted for ever");
//! # Ok::<(), adapty_model::ReadError>(())
//! ```
//!
//! # Four things a backend should know
//!
//! **Read at use time, never store the boolean.** Access ends by itself, without an event. Store the
//! profile and ask it when you need the answer: [`Profile::to_json`] writes it (and says what storing
//! drops), or any self-describing format of serde. [`Profile::next_change`] tells how long an answer can
//! be kept as far as its dates go, and [`Profile::compare_timestamp`] which of two profiles to keep. The
//! example `store_profile` does all of it.
//!
//! ```
//! # use adapty_model::{AccessLevel, Profile, time::{Duration, OffsetDateTime}, uuid::Uuid};
//! # let bought = OffsetDateTime::UNIX_EPOCH;
//! let mut profile = Profile::new(Uuid::nil());
//! profile.access_levels.push(AccessLevel::new("premium", bought + Duration::DAY));
//!
//! let stored = profile.access("premium", bought).is_granted();
//! assert!(stored);
//! let two_days_later = bought + Duration::DAY * 2;
//! assert!(!profile.access("premium", two_days_later).is_granted(), "and `stored` is wrong");
//! assert_eq!(profile.next_change(bought), Some(bought + Duration::DAY));
//! ```
//!
//! **"Now" is yours to give**, which makes the decision testable and the clock your choice. A clock
//! that is slow grants for as long after the end as it is slow; one that is fast locks payers out
//! early. If your servers' clocks differ, or your store tells of renewals late, tolerate it by name
//! rather than by moving the clock:
//!
//! ```
//! # use adapty_model::{AccessLevel, Profile, Policy, time::{Duration, OffsetDateTime}, uuid::Uuid};
//! # let end = OffsetDateTime::UNIX_EPOCH;
//! # let mut profile = Profile::new(Uuid::nil());
//! # profile.access_levels.push(AccessLevel::new("premium", end));
//! let late = Policy::DatesWithTolerance(std::time::Duration::from_secs(15 * 60));
//! let a_minute_after = end + Duration::MINUTE;
//! assert!(!profile.access("premium", a_minute_after).is_granted());
//! assert!(profile.under(late).access("premium", a_minute_after).is_granted());
//! ```
//!
//! **An empty list is no proof of "never paid".** It says that there is nothing now. A profile that
//! was deleted and made anew, a customer id that was never given to the app, another app's key: all
//! look like this.
//!
//! ```
//! # use adapty_model::{Access, Denial, ProfileResponse, time::OffsetDateTime};
//! let body = include_bytes!("../fixtures/create_profile.200.openapi.empty_lists.json");
//! let profile = ProfileResponse::from_json(body)?.data;
//! let access = profile.access("premium", OffsetDateTime::UNIX_EPOCH);
//! assert!(matches!(access, Access::Denied { why: Denial::NoSuchLevel, .. }));
//! # Ok::<(), adapty_model::ReadError>(())
//! ```
//!
//! **An error is not a "no".** A body that does not read says nothing about the customer: keep the
//! last answer you have, or fail, but lock nobody out and let nobody in because of it.
//!
//! ```
//! # use adapty_model::ProfileResponse;
//! let page = b"<html>502 Bad Gateway</html>";
//! let error = ProfileResponse::from_json(page).unwrap_err();
//! assert_eq!(error.to_string(), "the body is not JSON: expected value at line 1 column 1");
//! ```
//!
//! # Which documented form becomes what
//!
//! The documents contradict each other. `older-page` and `newer-page` are two editions of the page "Get
//! profile", `older-objects-page` is the page "200: OK", `openapi` the vendor's OpenAPI file, the newest.
//! All of it reads, the newest form is written.
//!
//! | matter | documented | read as | written |
//! | --- | --- | --- | --- |
//! | collections | arrays (all examples), dictionaries or `null` (older-objects-page) | `Vec`, in order | array |
//! | offers | `category` … (openapi), `offer_category` … (older-page, in subscriptions) | [`Offer`] | short |
//! | dates | `+0000` (older-page), `+00:00` (newer-page, openapi), `Z` (openapi) | UTC | `+00:00` |
//! | no base plan | `""` (older-page), `null` (newer-page) | as it came | as it came |
//! | `environment` of a level | there (older-page), not there (newer-page, openapi) | `Option` | if stated |
//! | `expires_at: null` | access that never ends | `None`, [`Expiry::Never`] | `null` |
//! | no `expires_at` in a subscription | set transaction (openapi) | [`Expiry::NotStated`] | left out |
//! | error bodies | four forms | [`ErrorResponse`] | the first |
//!
//! # Which decisions are ours
//!
//! No document says these; they follow from one rule, that what cannot be read never becomes "has
//! access" and never becomes "has none".
//!
//! - A missing collection is an error, and so is an access level without `starts_at` or `expires_at`:
//!   "not sent" is neither "has none", nor "from the beginning", nor "never ends".
//! - Required besides are `data`, `profile_id`, and what names a row: an attribute's `key`, an access
//!   level's `access_level_id`, a subscription's `store_product_id`, a purchase's `purchase_id` or
//!   `store_product_id`. Everything else may be absent or `null`, and its type says so. Unknown
//!   fields are passed over.
//! - A date without a zone, or without a time, is refused, and so are 24:00 and a 60th second.
//! - A known field of a profile that is there twice is an error; a key that is twice in a dictionary
//!   is two rows, either of which may grant. Unknown values of every open enum are kept.
//! - `timestamp` 0 is "not stated".
//! - Access is `starts_at <= now < expires_at`, over all rows of the level. Refunds, cancellations,
//!   billing issues and the grace flag explain and never decide, but for those who choose another
//!   [`Policy`].

mod identity;
mod profile;
mod access;
mod webhooks;
mod operations;
mod errors;
mod json;

pub use time;
pub use uuid;

pub use access::{Access, Change, Denial, Grant, Policy, UnderPolicy};
pub use errors::{ErrorItem, ErrorResponse, error_code};
pub use identity::{Identity, IdentityError};
pub use json::{ReadError, ReadErrorKind, WriteError};
pub use operations::delete_profile::DeleteProfile;
pub use operations::get_profile::GetProfile;
pub use operations::grant_access_level::GrantAccessLevel;
pub use operations::{
    AnswerError, Meaning, Method, OPERATIONS, Operation, Repeat, Request, RequestError, Spec,
};
pub use profile::{
    AccessLevel, AttributeValue, CancellationReason, CustomAttribute, Environment, Expiry,
    NonSubscription, NotFinite, Number, Offer, OfferCategory, OfferType, Profile, ProfileResponse,
    Store, Subscription, TimeLeft,
};
pub use webhooks::{
    AccessLevelUpdated, Attribution, Delivery, Event, EventProperties, EventType,
    PlayStorePurchaseToken, PurchaseProperties, SharingProfile, authorization_matches,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
