//! Reads that are under way, and who waits for them: equal ones share one request.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    hash::{Hash, Hasher},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Wake, Waker},
};

use adapty_model::Identity;
use tokio::runtime;

use crate::http::attempt::Progress;

/// What two reads have in common that may share a request.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ReadKey {
    /// A runtime that stands still must not keep another's callers waiting.
    pub(crate) runtime: runtime::Id,
    pub(crate) operation: &'static str,
    pub(crate) target: Cow<'static, str>,
    pub(crate) identity: Option<Identity>,
    /// The API key, where it is not the same for every call of the client.
    pub(crate) api_key: Option<Box<str>>,
}

impl Hash for ReadKey {
    /// By the identity, in which nearly all that are under way differ.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

/// The reads of a client that are under way.
///
/// Whoever waits for one drives it; when the last of them leaves, it ends.
pub(crate) struct SharedReads<T> {
    /// Those that others may still join.
    open: Mutex<HashMap<Arc<ReadKey>, Weak<Read<T>>>>,
}

/// One caller's place at a read; gives what came of it.
pub(crate) struct Place<T> {
    read: Arc<Read<T>>,
    number: usize,
    /// Whether another began the read.
    pub(crate) is_shared: bool,
}

/// As long as it lives, and at its end, no read that is under way answers a later question that the
/// write may concern.
pub(crate) struct Write<'a, T> {
    reads: &'a SharedReads<T>,
    identity: Option<&'a Identity>,
}

struct Read<T> {
    reads: Arc<SharedReads<T>>,
    key: Arc<ReadKey>,
    progress: Arc<Progress>,
    state: Mutex<State<T>>,
    /// Apart from the read, which holds the future that holds wakers: else it would hold itself.
    waiting: Arc<Waiting>,
}

enum State<T> {
    UnderWay(Pin<Box<dyn Future<Output = T> + Send>>),
    Done(Arc<T>),
}

/// Who is to be told when the read goes on, by the number of their place.
#[derive(Default)]
struct Waiting(Mutex<Vec<Option<Waker>>>);

impl<T: Send + Sync + 'static> SharedReads<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { open: Mutex::default() })
    }

    /// A place at the read of this key that is under way, or at the one that `begin` begins, which
    /// keeps to tell of its progress.
    pub(crate) fn join<F>(
        self: &Arc<Self>,
        key: ReadKey,
        begin: impl FnOnce(Arc<Progress>) -> F,
    ) -> Place<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let (key, progress) = (Arc::new(key), Arc::<Progress>::default());
        let mut open = lock(&self.open);
        let entry = open.entry(Arc::clone(&key));
        if let Entry::Occupied(known) = &entry
            && let Some(read) = known.get().upgrade()
        {
            let number = read.waiting.add();
            return Place { read, number, is_shared: true };
        }
        let begun = begin(Arc::clone(&progress));
        let read = Arc::new(Read {
            reads: Arc::clone(self),
            key,
            progress,
            state: Mutex::new(State::UnderWay(Box::pin(begun))),
            waiting: Arc::default(),
        });
        entry.insert_entry(Arc::downgrade(&read));
        let number = read.waiting.add();
        Place { read, number, is_shared: false }
    }

    /// Begins a write about this identity, or about who knows whom.
    pub(crate) fn write<'a>(&'a self, identity: Option<&'a Identity>) -> Write<'a, T> {
        self.close(identity);
        Write { reads: self, identity }
    }
}

impl<T> SharedReads<T> {
    /// Lets nobody join the reads that a write about this identity may concern: all but those about
    /// another identity of the same sort, since a profile id may be the same user's.
    fn close(&self, written: Option<&Identity>) {
        lock(&self.open).retain(|key, _| match (written, &key.identity) {
            (Some(Identity::CustomerUserId(written)), Some(Identity::CustomerUserId(read))) => {
                written != read
            }
            (Some(Identity::ProfileId(written)), Some(Identity::ProfileId(read))) => {
                written != read
            }
            _ => false,
        });
    }
}

