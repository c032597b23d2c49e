//! List paywalls: what an app sells, page by page.

use super::operation::Operation;
use super::spec::Spec;
use super::table;
use crate::identity::Identity;
use crate::json::{self, ReadError};
use crate::paywall::PaywallPage;
use crate::validation::{ValidationError, Violations};

/// Asks for a page of the app's paywalls.
///
/// `GET /api/v2/server-side-api/paywalls/?page[number]=…&page[size]=…`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListPaywalls {
    /// The page's number, from 1; `None` is the server's default, the first page.
    ///
    /// Wire: `page[number]` in the query.
    pub page: Option<u32>,

    /// How many paywalls a page has, from 1 to 100; `None` is the server's default, 20.
    ///
    /// Wire: `page[size]` in the query.
    pub page_size: Option<u32>,
}

impl ListPaywalls {
    /// Asks for the first page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for the page of this number, from 1.
    #[must_use]
    pub fn page(mut self, number: u32) -> Self {
        self.page = Some(number);
        self
    }

    /// Asks for pages of this size.
    #[must_use]
    pub fn page_size(mut self, size: u32) -> Self {
        self.page_size = Some(size);
        self
    }
}

impl Operation for ListPaywalls {
    type Answer = PaywallPage;

    const SPEC: Spec = table::LIST_PAYWALLS;

    fn identity(&self) -> Option<&Identity> {
        None
    }

    fn query(&self) -> Vec<(&'static str, String)> {
        let parameters = [("page[number]", self.page), ("page[size]", self.page_size)];
        let parameters = parameters.into_iter();
        parameters.filter_map(|(name, value)| Some((name, value?.to_string()))).collect()
    }

    /// Pages are counted from 1 (ours), and have 1 to 100 paywalls.
    fn validate(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        let is_counted = self.page.is_none_or(|number| number >= 1);
        violations.require(is_counted, "page[number]", "must be 1 or more");
        let is_in_range = self.page_size.is_none_or(|size| (1..=100).contains(&size));
        let rule = "Invalid page_size parameter. Must be between 1 and 100";
        violations.require(is_in_range, "page[size]", rule);
        violations.finish()
    }

    fn read(&self, body: &[u8]) -> Result<PaywallPage, ReadError> {
        json::read(body)
    }
}
