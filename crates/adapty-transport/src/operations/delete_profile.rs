//! Delete profile.

use adapty_model::{DeleteProfile, Identity};

use crate::{Client, Error, Response};

impl Client {
    /// Deletes the profile of one user.
    ///
    /// Repeated after a lost answer, a timeout and the statuses 408, 429, 502, 503 and 504; not after a
    /// 500. When an attempt may have deleted the profile and a later one is told that there is none, it
    /// is deleted: [`failed_attempts`](Response::failed_attempts) has both.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), with [`ProfileNotFound`](crate::ErrorKind::ProfileNotFound) only where no
    /// attempt of the call can have deleted the profile.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn delete_profile(
        &self,
        identity: impl Into<Identity>,
    ) -> Result<Response<()>, Error> {
        self.send(DeleteProfile::new(identity)).await
    }
}
