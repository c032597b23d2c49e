//! The `Request-Id` of each answer.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::rng::spread;

/// Makes identifiers of 32 hexadecimal digits, different on every answer of one server.
#[derive(Debug)]
pub(crate) struct RequestIds {
    start: u64,
    salt: u64,
    issued: AtomicU64,
}

impl RequestIds {
    /// A sequence that starts somewhere else in every server.
    pub(crate) fn new() -> Self {
        let state = RandomState::new();
        Self {
            start: state.hash_one("start"),
            salt: state.hash_one("salt"),
            issued: AtomicU64::new(0),
        }
    }

    /// The next identifier.
    pub(crate) fn next(&self) -> RequestId {
        let n = self.start.wrapping_add(self.issued.fetch_add(1, Ordering::Relaxed));
        RequestId((u128::from(spread(n)) << 64) | u128::from(spread(n ^ self.salt)))
    }
}

/// One identifier; shows as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(u128);

impl RequestId {
    /// The 32 digits.
    pub(crate) fn digits(self) -> [u8; 32] {
        let mut digits = [0; 32];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0.to_be_bytes()) {
            pair[0] = b"0123456789abcdef"[usize::from(byte >> 4)];
            pair[1] = b"0123456789abcdef"[usize::from(byte & 0xf)];
        }
        digits
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_identifiers_are_all_different() {
        let ids = RequestIds::new();
        let seen: std::collections::HashSet<_> = (0..10_000).map(|_| ids.next().digits()).collect();
        assert_eq!(seen.len(), 10_000);
    }

    #[test]
    fn digits_and_display_agree() {
        let id = RequestId(0xabc);
        assert_eq!(id.to_string().as_bytes(), id.digits());
        assert_eq!(id.to_string(), "00000000000000000000000000000abc");
    }
}
