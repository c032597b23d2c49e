//! Whether a request comes from who knows the secret.

use std::hint::black_box;

/// Whether a request's `Authorization` header is the text configured in the Adapty Dashboard, exactly.
///
/// It takes as long whatever the header says, so that guessing learns nothing but the text's length. An
/// absent header is given as empty. Nothing matches an empty text: a receiver without a secret has no
/// business asking.
///
/// ```
/// use adapty_model::authorization_matches;
///
/// assert!(authorization_matches("Bearer 7391", "Bearer 7391"));
/// assert!(!authorization_matches("Bearer 7391", "bearer 7391"));
/// assert!(!authorization_matches("", ""));
/// ```
#[must_use]
pub fn authorization_matches(expected: impl AsRef<[u8]>, header: impl AsRef<[u8]>) -> bool {
    let (expected, header) = (expected.as_ref(), header.as_ref());
    if expected.is_empty() || expected.len() != header.len() {
        return false;
    }
    let differing = expected.iter().zip(header).fold(0, |bits, (a, b)| black_box(bits | (a ^ b)));
    black_box(differing) == 0
}
