//! Integration identifiers.

use adapty_model::{GetIntegrationIdentifiers, Identity, IntegrationIdentifiers};

use crate::{Client, Error, Response};

impl Client {
    /// The ids that other services know a customer by.
    ///
    /// Repeated after whatever may pass by itself, since it changes nothing.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn integration_identifiers(
        &self,
        identity: impl Into<Identity>,
    ) -> Result<Response<IntegrationIdentifiers>, Error> {
        self.send(GetIntegrationIdentifiers::new(identity)).await
    }
}