impl<T> Drop for Write<'_, T> {
    fn drop(&mut self) {
        self.reads.close(self.identity);
    }
}

impl<T> Future for Place<T> {
    type Output = Arc<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Arc<T>> {
        let Self { read, number, .. } = &*self;
        // Before looking, so that nothing is missed in between.
        read.waiting.put(*number, cx.waker());
        let mut state = lock(&read.state);
        let outcome = match &mut *state {
            State::Done(outcome) => return Poll::Ready(Arc::clone(outcome)),
            State::UnderWay(future) => {
                let all = Waker::from(Arc::clone(&read.waiting));
                match future.as_mut().poll(&mut Context::from_waker(&all)) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(outcome) => Arc::new(outcome),
                }
            }
        };
        *state = State::Done(Arc::clone(&outcome));
        drop(state);
        read.leave_open();
        read.waiting.remove(*number);
        read.waiting.wake_by_ref();
        Poll::Ready(outcome)
    }
}

impl<T> Place<T> {
    /// How far the read is.
    pub(crate) fn progress(&self) -> &Progress {
        &self.read.progress
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        self.read.waiting.remove(self.number);
    }
}

impl<T> Read<T> {
    /// Lets nobody join any more.
    fn leave_open(&self) {
        let mut open = lock(&self.reads.open);
        // A later read may have taken its place.
        if let Entry::Occupied(known) = open.entry(Arc::clone(&self.key))
            && std::ptr::eq(known.get().as_ptr(), self)
        {
            known.remove();
        }
    }
}

impl<T> Drop for Read<T> {
    fn drop(&mut self) {
        // One that is done has left.
        if matches!(*lock(&self.state), State::UnderWay(_)) {
            self.leave_open();
        }
    }
}

impl Waiting {
    fn add(&self) -> usize {
        let mut places = lock(&self.0);
        places.push(None);
        places.len() - 1
    }

    fn put(&self, number: usize, waker: &Waker) {
        let mut places = lock(&self.0);
        match &mut places[number] {
            Some(known) if known.will_wake(waker) => {}
            place => *place = Some(waker.clone()),
        }
    }

