//! How much memory a server keeps for its clients: one budget for all of its apps.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use bytes::Bytes;

/// How many bytes a server may keep, and how many it keeps.
#[derive(Debug)]
pub(crate) struct Budget {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0) })
    }

    /// Takes bytes until the reservation is dropped; what is refused takes none.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Reservation, OverBudget> {
        let mut reservation = Reservation { budget: Arc::clone(self), bytes: 0 };
        reservation.resize(bytes)?;
        Ok(reservation)
    }

    fn take(&self, bytes: usize) -> Result<(), OverBudget> {
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= self.limit);
        match self.used.fetch_update(Relaxed, Relaxed, more) {
            Ok(_) => Ok(()),
            Err(_) => Err(OverBudget { limit: self.limit }),
        }
    }
}

/// Bytes of a budget, given back when dropped.
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Reservation {
    /// Makes it larger or smaller; one that may not grow stays as it is.
    pub(crate) fn resize(&mut self, bytes: usize) -> Result<(), OverBudget> {
        match bytes.checked_sub(self.bytes) {
            Some(0) => {}
            Some(more) => self.budget.take(more)?,
            None => drop(self.budget.used.fetch_sub(self.bytes - bytes, Relaxed)),
        }
        self.bytes = bytes;
        Ok(())
    }

    /// The bytes, for which the room is taken as long as anybody has them.
    pub(crate) fn keep(self, bytes: Bytes) -> Bytes {
        struct Kept {
            bytes: Bytes,
            _room: Reservation,
        }

        impl AsRef<[u8]> for Kept {
            fn as_ref(&self) -> &[u8] {
                &self.bytes
            }
        }

        Bytes::from_owner(Kept { bytes, _room: self })
    }

    /// The budget it is of.
    pub(crate) fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Relaxed);
    }
}

impl fmt::Debug for Reservation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reservation").field(&self.bytes).finish()
    }
}

/// There is no room for what was to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverBudget {
    limit: usize,
}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the server keeps at most {} bytes beside its journals, and this would be more",
            self.limit
        )
    }
}

/// Why something is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotKept {
    /// It is not what it should be.
    Wrong(String),
    /// There is no room for it.
    NoRoom(OverBudget),
}

impl From<String> for NotKept {
    fn from(what: String) -> Self {
        Self::Wrong(what)
    }
}

impl From<OverBudget> for NotKept {
    fn from(over: OverBudget) -> Self {
        Self::NoRoom(over)
    }
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(what) => f.write_str(what),
            Self::NoRoom(over) => over.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reservation_is_given_back_when_it_is_dropped() {
        let budget = Budget::new(100);
        let first = budget.reserve(60).unwrap();
        assert!(budget.reserve(41).is_err());
        let second = budget.reserve(40).unwrap();
        drop(first);
        assert!(budget.reserve(60).is_ok());
        drop(second);
        assert_eq!(budget.used.load(Relaxed), 0);
    }

    #[test]
    fn bytes_take_their_room_as_long_as_anybody_has_them() {
        let budget = Budget::new(100);
        let kept = budget.reserve(60).unwrap().keep(Bytes::from_static(b"x"));
        let slow_client = kept.clone();
        drop(kept);
        assert!(budget.reserve(41).is_err());
        drop(slow_client);
        assert!(budget.reserve(100).is_ok());
    }

    #[test]
    fn a_reservation_that_may_not_grow_stays_as_it_is() {
        let budget = Budget::new(100);
        let mut reservation = budget.reserve(60).unwrap();
        let error = reservation.resize(101).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the server keeps at most 100 bytes beside its journals, and this would be more"
        );
        assert_eq!(budget.used.load(Relaxed), 60);
        reservation.resize(10).unwrap();
        reservation.resize(100).unwrap();
        assert!(reservation.resize(usize::MAX).is_err());
        drop(reservation);
        assert_eq!(budget.used.load(Relaxed), 0);
    }
}
