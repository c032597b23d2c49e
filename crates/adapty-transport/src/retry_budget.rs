//! How many retries the clients of a process may make together: enough for single faults, too few to
//! multiply an outage.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

/// How many retries may be made by all who share this value: a bucket of tokens.
///
/// Each retry takes one from it, every tenth answer puts one back, and it holds no more than it began
/// with; an answer is whatever the server says for itself, a missing profile too. A retry for which
/// there is none is not made: the call ends with the error it has, and
/// [`is_retry_budget_exhausted`](crate::Error::is_retry_budget_exhausted) tells. First attempts, and
/// the replacing of a stale connection, take none. Callers who share a read share its
/// retry, which takes one for all of them.
///
/// Unless it is [told otherwise](crate::ClientBuilder::retry_budget), a client shares one of
/// [`DEFAULT_RETRIES`](Self::DEFAULT_RETRIES) with every other client of the process that asks the same
/// host and port, for as long as one of them lives.
///
/// # Whose numbers
///
/// Five retries, and a tenth of one for each answer: those of gRPC and of google-cloud-rust's
/// `CircuitBreaker`, and the tenth by which Google's book on reliability lets retries add to the load.
/// smithy's hundred retries are for one process: where a thousand processes have a hundred each, an
/// outage of a minute is met with 2.7 requests for each that was wanted, rather than 1.1.
/// `cargo bench -p adapty-transport --bench outage` prints both.
///
/// ```
/// # use adapty_transport::{ApiKey, Client, RetryBudget};
/// # fn main() -> Result<(), adapty_transport::Error> {
/// // One process that makes a thousand calls a second: a fault of a tenth of a second is passed over.
/// let budget = RetryBudget::new(100);
/// let client = Client::builder(ApiKey::new("secret_live_BEHrYLTr.example")?)
///     .retry_budget(budget.clone())
///     .build()?;
/// assert_eq!(budget.retries_left(), Some(100));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RetryBudget(Option<Arc<Bucket>>);

struct Bucket {
    costs: Costs,
    tokens: AtomicU32,
}

/// What a bucket holds, what a retry takes, and what an answer gives.
#[derive(Clone, Copy)]
pub(crate) struct Costs {
    pub(crate) capacity: u32,
    pub(crate) retry: u32,
    pub(crate) answer: u32,
}

impl RetryBudget {
    /// How many retries the budget of a process has at first, and at most.
    pub const DEFAULT_RETRIES: u32 = 5;

    /// A budget of its own, full: so many retries at first, and at most. With none, nothing is
    /// retried.
    #[must_use]
    pub fn new(retries: u32) -> Self {
        Self::with(Costs { capacity: retries.saturating_mul(10), retry: 10, answer: 1 })
    }

    /// No budget: whatever the retry policy allows is retried. For tests of what comes of a fault,
    /// which would take each other's retries.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self(None)
    }

    /// How many retries there are at this moment; `None` without a limit.
    #[must_use]
    pub fn retries_left(&self) -> Option<u32> {
        self.0.as_ref().map(|bucket| bucket.tokens.load(Relaxed) / bucket.costs.retry)
    }

    pub(crate) fn with(costs: Costs) -> Self {
        Self(Some(Arc::new(Bucket { costs, tokens: AtomicU32::new(costs.capacity) })))
    }

    /// The one that the clients of this process share who ask this address.
    pub(crate) fn of_address(address: &str) -> Self {
        /// Few: a process asks one address, its tests one for each of their servers.
        static SHARED: Mutex<Vec<(String, Weak<Bucket>)>> = Mutex::new(Vec::new());
        // Nothing under this lock can panic half-way through a change.
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.retain(|(_, bucket)| bucket.strong_count() > 0);
        let known = shared.iter().find(|(known, _)| known.eq_ignore_ascii_case(address));
        if let Some(bucket) = known.and_then(|(_, bucket)| bucket.upgrade()) {
            return Self(Some(bucket));
        }
        let new = Self::new(Self::DEFAULT_RETRIES);
        shared.extend(new.0.as_ref().map(|it| (address.to_owned(), Arc::downgrade(it))));
        new
    }

    /// Takes a retry, if there is one.
    pub(crate) fn take_retry(&self) -> bool {
        let Some(Bucket { costs, tokens }) = self.0.as_deref() else { return true };
        tokens.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(costs.retry)).is_ok()
    }

    /// Puts back what an answer is worth.
    pub(crate) fn put_answer(&self) {
        let Some(Bucket { costs, tokens }) = self.0.as_deref() else { return };
        // A full one, as it is nearly always, is only looked at.
        let more = |left: u32| (left + costs.answer).min(costs.capacity);
        let add = |left| (left < costs.capacity).then(|| more(left));
        // Full is as good as filled.
        let _ = tokens.fetch_update(Relaxed, Relaxed, add);
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.retries_left() {
            Some(left) => write!(f, "RetryBudget({left} left)"),
            None => f.write_str("RetryBudget(unlimited)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many retries it gives in a row.
    fn drain(budget: &RetryBudget) -> usize {
        (0..1000).take_while(|_| budget.take_retry()).count()
    }

    #[test]
    fn a_budget_gives_what_it_began_with_and_one_more_for_ten_answers() {
        let budget = RetryBudget::new(5);
        assert_eq!((drain(&budget), budget.retries_left()), (5, Some(0)));
        (0..9).for_each(|_| budget.put_answer());
        assert_eq!(drain(&budget), 0);
        budget.put_answer();
        assert_eq!(drain(&budget), 1);
    }

    #[test]
    fn nothing_is_saved_up_beyond_what_it_began_with() {
        let budget = RetryBudget::new(2);
        (0..1000).for_each(|_| budget.put_answer());
        assert_eq!(drain(&budget), 2);
        assert_eq!(RetryBudget::new(u32::MAX).retries_left(), Some(u32::MAX / 10));
    }

    #[test]
    fn without_a_limit_there_is_always_one_more_and_with_none_never() {
        assert_eq!(drain(&RetryBudget::unlimited()), 1000);
        assert_eq!(RetryBudget::unlimited().retries_left(), None);
        assert_eq!(drain(&RetryBudget::new(0)), 0);
    }

    #[test]
    fn one_address_has_one_budget_as_long_as_somebody_holds_it() {
        let one = RetryBudget::of_address("shared.example:443");
        assert_eq!(drain(&RetryBudget::of_address("Shared.example:443")), 5);
        assert_eq!(drain(&one), 0);
        assert_eq!(drain(&RetryBudget::of_address("other.example:443")), 5);
        drop(one);
        assert_eq!(drain(&RetryBudget::of_address("shared.example:443")), 5);
    }

    #[test]
    fn debug_tells_what_is_left() {
        assert_eq!(format!("{:?}", RetryBudget::new(3)), "RetryBudget(3 left)");
        assert_eq!(format!("{:?}", RetryBudget::unlimited()), "RetryBudget(unlimited)");
    }

    proptest! {
        #[test]
        fn retries_never_exceed_what_was_there_and_a_tenth_of_the_answers(
            retries in 0..20_u32,
            steps in proptest::collection::vec(any::<bool>(), 0..400),
        ) {
            let budget = RetryBudget::new(retries);
            let (mut made, mut answers) = (0, 0);
            for is_answer in steps {
                match is_answer {
                    true => { budget.put_answer(); answers += 1; }
                    false => made += u32::from(budget.take_retry()),
                }
                prop_assert!(made <= retries + answers / 10);
            }
        }
    }
}
