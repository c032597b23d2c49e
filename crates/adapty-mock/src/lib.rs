//! The fake server.
