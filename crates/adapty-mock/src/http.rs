//! HTTP: which operation a request asks for, by whose key, and how it is answered.

mod service;
mod routing;
mod request;

pub(crate) use self::request::{BodyError, Head, ReceivedRequest};
pub(crate) use self::service::answer;
