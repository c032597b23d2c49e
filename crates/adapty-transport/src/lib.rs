//! A minimal hyper client for Adapty's server-side API: a call that always ends and says truly
//! what happened.
//!
//! ```no_run
//! use adapty_transport::{ApiKey, Client, Identity};
//!
//! # async fn run() -> Result<(), adapty_transport::Error> {
//! let client = Client::new(ApiKey::new("secret_live_BEHrYLTr.example")?);
//! let answer = client.get_profile(Identity::customer("jane.doe@example.com")).await?;
//! println!("{} levels", answer.profile.access_levels.len());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//!
//! No HTTP proxy, no HTTP/2, no compression, no redirects, no caching. Tested on Linux.
//!
//! # Walls
//!
//! What to send (`request`), what an answer means (`response`), and whether to try again
//! (`retry::decide`) are pure functions. Only `attempt` performs an exchange, and only `attempt` and `connection`
//! name hyper's client. No hyper type is in the public API: its types are this crate's,
//! [`adapty_model`]'s and the standard library's.

mod api_key;
mod attempt;
mod base_url;
mod builder;
mod client;
mod connection;
mod environment;
mod error;
mod identity;
mod meter;
mod pool;
mod request;
mod response;
mod retry;
mod retry_after;
mod secrets;
mod timeout;
mod tls;

pub use adapty_model;

pub use api_key::ApiKey;
pub use builder::ClientBuilder;
pub use client::{Client, ProfileAnswer};
pub use error::{Attempt, Error, ErrorKind, Limit};
pub use identity::Identity;
pub use retry::RetryPolicy;

/// The examples of the front pages, compiled with this crate's tests.
#[cfg(doctest)]
mod front_pages {
    #[doc = include_str!("../README.md")]
    mod transport {}

    #[doc = include_str!("../WORKSPACE.md")]
    mod workspace {}
}
