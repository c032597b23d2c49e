//! Validate Paddle purchase.

use adapty_model::{Profile, ValidatePaddlePurchase};

use crate::{Client, Error, Response};

impl Client {
    /// Lets Adapty fetch a purchase from Paddle and give its buyer access; a profile that is missing is created.
    /// The answer is the profile.
    ///
    /// Not repeated once the server may have seen it, and the error says so: no document says whether it may
    /// be.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn validate_paddle_purchase(
        &self,
        purchase: ValidatePaddlePurchase,
    ) -> Result<Response<Profile>, Error> {
        self.send(purchase).await
    }
}
