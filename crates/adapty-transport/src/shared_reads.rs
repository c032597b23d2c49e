//! Reads that are under way, and who waits for them: equal ones share one request.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState},
    mem,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, Wake, Waker},
};

use adapty_model::Identity;
use tokio::runtime;

use crate::{http::attempt::Progress, retry::SharedRetry};

/// What two reads have in common that may share a request.
#[derive(PartialEq, Eq)]
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
    /// By that in which nearly all differ that are under way.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.identity {
            Some(identity) => identity.hash(state),
            None => self.target.hash(state),
        }
    }
}

/// The reads of a client that are under way.
///
/// Whoever waits for one drives it; when the last of them leaves, it ends. Nearly always one waits
/// alone, and should hardly notice that others might come.
///
/// Locks are taken in this order: a read's state, the open reads, who waits for a read.
pub(crate) struct SharedReads<T> {
    hasher: RandomState,
    /// Those that others may still join, by the hash of their key. Of two with the same one, only the
    /// later is there.
    open: Mutex<Open<T>>,
}

type Open<T> = HashMap<u64, Arc<Read<T>>, BuildHasherDefault<HashAsItIs>>;

/// Hashes what is a hash already.
#[derive(Default)]
struct HashAsItIs(u64);

/// One caller's place at a read; gives what came of it.
pub(crate) struct Place<T> {
    reads: Arc<SharedReads<T>>,
    read: Arc<Read<T>>,
    number: usize,
    /// Whether another began the read.
    pub(crate) is_shared: bool,
    is_answered: bool,
}

/// As long as it lives, and at its end, no read that is under way answers a later question that the
/// write may concern.
pub(crate) struct Write<'a, T> {
    reads: &'a SharedReads<T>,
    identity: Option<&'a Identity>,
}

struct Read<T> {
    key: ReadKey,
    hash: u64,
    progress: Arc<Progress>,
    is_counted: AtomicBool,
    /// Made when it fails.
    retry: OnceLock<Arc<SharedRetry>>,
    state: Mutex<State<T>>,
    waiting: Mutex<Waiting>,
}

enum State<T> {
    /// The future holds wakers, which may hold the read: it is dropped when it is done, or when the
    /// last place is left.
    UnderWay(Pin<Box<dyn Future<Output = T> + Send>>),
    /// With an outcome for each who still waits.
    Done(T),
    /// Nobody waits for what came of it.
    Over,
}

/// Who is to be told when the read goes on, by the number of their place.
struct Waiting {
    /// How many places are not left.
    places: usize,
    first: Option<Waker>,
    others: Vec<Option<Waker>>,
}

impl Hasher for HashAsItIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a hash is one number");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<T: Clone + Send + 'static> SharedReads<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { hasher: RandomState::new(), open: Mutex::default() })
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
        let hash = self.hasher.hash_one(&key);
        let mut open = lock(&self.open);
        let entry = open.entry(hash);
        let (read, number) = match &entry {
            Entry::Occupied(known) if known.get().key == key => {
                let read = Arc::clone(known.get());
                let number = lock(&read.waiting).add();
                (read, number)
            }
            _ => {
                let progress = Arc::<Progress>::default();
                let begun = Box::pin(begin(Arc::clone(&progress)));
                let state = Mutex::new(State::UnderWay(begun));
                let waiting = Mutex::new(Waiting { places: 1, first: None, others: Vec::new() });
                let (is_counted, retry) = (AtomicBool::new(false), OnceLock::new());
                let read = Read { key, hash, progress, is_counted, retry, state, waiting };
                let read = Arc::new(read);
                entry.insert_entry(Arc::clone(&read));
                (read, 0)
            }
        };
        drop(open);
        let reads = Arc::clone(self);
        Place { reads, read, number, is_shared: number > 0, is_answered: false }
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
        lock(&self.open).retain(|_, read| match (written, &read.key.identity) {
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

impl<T: Clone + Send + 'static> Future for Place<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Self { reads, read, number, is_answered, .. } = &mut *self;
        // Dropping a waker may run somebody else's code, which should not be under the locks.
        let _replaced;
        let mut state = lock(&read.state);
        let outcome = match &mut *state {
            State::Over => unreachable!("who has the outcome asks no more"),
            State::Done(outcome) => outcome.clone(),
            State::UnderWay(future) => {
                // Under the lock of the state: who comes later asks later, and for all.
                let is_alone;
                (is_alone, _replaced) = lock(&read.waiting).put(*number, cx.waker());
                let polled = match is_alone {
                    true => future.as_mut().poll(cx),
                    false => {
                        let all = Waker::from(Arc::clone(read));
                        future.as_mut().poll(&mut Context::from_waker(&all))
                    }
                };
                let Poll::Ready(outcome) = polled else { return Poll::Pending };
                read.leave(&mut lock(&reads.open));
                // Nobody comes any more.
                if lock(&read.waiting).places == 1 {
                    *state = State::Over;
                } else {
                    *state = State::Done(outcome.clone());
                    drop(state);
                    read.wake_by_ref();
                }
                outcome
            }
        };
        *is_answered = true;
        Poll::Ready(outcome)
    }
}

