//! HTTP: one request goes out, and one response comes in. Only the files of this folder name hyper.

pub(crate) mod base_url;
pub(crate) mod timeouts;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod attempt;
pub(crate) mod pool;
pub(crate) mod connector;
pub(crate) mod proxy;
pub(crate) mod tls;
mod connection;
mod stream;
