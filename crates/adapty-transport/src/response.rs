//! What a call gives.

use std::fmt;

use crate::error::Attempt;

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
    /// The attempts that failed before the answer, in order, and how; empty as a rule. A deletion that
    /// found the profile gone, after an attempt that may have deleted it, has that refusal as the last.
    pub failed_attempts: Vec<Attempt>,
}

impl<T> Response<T> {
    pub(crate) fn new(
        body: T,
        request_id: Option<String>,
        attempts: usize,
        failed_attempts: Vec<Attempt>,
    ) -> Self {
        let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
        Self { body, request_id, attempts, failed_attempts }
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
