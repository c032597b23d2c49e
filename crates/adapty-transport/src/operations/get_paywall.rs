//! Get paywall.

use adapty_model::{GetPaywall, Paywall, uuid::Uuid};

use crate::{Client, Error, Response};

impl Client {
    /// A paywall, with its remote configs.
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
    pub async fn get_paywall(&self, paywall_id: Uuid) -> Result<Response<Paywall>, Error> {
        self.send(GetPaywall::new(paywall_id)).await
    }
}
