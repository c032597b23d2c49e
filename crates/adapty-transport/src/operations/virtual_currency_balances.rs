//! Virtual currency balances.

use adapty_model::{GetVirtualCurrencyBalances, Identity, VirtualCurrencyBalances};

use crate::{Client, Error, Response};

impl Client {
    /// A customer's balance of each virtual currency.
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
    pub async fn virtual_currency_balances(
        &self,
        identity: impl Into<Identity>,
    ) -> Result<Response<VirtualCurrencyBalances>, Error> {
        self.send(GetVirtualCurrencyBalances::new(identity)).await
    }
}
