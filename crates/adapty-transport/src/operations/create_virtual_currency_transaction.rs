//! Create virtual currency transaction.

use adapty_model::{CreateVirtualCurrencyTransaction, CreatedVirtualCurrencyTransaction};

use crate::{Client, Error, Response};

impl Client {
    /// Gives a customer coins or takes some, all of it or nothing.
    ///
    /// Every call has an `Idempotency-Key`: the transaction's own, or one that is made for the call and is the
    /// same in all of its attempts. With it the call is repeated after a lost answer, a timeout and the
    /// statuses 408, 429, 502, 503 and 504, and the coins move once; not after a 500. Where the server says
    /// that the same request is under way, the call waits as `Retry-After` says and asks again.
    ///
    /// A call that failed and may have reached the server can be made up for with the same key only, so give
    /// a key of your own where you will want that; Adapty keeps it for an hour.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send), and among them
    /// [`InsufficientBalance`](crate::ErrorKind::InsufficientBalance),
    /// [`FeatureNotEnabled`](crate::ErrorKind::FeatureNotEnabled),
    /// [`IdempotencyInFlight`](crate::ErrorKind::IdempotencyInFlight) when it stays under way, and
    /// [`DuplicateSourceTransaction`](crate::ErrorKind::DuplicateSourceTransaction).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn create_virtual_currency_transaction(
        &self,
        transaction: CreateVirtualCurrencyTransaction,
    ) -> Result<Response<CreatedVirtualCurrencyTransaction>, Error> {
        self.send(transaction).await
    }
}