    fn remove(&self, number: usize) {
        let left = lock(&self.0)[number].take();
        // Dropping a waker may run somebody else's code, which should not be under the lock.
        drop(left);
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let mut places = lock(&self.0);
        // Nearly always one waits alone.
        if let [one] = &mut places[..] {
            let one = one.take();
            drop(places);
            return one.into_iter().for_each(Waker::wake);
        }
        let wakers: Vec<_> = places.iter_mut().filter_map(Option::take).collect();
        drop(places);
        wakers.into_iter().for_each(Waker::wake);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What panicked under it was the read itself, which panics again for the next who asks.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use adapty_model::uuid::Uuid;
    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    type Reads = Arc<SharedReads<u32>>;

    fn key(identity: Option<Identity>) -> ReadKey {
        ReadKey {
            runtime: runtime::Handle::current().id(),
            operation: "get_profile",
            target: "/profile/".into(),
            identity,
            api_key: None,
        }
    }

    fn jane() -> Option<Identity> {
        Some(Identity::customer("jane"))
    }

    fn open(reads: &Reads) -> usize {
        lock(&reads.open).len()
    }

    /// A place at a read of this identity that ends when it is told so.
    fn join(reads: &Reads, identity: Option<Identity>) -> (Place<u32>, oneshot::Sender<u32>) {
        let (end, ended) = oneshot::channel();
        (reads.join(key(identity), |_| async { ended.await.unwrap() }), end)
    }

    #[tokio::test]
    async fn all_who_come_while_a_read_is_under_way_get_what_came_of_it() {
        let reads = SharedReads::new();
        let (first, end) = join(&reads, jane());
        let (second, _unused) = join(&reads, jane());
        assert!(!first.is_shared && second.is_shared);
        let (first, second) = (tokio::spawn(first), tokio::spawn(second));
        yield_now().await;
        end.send(7).unwrap();
        assert_eq!((*first.await.unwrap(), *second.await.unwrap()), (7, 7));
        assert_eq!(open(&reads), 0);
    }

    #[tokio::test]
    async fn a_read_that_is_over_answers_nobody_who_comes_later() {
        let reads = SharedReads::new();
        let place = reads.join(key(jane()), |_| ready(1));
        assert_eq!(*place.await, 1);
        let later = reads.join(key(jane()), |_| ready(2));
        assert!(!later.is_shared);
        assert_eq!(*later.await, 2);
    }

    #[tokio::test]
    async fn the_rest_go_on_when_the_one_who_began_leaves() {
        let reads = SharedReads::new();
        let (first, end) = join(&reads, jane());
        let (second, _unused) = join(&reads, jane());
        let (first, second) = (tokio::spawn(first), tokio::spawn(second));
        yield_now().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        end.send(7).unwrap();
        assert_eq!(*second.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_read_ends_when_the_last_who_waits_leaves() {
        let reads = SharedReads::new();
        let (first, end) = join(&reads, jane());
        let (second, _unused) = join(&reads, jane());
        drop(first);
        assert!(!end.is_closed() && open(&reads) == 1);
        drop(second);
        assert!(end.is_closed() && open(&reads) == 0);
    }

    #[tokio::test]
    async fn a_read_that_holds_the_wakers_of_those_who_wait_does_not_hold_itself() {
        let reads = SharedReads::new();
        let (place, end) = join(&reads, jane());
        let waiting = Arc::downgrade(&place.read.waiting);
        let task = tokio::spawn(place);
        yield_now().await;
        task.abort();
        assert!(task.await.is_err() && end.is_closed());
        drop(end);
        assert_eq!(waiting.strong_count(), 0);
    }

    /// Whether a question about `read` may join a read that a write about `written` came after.
    fn is_joined_after(write: impl FnOnce(&Reads), read: Option<Identity>) -> bool {
        let reads = SharedReads::new();
        let _first: Place<u32> = reads.join(key(read.clone()), |_| pending());
        write(&reads);
        reads.join(key(read), |_| pending()).is_shared
    }

    #[tokio::test]
    async fn no_read_from_before_a_write_or_during_it_answers_a_question_that_it_concerns() {
        let joe = || Some(Identity::customer("joe"));
        let [one, other] = [1, 2].map(|id| Some(Identity::profile(Uuid::from_u128(id))));
        let after = |written: Option<Identity>, read: &Option<Identity>| {
            is_joined_after(|reads| drop(reads.write(written.as_ref())), read.clone())
        };
        assert!(!after(jane(), &jane()) && after(joe(), &jane()));
        assert!(!after(one.clone(), &one) && after(other, &one));
        // The same user's, perhaps.
        assert!(!after(one.clone(), &jane()) && !after(jane(), &one));
        assert!(!after(None, &jane()) && !after(jane(), &None));
    }

    #[tokio::test]
    async fn a_read_that_began_during_a_write_is_closed_at_its_end() {
        let reads: Reads = SharedReads::new();
        let identity = jane();
        let write = reads.write(identity.as_ref());
        let _during = reads.join(key(jane()), |_| pending());
        assert!(reads.join(key(jane()), |_| pending()).is_shared);
        drop(write);
        let after = reads.join(key(jane()), |_| pending());
        assert!(!after.is_shared && reads.join(key(jane()), |_| pending()).is_shared);
    }

    #[tokio::test]
    async fn reads_of_another_runtime_operation_target_or_key_are_not_shared() {
        let reads: Reads = SharedReads::new();
        let _first = reads.join(key(jane()), |_| pending());
        let elsewhere = runtime::Builder::new_current_thread().build().unwrap();
        for other in [
            ReadKey { runtime: elsewhere.handle().id(), ..key(jane()) },
            ReadKey { operation: "other", ..key(jane()) },
            ReadKey { target: "/other/".into(), ..key(jane()) },
            ReadKey { api_key: Some("k".into()), ..key(jane()) },
        ] {
            assert!(!reads.join(other, |_| pending()).is_shared);
        }
        std::thread::spawn(|| drop(elsewhere)).join().unwrap();
    }
}
