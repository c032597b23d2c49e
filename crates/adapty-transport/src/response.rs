//! What a call gives.

use std::fmt;

/// What an operation answered, and how it was come by.
///
/// [`Debug`](fmt::Debug) leaves the body out, which names its customer.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct Response<T> {
    /// The answer: a profile, or `()` where an operation answers nothing.
    pub body: T,
    /// The response's `Request-Id`, by which Adapty's support finds the call; 32 hexadecimal digits
    /// in the documents, and absent from the newer ones.
    pub request_id: Option<String>,
    /// How many attempts it took, from 1. Each is a request, or the wait for that of an equal read which
    /// was [under way](crate::ClientBuilder::share_reads).
    pub attempts: u32,
}

impl<T> Response<T> {
    pub(crate) fn new(body: T, request_id: Option<String>, attempts: u32) -> Self {
        Self { body, request_id, attempts }
    }
}

impl<T> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("request_id", &self.request_id)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
