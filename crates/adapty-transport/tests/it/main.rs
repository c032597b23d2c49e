//! The client as its users see it, over real sockets.
//!
//! The rules that need no socket are tested beside their code.

#![expect(clippy::unwrap_used, reason = "a test says with `unwrap` what it relies on")]

mod listener;
mod support;

mod answers;
mod broken;
mod connections;
mod every_operation;
mod example;
mod keys;
mod limits;
mod metrics;
mod retries;
mod operations;
#[cfg(feature = "platform-roots")]
mod platform_roots;
mod proxy;
mod secrets;
mod settings;
mod shared_reads;
mod tls;
mod traces;
