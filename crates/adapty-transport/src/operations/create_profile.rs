//! Create profile.

use adapty_model::{CreateProfile, Profile};
use tokio::time::Instant;

use crate::{Client, Error, ErrorKind, Response};

/// How often a profile is sought and created.
const ROUNDS: u32 = 2;

impl Client {
    /// Creates the profile of a customer whom no SDK has met; the answer is the profile.
    ///
    /// Not repeated once the server may have seen it, and the error says so: no document says what it
    /// does with a profile that exists. [`ensure_profile`](Self::ensure_profile) looks instead of
    /// guessing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn create_profile(&self, create: CreateProfile) -> Result<Response<Profile>, Error> {
        self.send(create).await
    }

    /// The profile of one user, who gets one if the API itself says that there is none: two calls at
    /// once for the same customer end in one profile.
    ///
    /// It gets the profile, creates it where there is none, and looks again where the creation may have
    /// been done or was refused, as when somebody else was faster; all within the call timeout. A
    /// creation whose answer was lost and that left no profile is tried once more.
    ///
    /// A profile that is there stays as it is: what `create` says of its customer is not written to it.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), of the request at which it ended; of the creation, where there is still
    /// no profile after it.
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn ensure_profile(&self, create: CreateProfile) -> Result<Response<Profile>, Error> {
        let began = Instant::now();
        let rest = || self.within(self.call_timeout().saturating_sub(began.elapsed()));
        let mut round = 1;
        loop {
            if let Some(response) = rest().find_profile(create.identity.clone()).await? {
                return Ok(response);
            }
            let error = match rest().create_profile(create.clone()).await {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if !may_be_there(&error) {
                return Err(error);
            }
            if round == ROUNDS || error.kind() == ErrorKind::Status {
                let found = rest().find_profile(create.identity.clone()).await;
                return found.ok().flatten().ok_or(error);
            }
            round += 1;
        }
    }
}

/// Whether there may be a profile after a creation that failed: it was done and the answer lost, or it was
/// refused since somebody else had done it.
fn may_be_there(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Status => matches!(error.status(), Some(400 | 408 | 409)),
        ErrorKind::Server
        | ErrorKind::Connection
        | ErrorKind::Protocol
        | ErrorKind::Timeout
        | ErrorKind::TooLarge
        | ErrorKind::Unreadable => error.may_have_reached_server(),
        _ => false,
    }
}
