//! The admin API: what a Rust test does with an [`App`](crate::App), over HTTP.
//!
//! Every request is about the app of its own `Authorization`, and where one profile is meant, about the
//! one its identity headers name.

mod request;
mod routes;
mod profiles;
mod edition;
mod settings;
mod clock;
mod customers;
mod subscriptions;
mod timeline;
mod webhook;
mod tokens;
mod currencies;
mod paywalls;
mod faults;
mod requests;

pub(crate) use self::routes::{enter, is_meant};
