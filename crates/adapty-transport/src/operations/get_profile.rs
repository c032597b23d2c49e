//! Get profile.

use adapty_model::{GetProfile, Identity, Profile};
use tokio::time::Instant;

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

    /// The profile of the first of several identities that has one, with that identity, or `None` when
    /// the API itself says of each that there is none: for a user with an old id and a new one.
    ///
    /// They are asked in turn, all within the call timeout. Only the API's own word passes on to the
    /// next: any error ends the search, since the identity it hit may well be the one.
    ///
    /// # Errors
    ///
    /// As [`find_profile`](Self::find_profile), of the identity at which the search ended. An identity
    /// that cannot travel is refused when its turn comes.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn first_profile_of(
        &self,
        identities: impl IntoIterator<Item = Identity>,
    ) -> Result<Option<(Identity, Response<Profile>)>, Error> {
        let began = Instant::now();
        for identity in identities {
            let left = self.call_timeout().saturating_sub(began.elapsed());
            if let Some(response) = self.within(left).find_profile(identity.clone()).await? {
                return Ok(Some((identity, response)));
            }
        }
        Ok(None)
    }
}
