//! How bodies are read and written: what serde's derive leaves open.

// From bytes to values and back.
mod read;
mod diagnose;
mod write;
mod path;
mod raw;
mod error;
// What a value or a field may look like.
pub(crate) mod object;
pub(crate) mod written_object;
pub(crate) mod collection;
pub(crate) mod open_enum;
pub(crate) mod date;
pub(crate) mod uuid;
pub(crate) mod float;
pub(crate) mod integer;
pub(crate) mod number;

pub use error::{ReadError, ReadErrorKind, WriteError};
pub(crate) use raw::Raw;
pub(crate) use read::read;
pub(crate) use write::{write, write_into};
