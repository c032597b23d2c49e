//! What the tokens of Stripe and Paddle stand for, as tests prepare it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use adapty_model::{Profile, ProfileResponse};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    budget::{Budget, OverBudget, Reservation},
    profile_lists::{ACCESS_LEVELS, List, NON_SUBSCRIPTIONS, SUBSCRIPTIONS},
    raw_json::Object,
};

/// How many tokens of a store one app may hold.
const LIMIT: usize = 10_000;
/// How long a token may be, in bytes.
const LONGEST_TOKEN: usize = 1024;
/// What a token takes of the budget beside its text and its rows.
const OVERHEAD: usize = 256;

/// The rows that a purchase brings into the profile of whoever validates its token.
///
/// As JSON: `{"access_levels": […], "subscriptions": […], "non_subscriptions": […]}`, each of them rows
/// as "Get profile" answers them, and each absent if there are none.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedPurchase {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    access_levels: Vec<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    subscriptions: Vec<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    non_subscriptions: Vec<Box<RawValue>>,
}

impl ImportedPurchase {
    /// The access levels, subscriptions and non-subscriptions of a typed profile; what else it says is
    /// left out.
    ///
    /// # Panics
    ///
    /// When it cannot be written: a revenue that is not finite, a date beyond the year 9999.
    #[must_use]
    #[track_caller]
    pub fn of(profile: &Profile) -> Self {
        let response = ProfileResponse { data: profile.clone() };
        let body = match response.to_json() {
            Ok(body) => body,
            Err(error) => panic!("{error}"),
        };
        let text = String::from_utf8(body).expect("JSON is UTF-8");
        let data = Object::parse(&text).and_then(|envelope| envelope.object("data"));
        let data = data.expect("a profile is written as an object in an envelope");
        let rows = |list: List| data.read(list.name).unwrap_or_default();
        Self {
            access_levels: rows(ACCESS_LEVELS),
            subscriptions: rows(SUBSCRIPTIONS),
            non_subscriptions: rows(NON_SUBSCRIPTIONS),
        }
    }

    /// Each list and its rows.
    pub(super) fn lists(&self) -> [(List, &[Box<RawValue>]); 3] {
        [
            (ACCESS_LEVELS, &self.access_levels),
            (SUBSCRIPTIONS, &self.subscriptions),
            (NON_SUBSCRIPTIONS, &self.non_subscriptions),
        ]
    }

    /// The access levels that it gives, each once.
    pub(super) fn access_level_ids(&self) -> impl Iterator<Item = String> {
        let ids = self.access_levels.iter().filter_map(|row| {
            Object::parse(row.get()).and_then(|row| row.read::<String>(ACCESS_LEVELS.id))
        });
        ids.collect::<BTreeSet<_>>().into_iter()
    }

    /// An error names the row that is no object.
    fn check(&self) -> Result<(), String> {
        for (list, rows) in self.lists() {
            for (at, row) in rows.iter().enumerate() {
                Object::parse(row.get()).ok_or(format!("{}[{at}]: is no object", list.name))?;
            }
        }
        Ok(())
    }

    fn size(&self) -> usize {
        self.lists().iter().flat_map(|(_, rows)| *rows).map(|row| row.get().len() + 32).sum()
    }
}

/// Why Paddle's purchase is not imported: the three codes of the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PaddleRefusal {
    /// The purchase has no products.
    NoProductsFound,
    /// The app has no key for Paddle.
    PaddleApiKeyNotFound,
    /// Paddle refuses the app's key or does not know the purchase; every token that was not prepared.
    InvalidPaddleCredentialsOrPurchaseNotFound,
}

/// In which of its two documented forms Paddle's refusals are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum PaddleErrors {
    /// As the OpenAPI file has them: texts.
    #[default]
    OpenApi,
    /// As the fragments of the documents have them: items with a source.
    Fragment,
}

/// The tokens of one store, and what each stands for.
pub(crate) struct Tokens<T> {
    by_token: HashMap<String, (Arc<T>, Reservation)>,
    budget: Arc<Budget>,
}

impl<T> Tokens<T> {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self { by_token: HashMap::new(), budget: Arc::clone(budget) }
    }

    pub(crate) fn get(&self, token: &str) -> Option<Arc<T>> {
        self.by_token.get(token).map(|(stands_for, _)| Arc::clone(stands_for))
    }

    /// Every token, sorted.
    pub(crate) fn all(&self) -> BTreeMap<String, Arc<T>> {
        let tokens = self.by_token.iter();
        tokens.map(|(token, (known, _))| (token.clone(), Arc::clone(known))).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.by_token.clear();
    }

    fn put(&mut self, token: String, stands_for: T, size: usize) -> Result<(), String> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(format!("token: has not 1 to {LONGEST_TOKEN} bytes"));
        }
        if self.by_token.len() >= LIMIT && !self.by_token.contains_key(&token) {
            return Err(format!("an app holds at most {LIMIT} tokens of a store"));
        }
        let room = self.budget.reserve(token.len() + size + OVERHEAD);
        let room = room.map_err(|over: OverBudget| over.to_string())?;
        self.by_token.insert(token, (Arc::new(stands_for), room));
        Ok(())
    }
}

impl Tokens<ImportedPurchase> {
    pub(crate) fn put_purchase(
        &mut self,
        token: String,
        purchase: ImportedPurchase,
    ) -> Result<(), String> {
        purchase.check()?;
        let size = purchase.size();
        self.put(token, purchase, size)
    }
}

/// What a token of Paddle's stands for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaddleToken {
    Purchase(ImportedPurchase),
    Refusal(PaddleRefusal),
}

impl Tokens<PaddleToken> {
    pub(crate) fn put_paddle(&mut self, token: String, known: PaddleToken) -> Result<(), String> {
        let size = match &known {
            PaddleToken::Purchase(purchase) => {
                purchase.check()?;
                purchase.size()
            }
            PaddleToken::Refusal(_) => 0,
        };
        self.put(token, known, size)
    }
}

impl<T> fmt::Debug for Tokens<T> {
    /// How many, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("count", &self.by_token.len()).finish_non_exhaustive()
    }
}
