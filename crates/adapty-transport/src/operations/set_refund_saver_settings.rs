//! Set refund saver settings.

use adapty_model::{RefundSaverResponse, SetRefundSaverSettings};

use crate::{Client, Error, Response};

impl Client {
    /// Changes a customer's settings of the refund saver, as far as the request names them; the answer is the
    /// settings as they are then.
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
    pub async fn set_refund_saver_settings(
        &self,
        settings: SetRefundSaverSettings,
    ) -> Result<Response<RefundSaverResponse>, Error> {
        self.send(settings).await
    }
}
