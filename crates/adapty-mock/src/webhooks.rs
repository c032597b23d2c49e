//! Webhooks: the events of an app's outbox, sent to where they are wanted.

mod deliver;
mod post;
mod stream;

pub use self::deliver::{UnverifiedWebhook, Verification};
pub(crate) use self::deliver::{deliver_due, verify, work};
pub(crate) use self::post::check;
pub use self::stream::{EventStream, SentEvent};
