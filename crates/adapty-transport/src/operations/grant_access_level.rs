//! Grant access level.

use adapty_model::{GrantAccessLevel, Profile};

use crate::{Client, Error, Response};

impl Client {
    /// Gives a user an access level; the answer is the profile that has it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn grant_access_level(
        &self,
        grant: GrantAccessLevel,
    ) -> Result<Response<Profile>, Error> {
        self.send(grant).await
    }
}
