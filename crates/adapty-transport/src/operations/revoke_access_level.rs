//! Revoke access level.

use adapty_model::{Profile, RevokeAccessLevel};

use crate::{Client, Error, Response};

impl Client {
    /// Ends a customer's access level; the answer is the profile.
    ///
    /// With a date it is repeated after a lost answer, a timeout and the statuses 408, 429, 502, 503 and
    /// 504, not after a 500. Without one it is not repeated once the server may have seen it, since the
    /// second request may find the level gone and be refused, unless it is
    /// [`repeatable`](RevokeAccessLevel::repeatable); the error then says so.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn revoke_access_level(
        &self,
        revocation: RevokeAccessLevel,
    ) -> Result<Response<Profile>, Error> {
        self.send(revocation).await
    }
}
