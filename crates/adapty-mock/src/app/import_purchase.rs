//! What the validation of a token changes, and what a test does with tokens.
//!
//! No document says what becomes of rows that are there already. Ours: a row takes the place of the one
//! of the same purchase, so that a repeated validation changes nothing but the time of the change.

use std::sync::Arc;

use adapty_model::{Identity, Profile};

use super::{
    App, possible,
    profile::{StoredProfile, Unchangeable},
    state::State,
    store_tokens::{ImportedPurchase, PaddleErrors, PaddleRefusal, PaddleToken},
};
use crate::{
    profile_lists::{List, NON_SUBSCRIPTIONS, Rows},
    raw_json::Object,
};

impl State {
    /// Brings a purchase into the profile of a customer, who gets one if there is none.
    pub(crate) fn import_purchase(
        &mut self,
        customer: &str,
        purchase: &ImportedPurchase,
    ) -> Result<Arc<StoredProfile>, NotImported> {
        let identity = Identity::customer(customer);
        let known = self.profiles().get(&identity).map(Arc::clone);
        if let Some(stored) = known {
            return Ok(self.change_profile(&stored, |data| add(purchase, data))?);
        }
        let mut profile = Profile::new(self.next_uuid());
        profile.customer_user_id = Some(customer.to_owned());
        profile.total_revenue_usd = Some(0.0);
        profile.timestamp = Some(self.next_timestamp());
        let created = StoredProfile::typed(profile).map_err(NotImported::NoRoom)?;
        let created = created.changed(|data| add(purchase, data))?;
        self.put_profiles(vec![created]).map_err(NotImported::NoRoom)?;
        let stored = self.profiles().get(&identity).map(Arc::clone);
        stored.ok_or(NotImported::Unchangeable(Unchangeable::NoProfile))
    }
}

/// Why a purchase is not imported.
pub(crate) enum NotImported {
    Unchangeable(Unchangeable),
    /// There is no room for another profile, in words.
    NoRoom(String),
}

impl From<Unchangeable> for NotImported {
    fn from(why: Unchangeable) -> Self {
        Self::Unchangeable(why)
    }
}

/// Adds the rows of a purchase to a profile's `data`.
fn add(purchase: &ImportedPurchase, data: &mut Object<'_>) -> Result<(), Unchangeable> {
    for (list, imported) in purchase.lists() {
        if imported.is_empty() {
            continue;
        }
        let mut rows = Rows::read(data, list).ok_or(Unchangeable::NoProfile)?;
        for row in imported.iter().filter_map(|row| Object::parse(row.get())) {
            match rows.rows.iter_mut().find(|known| is_same_purchase(known, &row, list)) {
                Some(known) => *known = row.into_owned(),
                None => rows.rows.push(row.into_owned()),
            }
        }
        rows.write(data);
    }
    Ok(())
}

/// Whether two rows are of one purchase.
fn is_same_purchase(known: &Object<'_>, row: &Object<'_>, list: List) -> bool {
    let fields: &[&str] = match list.name {
        name if name == NON_SUBSCRIPTIONS.name => &["store_product_id", "store_transaction_id"],
        _ => &["access_level_id", "store", "store_product_id", "store_original_transaction_id"],
    };
    fields.iter().all(|field| known.read::<String>(field) == row.read::<String>(field))
}

/// Stripe and Paddle.
impl App {
    /// Says which purchase a token of Stripe's imports, in the place of what it did before.
    ///
    /// # Panics
    ///
    /// When the token is empty or longer than 1024 bytes; when the app holds 10 000 tokens of Stripe's,
    /// or the server all the bytes it may.
    #[track_caller]
    pub fn put_stripe_token(&self, token: impl Into<String>, purchase: ImportedPurchase) {
        possible(self.put_stripe(token.into(), purchase));
    }

    /// Takes all tokens of Stripe's away.
    pub fn remove_stripe_tokens(&self) {
        self.command(|state| state.stripe_tokens.clear());
    }

    /// Says which purchase a token of Paddle's imports, in the place of what it did before.
    ///
    /// # Panics
    ///
    /// As [`App::put_stripe_token`].
    #[track_caller]
    pub fn put_paddle_token(&self, token: impl Into<String>, purchase: ImportedPurchase) {
        possible(self.put_paddle(token.into(), PaddleToken::Purchase(purchase)));
    }

    /// Says with which refusal a token of Paddle's is answered, in the place of what it did before.
    ///
    /// # Panics
    ///
    /// As [`App::put_stripe_token`].
    #[track_caller]
    pub fn refuse_paddle_token(&self, token: impl Into<String>, refusal: PaddleRefusal) {
        possible(self.put_paddle(token.into(), PaddleToken::Refusal(refusal)));
    }

    /// Takes all tokens of Paddle's away.
    pub fn remove_paddle_tokens(&self) {
        self.command(|state| state.paddle_tokens.clear());
    }

    /// Chooses in which documented form Paddle's refusals are answered.
    pub fn set_paddle_errors(&self, errors: PaddleErrors) {
        self.command(|state| state.paddle_errors = errors);
    }

    pub(crate) fn put_stripe(
        &self,
        token: String,
        purchase: ImportedPurchase,
    ) -> Result<(), String> {
        self.command(|state| state.stripe_tokens.put_purchase(token, purchase))
    }

    pub(crate) fn put_paddle(&self, token: String, known: PaddleToken) -> Result<(), String> {
        self.command(|state| state.paddle_tokens.put_paddle(token, known))
    }
}
