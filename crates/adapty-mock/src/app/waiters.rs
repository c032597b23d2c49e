//! Who waits for requests to come: each is told of those it waits for, and of no others.

use std::{
    collections::BTreeMap,
    task::{Context, Poll, Waker},
};

use crate::journal::{Filter, Request};

/// Those who wait for requests of one app.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    waiting: BTreeMap<u64, Waiter>,
    entered: u64,
}

#[derive(Debug)]
struct Waiter {
    filter: Filter,
    wanted: usize,
    came: usize,
    waker: Option<Waker>,
}

impl Waiters {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes in one who waits for `wanted` requests, of which so many are there; gives its number.
    pub(super) fn enter(&mut self, filter: Filter, wanted: usize, came: usize) -> u64 {
        self.entered += 1;
        self.waiting.insert(self.entered, Waiter { filter, wanted, came, waker: None });
        self.entered
    }

    /// Ready when enough have come; until then the caller is woken when they have.
    pub(super) fn poll(&mut self, number: u64, context: &Context<'_>) -> Poll<()> {
        let Some(waiter) = self.waiting.get_mut(&number) else { return Poll::Ready(()) };
        if waiter.came >= waiter.wanted {
            return Poll::Ready(());
        }
        waiter.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Lets one go; says how many came.
    pub(super) fn leave(&mut self, number: u64) -> usize {
        self.waiting.remove(&number).map_or(0, |waiter| waiter.came)
    }

    /// Tells those who wait for such a request that one came.
    pub(super) fn tell(&mut self, request: &Request) {
        for waiter in self.waiting.values_mut() {
            if waiter.filter.matches(request) {
                waiter.came += 1;
                if waiter.came >= waiter.wanted
                    && let Some(waker) = waiter.waker.take()
                {
                    waker.wake();
                }
            }
        }
    }

    /// Begins anew for all: what came is forgotten.
    pub(super) fn forget(&mut self) {
        self.waiting.values_mut().for_each(|waiter| waiter.came = 0);
    }
}
