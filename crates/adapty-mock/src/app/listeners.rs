//! Who listens to an app's events in the test's own process: the events that wait for each, in a queue that is
//! bounded and has its room in the server's budget.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::Notify;

use super::event::Event;
use crate::budget::{Budget, Reservation};

/// How many events wait for one who listens; as many as an outbox remembers.
const LIMIT: usize = 10_000;
/// What an event that waits takes of the budget beside its body.
const OVERHEAD: usize = 128;

/// The outbox's end of a queue.
#[derive(Debug)]
pub(super) struct Listener(Weak<Shared>);

/// The end of a queue that is read. When it is dropped, nothing waits any more.
pub(crate) struct Listening(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Notified when there is an event more, or there will be none.
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// Oldest first, each with its room; none has one where the budget is spent by others.
    events: VecDeque<(Event, Option<Reservation>)>,
    missed: u64,
    is_over: bool,
}

/// A queue.
pub(super) fn queue() -> (Listener, Listening) {
    let shared = Arc::<Shared>::default();
    (Listener(Arc::downgrade(&shared)), Listening(shared))
}

impl Listener {
    /// Whether somebody reads.
    pub(super) fn is_heard(&self) -> bool {
        self.0.strong_count() > 0
    }

    /// Lets an event wait to be read.
    pub(super) fn push(&self, event: Event, budget: &Arc<Budget>) {
        if let Some(shared) = self.0.upgrade() {
            shared.waiting().push(event, budget);
            shared.changed.notify_one();
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.waiting().is_over = true;
            shared.changed.notify_one();
        }
    }
}

impl Listening {
    /// The next event; waits until there is one. `None` when there will be none.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            {
                let mut waiting = self.0.waiting();
                if let Some(event) = waiting.pop() {
                    return Some(event);
                }
                if waiting.is_over {
                    return None;
                }
            }
            self.0.changed.notified().await;
        }
    }

    /// The next event, if it is there already.
    pub(crate) fn try_next(&mut self) -> Option<Event> {
        self.0.waiting().pop()
    }

    /// How many events were let go unread.
    pub(crate) fn missed(&self) -> u64 {
        self.0.waiting().missed
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Each change is whole before anything can panic, so a poisoned queue is a good one.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Takes one more in, for which the oldest are let go where there are too many or there is no room. Where the
    /// budget is spent by others, the one event is kept all the same.
    fn push(&mut self, event: Event, budget: &Arc<Budget>) {
        let room = loop {
            let room = budget.reserve(event.body.len() + OVERHEAD).ok();
            if (room.is_some() && self.events.len() < LIMIT) || self.events.pop_front().is_none() {
                break room;
            }
            self.missed += 1;
        };
        self.events.push_back((event, room));
    }

    fn pop(&mut self) -> Option<Event> {
        self.events.pop_front().map(|(event, _room)| event)
    }
}

impl fmt::Debug for Listening {
    /// How many, and of nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waiting = self.0.waiting();
        f.debug_struct("Listening")
            .field("waiting", &waiting.events.len())
            .field("missed", &waiting.missed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use adapty_model::time::{Duration, OffsetDateTime};
    use bytes::Bytes;

    use super::*;

    /// An event that takes a hundred bytes of body, and is told from others by its second.
    fn event(second: i64) -> Event {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::seconds(second);
        let body = Bytes::from_static(&[b' '; 100]);
        Event { event_type: "test", at, is_sandbox: false, body }
    }

    fn left(listening: &mut Listening) -> Vec<i64> {
        let events = std::iter::from_fn(|| listening.try_next());
        events.map(|event| event.at.unix_timestamp()).collect()
    }

    #[test]
    fn of_more_events_than_may_wait_the_last_ones_are_left_and_the_others_counted() {
        let budget = Budget::new(usize::MAX);
        let (listener, mut listening) = queue();
        for second in 0..10_003 {
            listener.push(event(second), &budget);
        }
        assert_eq!(listening.missed(), 3);
        assert_eq!(left(&mut listening), (3..10_003).collect::<Vec<_>>());
    }

    #[test]
    fn events_that_wait_take_room_until_they_are_read_and_without_it_the_last_one_is_left() {
        let budget = Budget::new(3 * (100 + OVERHEAD));
        let (listener, mut listening) = queue();
        (0..5).for_each(|second| listener.push(event(second), &budget));
        budget.reserve(1).unwrap_err();
        assert_eq!((listening.missed(), left(&mut listening)), (2, vec![2, 3, 4]));
        let others = budget.reserve(3 * (100 + OVERHEAD)).unwrap();
        (5..7).for_each(|second| listener.push(event(second), &budget));
        assert_eq!((listening.missed(), left(&mut listening)), (3, vec![6]));
        drop(others);
        listener.push(event(7), &budget);
        drop(listening);
        assert!(!listener.is_heard());
        budget.reserve(3 * (100 + OVERHEAD)).unwrap();
    }

    #[tokio::test]
    async fn who_waits_gets_the_next_event_and_learns_that_there_will_be_none() {
        let budget = Budget::new(usize::MAX);
        let (listener, mut listening) = queue();
        let (next, ()) = tokio::join!(listening.next(), async { listener.push(event(1), &budget) });
        assert_eq!(next.map(|event| event.at.unix_timestamp()), Some(1));
        let (next, ()) = tokio::join!(listening.next(), async { drop(listener) });
        assert!(next.is_none());
    }
}
