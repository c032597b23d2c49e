//! Set transaction.

use adapty_model::{Profile, SetTransaction};

use crate::{Client, Error, Response};

impl Client {
    /// Records a purchase and gives the access that its product stands for; the answer is the profile.
    ///
    /// Repeated with the same ids, which are the same transaction, after a lost answer, a timeout and the
    /// statuses 408, 429, 502, 503 and 504; not after a 500.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn set_transaction(
        &self,
        transaction: SetTransaction,
    ) -> Result<Response<Profile>, Error> {
        self.send(transaction).await
    }
}
