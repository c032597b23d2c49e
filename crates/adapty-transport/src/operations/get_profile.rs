//! Get profile.

use adapty_model::{GetProfile, Identity, Profile};

use crate::{Client, Error, ErrorKind, Response};

impl Client {
    /// The profile of one user.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn get_profile(
        &self,
        identity: impl Into<Identity>,
    ) -> Result<Response<Profile>, Error> {
        self.send(GetProfile::new(identity)).await
    }

    /// The profile of one user, or `None` when the API itself says that there is none.
    ///
    /// A 404 that does not say so in one of the API's codes (a proxy's page, an empty body, `{}`)
    /// is an error: it proves nothing about the user.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), but for [`ProfileNotFound`](ErrorKind::ProfileNotFound).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn find_profile(
        &self,
        identity: impl Into<Identity>,
    ) -> Result<Option<Response<Profile>>, Error> {
        match self.get_profile(identity).await {
            Ok(response) => Ok(Some(response)),
            Err(error) if error.kind() == ErrorKind::ProfileNotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
