//! What a Rust test does with an [`App`](crate::App) about time and purchases: methods of it, a file a
//! subject. Over HTTP the same is in `admin`.

mod clock;
mod customers;
mod subscriptions;
mod timeline;

pub use self::subscriptions::{PurchaseHandle, SubscriptionHandle};
