//! A fake Adapty server for tests.
//!
//! A documented reply is the fixture's own bytes, never a re-encoding of our types.

mod server;
mod connections;
mod serve;
mod route;
mod door;
mod app;
mod identity;
mod profiles;
mod edition;
mod form;
mod fixtures;
mod reply;
mod admin;
mod fault;
mod journal;
mod filter;
mod expectation;
mod request_id;
mod chance;

pub use adapty_model;

pub use app::{App, MissingProfile};
pub use edition::{Edition, UnknownEdition};
pub use expectation::{Expectation, Times};
pub use fault::{Answer, Count, Delay, Fault, Plan, Step, Then};
pub use filter::Filter;
pub use identity::Identity;
pub use journal::Request;
pub use server::{Builder, MockServer};
