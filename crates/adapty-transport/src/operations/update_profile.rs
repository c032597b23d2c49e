//! Update profile.

use adapty_model::{Profile, UpdateProfile};

use crate::{Client, Error, Response};

impl Client {
    /// Changes what is noted about a customer, as far as the request names it; the answer is the profile.
    ///
    /// Repeated after a lost answer, a timeout and the statuses 408, 429, 502, 503 and 504, since the second
    /// request leaves things as the first did; not after a 500.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn update_profile(&self, update: UpdateProfile) -> Result<Response<Profile>, Error> {
        self.send(update).await
    }
}
