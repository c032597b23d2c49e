//! List paywalls.

use adapty_model::{ListPaywalls, PaywallPage};

use crate::{Client, Error, Pages, Response};

impl Client {
    /// One page of the paywalls of an app, without their remote configs.
    ///
    /// Repeated after whatever may pass by itself, since it changes nothing.
    /// [`paywalls`](Self::paywalls) goes on from page to page.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    ///
    /// # Panics
    ///
    /// As [`send`](Self::send).
    pub async fn list_paywalls(&self, list: ListPaywalls) -> Result<Response<PaywallPage>, Error> {
        self.send(list).await
    }

    /// Every paywall, from the page of `list` to the last, one by one; a page is asked for when it is
    /// needed.
    ///
    /// ```no_run
    /// # use adapty_transport::{Client, Error, adapty_model::ListPaywalls};
    /// # async fn count(client: &Client, list: ListPaywalls) -> Result<usize, Error> {
    /// let mut paywalls = client.paywalls(list);
    /// let mut count = 0;
    /// while let Some(paywall) = paywalls.next().await {
    ///     paywall?;
    ///     count += 1;
    /// }
    /// # Ok(count)
    /// # }
    /// ```
    pub fn paywalls(&self, list: ListPaywalls) -> Pages<ListPaywalls> {
        Pages::new(self.clone(), list)
    }
}
