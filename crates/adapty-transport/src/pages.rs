//! Lists that come page by page, given out item by item.

use std::{
    collections::HashSet,
    fmt,
    hash::{BuildHasher, RandomState},
    vec,
};

use adapty_model::{
    ListPaywalls, ListVirtualCurrencyTransactions, Operation, PaywallListItem, PaywallPage,
    VirtualCurrencyTransaction, VirtualCurrencyTransactionPage,
};

use crate::{
    client::Client,
    error::{Error, ErrorKind},
};

const MAX_PAGES: usize = 10_000;

/// The items of a list, page after page; [`next`](Self::next) gives the next one.
///
/// Each page is a call of its own, with the client's timeouts and retries, and is made when its first item
/// is wanted. A list that changes meanwhile may give an item twice, or leave one out.
///
/// It ends with the first error, whose message begins with the page; the items from before it are good.
/// [`list`](Self::list) has what to go on with.
pub struct Pages<L: List> {
    client: Client,
    list: L,
    items: vec::IntoIter<L::Item>,
    number: u64,
    max_pages: usize,
    is_over: bool,
    hasher: RandomState,
    /// What was asked for, so that nothing is asked for twice.
    asked: HashSet<u64>,
    /// Which items were on a page, so that none is given out twice.
    answered: HashSet<u64>,
}

/// An operation whose answer is a page of a list: of paywalls, or of virtual currency transactions.
///
/// No other crate can implement it.
pub trait List: Operation + Clone + sealed::Sealed {
    /// What the list is of.
    type Item;

    /// The number of the page that it asks for.
    #[doc(hidden)]
    fn number(&self) -> u64;

    /// The items of its page, and the operation that asks for the next page, if there is one.
    ///
    /// # Errors
    ///
    /// Why the page cannot be the one that was asked for.
    #[doc(hidden)]
    fn open(&self, page: Self::Answer) -> Result<(Vec<Self::Item>, Option<Self>), String>;

    /// What one item has and no other.
    #[doc(hidden)]
    fn id(item: &Self::Item) -> &[u8];
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for adapty_model::ListPaywalls {}
    impl Sealed for adapty_model::ListVirtualCurrencyTransactions {}
}

impl List for ListPaywalls {
    type Item = PaywallListItem;

    fn number(&self) -> u64 {
        self.page.unwrap_or(1).into()
    }

    fn open(&self, page: PaywallPage) -> Result<(Vec<PaywallListItem>, Option<Self>), String> {
        let asked = self.page.unwrap_or(1);
        let pagination = page.meta.pagination;
        if pagination.page != i64::from(asked) {
            return Err(format!("the answer says that it is page {}", pagination.page));
        }
        let next = asked.checked_add(1).filter(|next| i64::from(*next) <= pagination.pages);
        Ok((page.data, next.map(|next| self.clone().page(next))))
    }

    fn id(item: &PaywallListItem) -> &[u8] {
        item.paywall_id.as_bytes()
    }
}

impl List for ListVirtualCurrencyTransactions {
    type Item = VirtualCurrencyTransaction;

    fn number(&self) -> u64 {
        1
    }

    fn open(
        &self,
        page: VirtualCurrencyTransactionPage,
    ) -> Result<(Vec<VirtualCurrencyTransaction>, Option<Self>), String> {
        let next = page.pagination.next_cursor.map(|cursor| self.clone().cursor(cursor));
        Ok((page.data, next))
    }

    fn id(item: &VirtualCurrencyTransaction) -> &[u8] {
        item.transaction_id.as_bytes()
    }
}

impl<L: List> Pages<L> {
    pub(crate) fn new(client: Client, list: L) -> Self {
        Self {
            client,
            number: list.number(),
            list,
            items: Vec::new().into_iter(),
            max_pages: MAX_PAGES,
            is_over: false,
            hasher: RandomState::new(),
            asked: HashSet::new(),
            answered: HashSet::new(),
        }
    }

    /// The same list, of at most so many pages; 10 000 by default.
    #[must_use]
    pub fn max_pages(mut self, pages: usize) -> Self {
        self.max_pages = pages;
        self
    }

    /// The next item; `None` after the last, and after an error.
    ///
    /// Whoever drops the future loses nothing: the same page is asked for again.
    ///
    /// # Errors
    ///
    /// As [`Client::send`], of the page's own call; and [`Paging`](ErrorKind::Paging) when a page comes a
    /// second time, leads back to one that was asked for, or has another number than was asked for, and
    /// when there are more pages than there may be. The message begins with the page: its number, for
    /// transactions counted from where the list began.
    ///
    /// # Panics
    ///
    /// As [`Client::send`].
    pub async fn next(&mut self) -> Option<Result<L::Item, Error>> {
        loop {
            if let Some(item) = self.items.next() {
                return Some(Ok(item));
            }
            if self.is_over {
                return None;
            }
            if let Err(error) = self.ask().await {
                self.is_over = true;
                return Some(Err(error.of_page(self.number)));
            }
        }
    }

    /// The operation that asks for the page after those given out, or for the one that failed: with it a
    /// later list goes on from there.
    pub fn list(&self) -> &L {
        &self.list
    }

    /// Asks for the next page.
    async fn ask(&mut self) -> Result<(), Error> {
        let asked = self.hasher.hash_one(self.list.target());
        if self.asked.contains(&asked) {
            return Err(paging("the page before leads back to one that was asked for"));
        }
        if self.asked.len() >= self.max_pages {
            return Err(paging(format!("the list does not end within {} pages", self.max_pages)));
        }
        let page = self.client.send(self.list.clone()).await?.body;
        let (items, next) = self.list.open(page).map_err(paging)?;
        let ids: Vec<_> = items.iter().map(L::id).collect();
        if !ids.is_empty() && !self.answered.insert(self.hasher.hash_one(&ids)) {
            return Err(paging("the answer is the same as that of an earlier page"));
        }
        self.asked.insert(asked);
        self.items = items.into_iter();
        match next {
            Some(next) => {
                self.list = next;
                self.number += 1;
            }
            None => self.is_over = true,
        }
        Ok(())
    }
}

fn paging(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Paging, message.into())
}

impl<L: List> fmt::Debug for Pages<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("number", &self.number)
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
