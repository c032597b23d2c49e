//! What a Rust test does with an [`App`](crate::App) about all but profiles, faults and the journal: methods of it, a file a
//! subject. Over HTTP the same is in `admin`.

mod clock;
mod customers;
mod subscriptions;
mod timeline;
mod paywalls;
mod currencies;
mod store_tokens;

pub use self::subscriptions::{PurchaseHandle, SubscriptionHandle};
