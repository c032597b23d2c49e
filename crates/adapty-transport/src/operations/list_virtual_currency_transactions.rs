//! List virtual currency transactions.

use adapty_model::{ListVirtualCurrencyTransactions, VirtualCurrencyTransactionPage};

use crate::{Client, Error, Pages, Response};

impl Client {
    /// One page of what became of a customer's coins, newest first.
    ///
    /// Repeated after whatever may pass by itself, since it changes nothing.
    /// [`virtual_currency_transactions`](Self::virtual_currency_transactions) goes on from page to page.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn list_virtual_currency_transactions(
        &self,
        list: ListVirtualCurrencyTransactions,
    ) -> Result<Response<VirtualCurrencyTransactionPage>, Error> {
        self.send(list).await
    }

    /// Every transaction, from the page of `list` to the last, one by one; a page is asked for when it is
    /// needed.
    ///
    /// ```no_run
    /// # use adapty_transport::{Client, Error, adapty_model::ListVirtualCurrencyTransactions};
    /// # async fn count(client: &Client, list: ListVirtualCurrencyTransactions) -> Result<usize, Error> {
    /// let mut virtual_currency_transactions = client.virtual_currency_transactions(list);
    /// let mut count = 0;
    /// while let Some(transaction) = virtual_currency_transactions.next().await {
    ///     transaction?;
    ///     count += 1;
    /// }
    /// # Ok(count)
    /// # }
    /// ```
    pub fn virtual_currency_transactions(
        &self,
        list: ListVirtualCurrencyTransactions,
    ) -> Pages<ListVirtualCurrencyTransactions> {
        Pages::new(self.clone(), list)
    }
}
