//! Validate Stripe purchase.

use adapty_model::ValidateStripePurchase;

use crate::{Client, Error, Response};

impl Client {
    /// Lets Adapty fetch a purchase from Stripe and give its buyer access; a profile that is missing is created.
    ///
    /// Not repeated once the server may have seen it, and the error says so: no document says whether it may
    /// be. It goes to the API's first version, in the media type of JSON:API.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn validate_stripe_purchase(
        &self,
        purchase: ValidateStripePurchase,
    ) -> Result<Response<()>, Error> {
        self.send(purchase).await
    }
}
