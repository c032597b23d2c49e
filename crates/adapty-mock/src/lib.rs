//! A fake Adapty server for tests.
//!
//! A documented reply is the fixture's own bytes, never a re-encoding of our types.

mod fixtures;
mod reply;
mod request_id;
mod route;
mod serve;
mod server;

pub use crate::server::MockServer;
