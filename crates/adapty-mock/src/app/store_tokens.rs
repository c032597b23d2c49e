//! What the tokens of Stripe and Paddle stand for, as tests prepare it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Deref,
    sync::Arc,
};

use adapty_model::{Profile, ProfileResponse, time::OffsetDateTime};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::put::{NAMED_LIMIT, PutToken};
use crate::{
    at_most::at_most,
    budget::{Budget, NotKept, OverBudget, Reservation},
    editions::newest::{Gaps, fill_row},
    profile_lists::{ACCESS_LEVELS, List, NON_SUBSCRIPTIONS, SUBSCRIPTIONS},
    raw_json::{Object, text},
    relative_dates::resolve_row,
};

/// How many tokens of a store one app may hold.
const LIMIT: usize = 10_000;
/// How long a token may be, in bytes.
const LONGEST_TOKEN: usize = 1024;
/// How many rows of a kind a purchase may import.
const ROWS_LIMIT: usize = 10_000;
/// What a token takes of the budget beside its text and its rows.
const OVERHEAD: usize = 256;

/// The rows that a purchase brings into the profile of whoever validates its token.
///
/// As JSON: `{"access_levels": […], "subscriptions": […], "non_subscriptions": […]}`, each of them rows
/// as "Get profile" answers them, at most 10 000, and each absent if there are none. What a row leaves out is
/// filled when it is put, to what the newest documents always show: the store is the token's, dates are the
/// app's time. Its `…_at` fields may be counted from that, `"+P1M"`. An end, and the ids of what was bought, it
/// has to say itself.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ImportedPurchase {
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "at_most::<_, _, ROWS_LIMIT>"
    )]
    access_levels: Vec<Box<RawValue>>,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "at_most::<_, _, ROWS_LIMIT>"
    )]
    subscriptions: Vec<Box<RawValue>>,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "at_most::<_, _, ROWS_LIMIT>"
    )]
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
        let rows = |list: List| data.read(list.name).expect("a profile is written with its lists");
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

    /// Fills every row to what the newest documents always show, and tells what is left open. An error
    /// names the row that is no object.
    fn fill(&mut self, store: &str, now: OffsetDateTime) -> Result<Gaps, String> {
        for (list, rows) in [
            (ACCESS_LEVELS, &mut self.access_levels),
            (SUBSCRIPTIONS, &mut self.subscriptions),
            (NON_SUBSCRIPTIONS, &mut self.non_subscriptions),
        ] {
            for (at, row) in rows.iter_mut().enumerate() {
                let mut filled = Object::parse(row.get())
                    .ok_or_else(|| format!("{}[{at}]: is no object", list.name))?;
                let place = |what| format!("{}[{at}].{what}", list.name);
                resolve_row(&mut filled, now).map_err(place)?;
                fill_row(&mut filled, list, store, now);
                *row = text(&filled);
            }
        }
        let lists = self.lists();
        let rows = lists
            .iter()
            .flat_map(|(list, rows)| rows.iter().enumerate().map(|(at, row)| (*list, at, &**row)));
        Ok(Gaps::of_purchase(rows, NAMED_LIMIT))
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

/// What a token stands for, and its room in the budget.
#[derive(Debug)]
pub(crate) struct Known<T> {
    stands_for: T,
    _room: Reservation,
}

impl<T> Deref for Known<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.stands_for
    }
}

/// Tokens, and what each stands for.
pub(crate) type TokenList<T> = Vec<(Arc<str>, Arc<Known<T>>)>;

/// The tokens of one store, and what each stands for.
pub(crate) struct Tokens<T> {
    by_token: BTreeMap<Arc<str>, Arc<Known<T>>>,
    budget: Arc<Budget>,
}

impl<T> Tokens<T> {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self { by_token: BTreeMap::new(), budget: Arc::clone(budget) }
    }

    pub(crate) fn get(&self, token: &str) -> Option<Arc<Known<T>>> {
        self.by_token.get(token).map(Arc::clone)
    }

    /// Every token, sorted, and the room that the list takes.
    pub(crate) fn all(&self) -> Result<(TokenList<T>, Reservation), OverBudget> {
        let tokens = self.by_token.iter();
        let tokens: Vec<_> =
            tokens.map(|(token, known)| (Arc::clone(token), Arc::clone(known))).collect();
        let room = self.budget.reserve(size_of_val(&*tokens))?;
        Ok((tokens, room))
    }

    pub(crate) fn clear(&mut self) {
        self.by_token.clear();
    }

    fn put(&mut self, token: String, stands_for: T, size: usize) -> Result<(), NotKept> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(format!("token: has not 1 to {LONGEST_TOKEN} bytes").into());
        }
        if self.by_token.len() >= LIMIT && !self.by_token.contains_key(&*token) {
            return Err(format!("an app holds at most {LIMIT} tokens of a store").into());
        }
        let room = self.budget.reserve(token.len() + size + OVERHEAD)?;
        self.by_token.insert(token.into(), Arc::new(Known { stands_for, _room: room }));
        Ok(())
    }
}

impl Tokens<ImportedPurchase> {
    pub(crate) fn put_purchase(
        &mut self,
        token: String,
        mut purchase: ImportedPurchase,
        now: OffsetDateTime,
    ) -> Result<PutToken, NotKept> {
        let gaps = purchase.fill("stripe", now)?;
        let size = purchase.size();
        self.put(token, purchase, size)?;
        Ok(PutToken::of_purchase(gaps))
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
    pub(crate) fn put_paddle(
        &mut self,
        token: String,
        mut known: PaddleToken,
        now: OffsetDateTime,
    ) -> Result<PutToken, NotKept> {
        let (put, size) = match &mut known {
            PaddleToken::Purchase(purchase) => {
                (PutToken::of_purchase(purchase.fill("paddle", now)?), purchase.size())
            }
            PaddleToken::Refusal(_) => (PutToken::of_refusal(), 0),
        };
        self.put(token, known, size)?;
        Ok(put)
    }
}

impl<T> fmt::Debug for Tokens<T> {
    /// How many, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("count", &self.by_token.len()).finish_non_exhaustive()
    }
}
