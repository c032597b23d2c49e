//! A fake Adapty server for tests: it answers the documented calls as the documents say, byte for
//! byte, and breaks on demand.
//!
//! The wall around this crate: **a documented reply is the fixture's own bytes, never a re-encoding
//! of our types**, so that a lossy type cannot test itself.
//!
//! ```
//! use adapty_mock::{Answer, Filter, Identity, MockServer, Plan};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let server = MockServer::start().await;
//! let app = server.app("the key of this test");
//! app.put_faults(Plan::new().then(Answer::new(503)).times(2));
//!
//! // … here the code under test asks `server.url()` for `jane.doe@example.com` …
//!
//! assert_eq!(app.count(&Filter::any().about(Identity::customer("jane.doe@example.com"))), 0);
//! assert_eq!(app.faults_left().steps.len(), 1);
//! # }
//! ```
//!
//! - [`MockServer`] is the server: on the caller's runtime, or on a thread of its own.
//! - [`App`] is what one API key sees: profiles, [`Edition`], [`Settings`], faults, journal. Two tests with two
//!   keys share a server and do not see each other.
//! - [`Currency`] and [`CurrencyTransaction`] are what an app has of virtual currencies, and
//!   [`ImportedPurchase`] is what a token of Stripe's or Paddle's brings.
//! - [`Plan`] is a list of [`Fault`]s, one after the other from answer to answer.
//! - [`Request`] is an entry of the journal, [`Filter`] picks some, [`Expectation`] counts them and
//!   fails the test.
//!
//! What it answers, the limits, the admin API and the command are on the crate's
//! front page, its README. The feature `cli` builds the command `adapty-mock`; as a dev-dependency
//! leave it off.

mod server;
mod builder;
mod net;
mod http;
mod operations;
mod admin;
mod rust_api;
mod webhooks;
mod expectation;
mod app;
mod faults;
mod journal;
mod editions;
mod reply;
mod authentication;
mod identity;
mod fixtures;
mod profile_lists;
mod json_reader;
mod at_most;
mod raw_json;
mod query;
mod blocking;
mod dates;
mod period;
mod relative_dates;
mod budget;
mod rng;

pub use adapty_model;
pub use adapty_model::Identity;

pub use app::{
    App,
    currencies::{Currency, CurrencyRefusal},
    currency_transaction::{CurrencyAmount, CurrencyTransaction},
    customers::CustomerAccess,
    lifecycle::{NewPurchase, NewSubscription, ProductChange, When},
    outbox::UndeliveredEvent,
    put::{Put, PutProfile, Served},
    rate_limit::RateLimit,
    settings::{ExistingProfile, MissingProfile, Settings},
    store_tokens::{ImportedPurchase, PaddleErrors, PaddleRefusal},
    timeline::AccessChange,
};
pub use builder::Builder;
pub use editions::{Edition, UnknownEdition};
pub use expectation::{Expectation, Times};
pub use faults::{
    Answer, Count, Delay, DeliveryFault, DeliveryPlan, DeliveryStep, Fault, Plan, Step, Then,
};
pub use journal::{Filter, Request};
pub use period::{NoPeriod, Period};
pub use rust_api::{PurchaseHandle, SubscriptionHandle};
pub use server::MockServer;
pub use webhooks::{EventStream, SentEvent, UnverifiedWebhook, Verification};

/// The Rust of the front page compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
