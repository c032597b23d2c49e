//! How bodies are read and written.

pub(crate) mod write;
pub(crate) mod date;
pub(crate) mod uuid;

pub(crate) use write::write;
