//! What Adapty sends by itself: events, and what a receiver of them needs, without any I/O.

mod delivery;
mod event;
mod any_event;
mod event_type;
mod properties;
mod authorization;

pub use self::authorization::authorization_matches;
pub use self::delivery::Delivery;
pub use self::event::{Attribution, Event, PlayStorePurchaseToken, SharingProfile};
pub use self::event_type::EventType;
pub use self::properties::{AccessLevelUpdated, EventProperties, PurchaseProperties};
