//! Delete profile.

use adapty_model::{DeleteProfile, Identity};

use crate::{Client, Error, Response};

impl Client {
    /// Deletes the profile of one user.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send). When an earlier attempt of the call lost its response,
    /// [`ProfileNotFound`](crate::ErrorKind::ProfileNotFound) may be that attempt's success:
    /// [`Error::may_have_reached_server`] and [`Error::attempts`] tell.
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
