//! The currency of a price.

use std::fmt;

/// A currency's three letters, as ISO 4217 has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CurrencyCode([char; 3]);

impl CurrencyCode {
    pub(crate) const USD: Self = Self(['U', 'S', 'D']);

    /// Reads three letters of either case; `None` where they are none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let letters: [char; 3] = Vec::from_iter(text.chars()).try_into().ok()?;
        let code = letters.map(|letter| letter.to_ascii_uppercase());
        code.iter().all(char::is_ascii_uppercase).then_some(Self(code))
    }
}

impl fmt::Display for CurrencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{letter}"))
    }
}
