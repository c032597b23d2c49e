//! A minimal hyper client for Adapty's server-side API: a call that always ends and says truly
//! what happened.
//!
//! ```no_run
//! use adapty_transport::{ApiKey, Client, Identity};
//!
//! # async fn run() -> Result<(), adapty_transport::Error> {
//! let client = Client::new(ApiKey::new("secret_live_BEHrYLTr.example")?);
//! let profile = client.get_profile(Identity::customer("jane.doe@example.com")).await?.body;
//! println!("{} levels", profile.access_levels.len());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//!
//! No HTTP/2, no compression, no redirects, no caching. Tested on Linux.
//!
//! # Walls
//!
//! What to send and what a response means are the operation's own: pure functions of
//! [`adapty_model`]. `send` is one loop for all of them, `retry` decides whether to try again, and only
//! the files below `http` name hyper. No hyper type is in the public API: its types are this crate's,
//! the model's and the standard library's.

mod client;
mod operations;
mod pages;
mod builder;
mod environment;
mod proxy_of_env;
mod api_key;
mod keys;
mod metrics;
mod send;
mod shared_reads;
mod response;
mod retry;
mod retry_budget;
mod retry_after;
mod redact;
mod http;
mod error;

pub use adapty_model;
pub use adapty_model::Identity;

pub use api_key::ApiKey;
pub use builder::ClientBuilder;
pub use client::Client;
pub use error::{Attempt, Error, ErrorKind, Limit};
pub use http::attempt::ConnectionUse;
pub use metrics::{AttemptMetrics, CallMetrics, Metrics};
pub use pages::{List, Pages};
pub use response::Response;
pub use retry::RetryPolicy;
pub use retry_budget::RetryBudget;

/// The examples of the front pages, compiled with this crate's tests.
#[cfg(doctest)]
mod front_pages {
    #[doc = include_str!("../README.md")]
    mod transport {}

    #[doc = include_str!("../WORKSPACE.md")]
    mod workspace {}
}
