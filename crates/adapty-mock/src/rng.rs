//! Randomness: reproducible, where the same seed gives the same numbers, and ids that are never the same.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use uuid::Uuid;

/// A pseudo-random sequence (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        spread(self.0)
    }

    /// A number between `lower` and `upper`, both included.
    pub(crate) fn between(&mut self, lower: u64, upper: u64) -> u64 {
        match upper.checked_sub(lower).and_then(|span| span.checked_add(1)) {
            Some(width) => lower + self.number() % width,
            None => lower,
        }
    }
}

/// Makes ids shaped like random UUIDs, each different from all others of the server, and from those of every
/// other server and run.
#[derive(Debug)]
pub(crate) struct RandomIds {
    start: u64,
    salt: u64,
    made: AtomicU64,
}

impl RandomIds {
    /// A sequence that starts somewhere else in every server.
    pub(crate) fn new() -> Self {
        let state = RandomState::new();
        let (start, salt) = (state.hash_one("ids"), state.hash_one("salt of ids"));
        Self { start, salt, made: AtomicU64::new(0) }
    }

    /// The next id.
    pub(crate) fn next(&self) -> Uuid {
        let n = self.start.wrapping_add(self.made.fetch_add(1, Ordering::Relaxed));
        let random = u128::from(spread(n)) << 64 | u128::from(spread(n ^ self.salt));
        uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid()
    }
}

/// Spreads consecutive numbers over all 64 bits, no two alike (the finisher of SplitMix64).
pub(crate) fn spread(n: u64) -> u64 {
    let n = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_sequence() {
        let draw = |seed| {
            let mut rng = Rng::new(seed);
            [(); 4].map(|()| rng.number())
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn ids_of_two_servers_are_all_different_and_look_random() {
        let servers = [RandomIds::new(), RandomIds::new()];
        let ids = (0..10_000).flat_map(|_| servers.each_ref().map(RandomIds::next));
        let seen: std::collections::BTreeSet<_> = ids.collect();
        assert_eq!(seen.len(), 20_000);
        assert!(seen.iter().all(|id| id.get_version_num() == 4));
    }

    #[test]
    fn both_ends_of_a_range_can_be_drawn_and_nothing_beyond() {
        let mut rng = Rng::new(1);
        let drawn: std::collections::BTreeSet<_> = (0..200).map(|_| rng.between(3, 5)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [3, 4, 5]);
    }
}
