//! Grant access level.

use adapty_model::{GrantAccessLevel, Profile};

use crate::{Client, Error, Response};

impl Client {
    /// Gives a customer an access level; the answer is the profile that has it.
    ///
    /// With a date it is repeated after a lost answer, a timeout and the statuses 408, 429, 502, 503 and
    /// 504, not after a 500. Without one it begins when the server acts on it, so that it is not repeated
    /// once the server may have seen it, unless it is [`repeatable`](GrantAccessLevel::repeatable); the
    /// error then says so.
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
