//! Refund saver settings.

use adapty_model::{GetRefundSaverSettings, Identity, RefundSaverResponse};

use crate::{Client, Error, Response};

impl Client {
    /// A customer's settings of the refund saver.
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
    pub async fn refund_saver_settings(
        &self,
        identity: impl Into<Identity>,
    ) -> Result<Response<RefundSaverResponse>, Error> {
        self.send(GetRefundSaverSettings::new(identity)).await
    }
}