impl<T> Place<T> {
    /// How far the read is.
    pub(crate) fn progress(&self) -> &Progress {
        &self.read.progress
    }

    /// Whether nobody asked this before; of all who share the read, one is to count what came of it.
    pub(crate) fn is_to_count(&self) -> bool {
        !self.read.is_counted.swap(true, Relaxed)
    }

    /// The retry of the read, for all who share it.
    pub(crate) fn retry(&self) -> Arc<SharedRetry> {
        Arc::clone(self.read.retry.get_or_init(Arc::default))
    }

    /// Lets nobody join the read any more; those who wait for it go on.
    pub(crate) fn close(&self) {
        self.read.leave(&mut lock(&self.reads.open));
    }
}

impl<T> Drop for Place<T> {
    fn drop(&mut self) {
        if self.is_answered {
            return;
        }
        let Self { reads, read, number, .. } = self;
        let mut open = lock(&reads.open);
        let (is_last, waker) = lock(&read.waiting).remove(*number);
        if is_last {
            read.leave(&mut open);
        }
        drop(open);
        drop(waker);
        if is_last {
            let unfinished = mem::replace(&mut *lock(&read.state), State::Over);
            drop(unfinished);
        }
    }
}

impl<T> Read<T> {
    /// Lets nobody join any more.
    fn leave(&self, open: &mut Open<T>) {
        // A later read may have taken its place.
        if let Entry::Occupied(known) = open.entry(self.hash)
            && std::ptr::eq(&raw const **known.get(), self)
        {
            known.remove();
        }
    }
}

impl<T: Send + 'static> Wake for Read<T> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let wakers = lock(&self.waiting).take();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Waiting {
    fn add(&mut self) -> usize {
        self.places += 1;
        self.others.push(None);
        self.others.len()
    }

    /// Whether nobody else ever came, and the waker that was there before.
    fn put(&mut self, number: usize, waker: &Waker) -> (bool, Option<Waker>) {
        let place = self.place(number);
        let replaced = match place {
            Some(known) if known.will_wake(waker) => None,
            _ => place.replace(waker.clone()),
        };
        (self.others.is_empty(), replaced)
    }

    /// Whether it was the last, and its waker.
    fn remove(&mut self, number: usize) -> (bool, Option<Waker>) {
        self.places -= 1;
        (self.places == 0, self.place(number).take())
    }

    /// All wakers.
    fn take(&mut self) -> Vec<Waker> {
        let others = self.others.iter_mut().filter_map(Option::take);
        self.first.take().into_iter().chain(others).collect()
    }

    fn place(&mut self, number: usize) -> &mut Option<Waker> {
        match number.checked_sub(1) {
            None => &mut self.first,
            Some(other) => &mut self.others[other],
        }
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
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (7, 7));
        assert_eq!(open(&reads), 0);
    }

    #[tokio::test]
    async fn a_read_that_is_over_answers_nobody_who_comes_later() {
        let reads = SharedReads::new();
        let place = reads.join(key(jane()), |_| ready(1));
        assert_eq!(place.await, 1);
        let later = reads.join(key(jane()), |_| ready(2));
        assert!(!later.is_shared);
        assert_eq!(later.await, 2);
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
        assert_eq!(second.await.unwrap(), 7);
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
        let (first, end) = join(&reads, jane());
        let (second, _unused) = join(&reads, jane());
        let read = Arc::downgrade(&first.read);
        let tasks = [first, second].map(tokio::spawn);
        yield_now().await;
        for task in tasks {
            task.abort();
            assert!(task.await.is_err());
        }
        assert!(end.is_closed());
        drop(end);
        assert_eq!(read.strong_count(), 0);
    }

    #[tokio::test]
    async fn one_who_waited_alone_goes_on_when_another_came_and_left() {
        let reads = SharedReads::new();
        let (first, end) = join(&reads, jane());
        let first = tokio::spawn(first);
        yield_now().await;
        let (second, _unused) = join(&reads, jane());
        let second = tokio::spawn(second);
        yield_now().await;
        second.abort();
        assert!(second.await.unwrap_err().is_cancelled());
        end.send(7).unwrap();
        assert_eq!(first.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn one_who_came_while_another_waited_alone_goes_on_when_that_one_leaves() {
        let reads = SharedReads::new();
        let (first, end) = join(&reads, jane());
        let first = tokio::spawn(first);
        yield_now().await;
        let (second, _unused) = join(&reads, jane());
        let second = tokio::spawn(second);
        yield_now().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        end.send(7).unwrap();
        assert_eq!(second.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn two_keys_with_the_same_hash_do_not_share() {
        let reads: Reads = SharedReads::new();
        let joe = reads.join(key(Some(Identity::customer("joe"))), |_| ready(1));
        lock(&reads.open).insert(reads.hasher.hash_one(key(jane())), Arc::clone(&joe.read));
        let jane = reads.join(key(jane()), |_| ready(2));
        assert!(!jane.is_shared);
        assert_eq!((joe.await, jane.await, open(&reads)), (1, 2, 0));
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
