//! Which documented rules a request breaks, as far as that can be told without asking Adapty.

use std::fmt;

/// What of a request breaks the documents' rules; at least one [`Violation`].
///
/// Nothing forces a request to be validated before it is sent: Adapty decides, and its rules may
/// change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError(Vec<Violation>);

impl ValidationError {
    /// All that is wrong, in the order of the checks.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.0
    }
}

impl fmt::Display for ValidationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, violation) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            violation.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ValidationError {}

/// One value of a request and the rule it breaks. The value itself is in neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    path: String,
    rule: &'static str,
}

impl Violation {
    /// Where the value stands: its JSON path in the body, such as `custom_attributes[1].key`, the name
    /// of a parameter of the query, or the name of a header. The entry of a dictionary goes by its
    /// position.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The rule, in the documents' words where they have any.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.rule)
    }
}

/// The violations found so far.
#[derive(Default)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    /// Notes a violation unless the rule holds for what stands at the path.
    pub(crate) fn require(&mut self, holds: bool, path: impl fmt::Display, rule: &'static str) {
        if !holds {
            self.0.push(Violation { path: path.to_string(), rule });
        }
    }

    pub(crate) fn finish(self) -> Result<(), ValidationError> {
        if self.0.is_empty() { Ok(()) } else { Err(ValidationError(self.0)) }
    }
}

/// Whether a text is no longer than so many characters.
pub(crate) fn is_within(text: &str, characters: usize) -> bool {
    text.chars().nth(characters).is_none()
}

/// Whether a text looks like a country's code.
pub(crate) fn has_two_letters(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// What [`has_two_letters`] asks for, in words.
pub(crate) const TWO_LETTERS: &str = "must be a country code of two letters";
