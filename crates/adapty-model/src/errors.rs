//! What the API says when it refuses.

mod error_response;
pub mod error_code;

pub use error_response::{ErrorItem, ErrorResponse};
