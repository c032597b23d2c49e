//! Editions: the documents contradict each other, and an app's answers follow one of them.

mod edition;
mod wire_format;
pub(crate) mod newest;
pub(crate) mod convert;

pub use self::edition::{Edition, UnknownEdition};
pub(crate) use self::wire_format::WireFormat;
