//! Set integration identifiers.

use adapty_model::SetIntegrationIdentifiers;

use crate::{Client, Error, Response};

impl Client {
    /// Changes the ids that other services know a customer by, as far as the request names them.
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
    pub async fn set_integration_identifiers(
        &self,
        identifiers: SetIntegrationIdentifiers,
    ) -> Result<Response<()>, Error> {
        self.send(identifiers).await
    }
}
