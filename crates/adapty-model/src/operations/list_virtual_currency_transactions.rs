//! List virtual currency transactions: what became of a customer's coins.

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::{self, ReadError};
use crate::validation::{ValidationError, Violations};
use crate::virtual_currency::VirtualCurrencyTransactionPage;

/// Asks for a page of a customer's transactions, the newest first.
///
/// `GET /api/v2/server-side-api/vc/transactions/?currency_code=…&cursor=…&limit=…`
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListVirtualCurrencyTransactions {
    /// Whose transactions.
    pub identity: Identity,

    /// The one currency asked for, by its code; `None` is all of them.
    ///
    /// Wire: `currency_code` in the query.
    pub currency_code: Option<String>,

    /// What the page before gave to ask with; `None` is the first page.
    ///
    /// Wire: `cursor` in the query, opaque text.
    pub cursor: Option<String>,

    /// How many transactions a page has, from 1 to 100; `None` is the server's default, 50.
    ///
    /// Wire: `limit` in the query.
    pub limit: Option<u32>,
}

impl ListVirtualCurrencyTransactions {
    /// Asks for the first page, in all currencies.
    pub fn new(identity: impl Into<Identity>) -> Self {
        Self { identity: identity.into(), currency_code: None, cursor: None, limit: None }
    }

    /// Asks for one currency only.
    #[must_use]
    pub fn currency_code(mut self, code: impl Into<String>) -> Self {
        self.currency_code = Some(code.into());
        self
    }

    /// Asks for the page that this cursor leads to.
    #[must_use]
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }

    /// Asks for pages of this size.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }
}

impl Operation for ListVirtualCurrencyTransactions {
    type Answer = VirtualCurrencyTransactionPage;

    const SPEC: Spec = table::LIST_VIRTUAL_CURRENCY_TRANSACTIONS;

    fn identity(&self) -> Option<&Identity> {
        Some(&self.identity)
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let parameters = [
            ("currency_code", self.currency_code.clone()),
            ("cursor", self.cursor.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// A page has 1 to 100 transactions.
    fn validate(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        let is_in_range = self.limit.is_none_or(|limit| (1..=100).contains(&limit));
        violations.require(is_in_range, "limit", "must be between 1 and 100");
        violations.finish()
    }

    fn read(&self, body: &[u8]) -> Result<VirtualCurrencyTransactionPage, ReadError> {
        json::read(body)
    }
}
