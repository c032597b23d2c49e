//! Tokens of Stripe and Paddle.

use crate::{
    app::{
        App, possible,
        store_tokens::{ImportedPurchase, PaddleErrors, PaddleRefusal, PaddleToken},
    },
    budget::NotKept,
};

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
    ) -> Result<(), NotKept> {
        self.command(|state| {
            let purchase = purchase.counted_from(state.now())?;
            state.stripe_tokens.put_purchase(token, purchase)
        })
    }

    pub(crate) fn put_paddle(&self, token: String, known: PaddleToken) -> Result<(), NotKept> {
        self.command(|state| {
            let known = match known {
                PaddleToken::Purchase(it) => PaddleToken::Purchase(it.counted_from(state.now())?),
                PaddleToken::Refusal(refusal) => PaddleToken::Refusal(refusal),
            };
            state.paddle_tokens.put_paddle(token, known)
        })
    }
}
