//! The outbox: the events of an app, where they are to be sent, and how each delivery fares.
//!
//! Everything here is on the app's time. Sending itself is in `webhooks`.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::Arc,
};

use adapty_model::time::{Duration, OffsetDateTime};
use bytes::Bytes;
use serde::Serialize;

use super::{
    event::Event,
    listeners::{Listener, Listening, queue},
};
use crate::{
    budget::{Budget, NotKept, OverBudget, Reservation},
    dates,
    faults::{DeliveryFault, DeliveryFaults, DeliveryPlan, DeliveryStep},
};

/// How many deliveries an outbox remembers that are over.
const LIMIT: usize = 10_000;
/// What a delivery takes of the budget beside its body, its first attempt included.
const OVERHEAD: usize = 512;
/// What each further attempt takes.
const ATTEMPT: usize = 256;
/// How many attempts of a delivery are remembered: the documented ones, and some that a test asked for.
const ATTEMPTS_LIMIT: usize = 20;
/// How often a failed delivery is retried.
const RETRIES: u32 = 9;
/// The wait before the first retry; each further one waits twice as long.
const FIRST_WAIT: Duration = Duration::MINUTE;
/// How long after its creation an event is retried, and how long an address may fail before its events
/// are not retried any more.
const DAY: Duration = Duration::DAY;

/// How long an event that changes places with the next waits for one.
const LONGEST_HOLD: Duration = Duration::MINUTE;

/// Why a delivery is given up, in words.
const DROPPED: &str = "dropped by its fault";
const NO_RETRY_LEFT: &str = "it has no retry left";
const OUTAGE: &str = "its address has failed for a day";
const NO_ADDRESS: &str = "its address was taken away";
const BEYOND_LAST_YEAR: &str = "its next attempt would be beyond the year 9999";

/// Where events are sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) url: String,
    /// What the header `Authorization` says, exactly.
    pub(crate) authorization: Option<String>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Where the events of one environment are sent, and since when nothing arrives there.
#[derive(Debug)]
struct Address {
    endpoint: Endpoint,
    failing_since: Option<OffsetDateTime>,
}

impl Address {
    fn has_failed_for_a_day(&self, at: OffsetDateTime) -> bool {
        self.failing_since.is_some_and(|since| at - since >= DAY)
    }
}

/// An attempt to come: when it is due, its place among those of one instant, the number of its delivery.
type Pending = (OffsetDateTime, (u64, bool), u64);

/// The events of one app and their deliveries.
#[derive(Debug)]
pub(crate) struct Outbox {
    production: Option<Address>,
    sandbox: Option<Address>,
    listeners: Vec<Listener>,
    /// Their numbers follow one another.
    deliveries: VecDeque<Delivery>,
    /// When the next attempt of which delivery is due.
    pending: BTreeSet<Pending>,
    /// The number of the delivery that changes places with the next, while it waits for one.
    held_back: Option<u64>,
    faults: Option<DeliveryFaults>,
    made: u64,
    forgotten: u64,
    budget: Arc<Budget>,
    /// The room of every attempt but the first of its delivery.
    attempts_room: Reservation,
    further_attempts: usize,
}

/// One event on its way.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) number: u64,
    event: Event,
    fault: DeliveryFault,
    /// The last ones.
    attempts: VecDeque<Attempt>,
    /// How many were made before those.
    forgotten_attempts: usize,
    is_delivered: bool,
    next_attempt: Option<OffsetDateTime>,
    /// Where it comes among those that are due at one instant: in the place of its number, or behind the number that
    /// it changed places with.
    place: (u64, bool),
    /// Why there is no next attempt, where it did not arrive.
    given_up: Option<&'static str>,
    /// How often a test asked for it again, and has no attempt for it yet.
    requests: usize,
}

/// One event that did not arrive where the app's events are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndeliveredEvent {
    /// Its number among the app's deliveries, from 1.
    pub number: u64,
    /// Its `event_type`.
    pub event_type: &'static str,
    /// When the event was made, on the app's clock. What it tells of may have happened before: a transaction
    /// that a request states has a date of its own.
    pub created_at: OffsetDateTime,
    /// How often it was sent.
    pub attempts: usize,
    /// Why it did not arrive, in words; `None` before the first attempt.
    pub last_failure: Option<String>,
    /// When it is sent next, on the app's clock; `None` where it was given up.
    pub next_attempt: Option<OffsetDateTime>,
    /// Why it was given up, in words.
    pub given_up: Option<&'static str>,
}

impl fmt::Display for UndeliveredEvent {
    /// `access_level_updated of 2030-01-01T00:00:00+00:00, attempts: 1, status 500, next at …`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event_type, created_at, attempts, .. } = self;
        write!(f, "{event_type} of {}, attempts: {attempts}", dates::write(*created_at))?;
        if let Some(why) = &self.last_failure {
            write!(f, ", {why}")?;
        }
        match (self.next_attempt, self.given_up) {
            (Some(at), _) => write!(f, ", next at {}", dates::write(at)),
            (None, Some(why)) if self.last_failure.as_deref() != Some(why) => {
                write!(f, ", given up: {why}")
            }
            (None, _) => f.write_str(", given up"),
        }
    }
}

/// One attempt of a delivery.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Attempt {
    #[serde(serialize_with = "as_text")]
    pub(crate) at: OffsetDateTime,
    /// The status answered; `None` where none was.
    pub(crate) status: Option<u16>,
    /// Why there is none, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}

/// A delivery that is due.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) number: u64,
    pub(crate) at: OffsetDateTime,
    pub(crate) endpoint: Endpoint,
    pub(crate) fault: DeliveryFault,
    pub(crate) body: Bytes,
    /// How many requests of a test this attempt answers.
    requests: usize,
}

/// Why a delivery is not made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotRedelivered {
    NoSuchDelivery,
    NoAddress { is_sandbox: bool },
}

impl Outbox {
    pub(super) fn new(budget: &Arc<Budget>) -> Self {
        Self {
            production: None,
            sandbox: None,
            listeners: Vec::new(),
            deliveries: VecDeque::new(),
            pending: BTreeSet::new(),
            held_back: None,
            faults: None,
            made: 0,
            forgotten: 0,
            budget: Arc::clone(budget),
            attempts_room: budget.reserve(0).expect("nothing fits into every budget"),
            further_attempts: 0,
        }
    }

    /// One that sends the events of both environments there.
    pub(super) fn to(endpoint: Option<&Endpoint>, budget: &Arc<Budget>) -> Self {
        let mut outbox = Self::new(budget);
        for is_sandbox in [false, true] {
            outbox.set_endpoint(is_sandbox, endpoint.cloned());
        }
        outbox
    }

    /// Returns to where it was at first, and sends there. Who listens goes on listening, and numbers go on, so
    /// that an answer which is still to come is not taken for another event's.
    pub(super) fn reset(&mut self, endpoint: Option<&Endpoint>) {
        let listeners = std::mem::take(&mut self.listeners);
        *self = Self { listeners, made: self.made, ..Self::to(endpoint, &self.budget) };
    }

    /// Whether events go anywhere; nothing is kept where they do not.
    pub(super) fn is_open(&self) -> bool {
        self.production.is_some()
            || self.sandbox.is_some()
            || self.listeners.iter().any(Listener::is_heard)
    }

    /// Sets where the events of an environment are sent, or that they are not.
    pub(super) fn set_endpoint(&mut self, is_sandbox: bool, endpoint: Option<Endpoint>) {
        let address = endpoint.map(|endpoint| Address { endpoint, failing_since: None });
        *self.address_mut(is_sandbox) = address;
    }

    pub(crate) fn endpoint(&self, is_sandbox: bool) -> Option<&Endpoint> {
        let address = if is_sandbox { &self.sandbox } else { &self.production };
        address.as_ref().map(|address| &address.endpoint)
    }

    /// Every event to come, for one who listens.
    pub(super) fn listen(&mut self) -> Listening {
        let (listener, listening) = queue();
        self.listeners.push(listener);
        listening
    }

    /// Takes an event in, to be delivered at once.
    pub(super) fn push(&mut self, event: Event) {
        self.listeners.retain(Listener::is_heard);
        self.listeners.iter().for_each(|listener| listener.push(event.clone(), &self.budget));
        if self.endpoint(event.is_sandbox).is_none() {
            return;
        }
        self.end_hold(event.at);
        let fault = self.faults.as_mut().map_or(DeliveryFault::None, DeliveryFaults::next);
        match fault {
            DeliveryFault::Reorder if self.held_back.is_none() => {
                self.add(event, DeliveryFault::Reorder);
                self.hold_back_last();
            }
            DeliveryFault::Duplicate => {
                self.add(event.clone(), DeliveryFault::Duplicate);
                self.add(event, DeliveryFault::Duplicate);
            }
            fault => self.add(event, fault),
        }
    }

    /// Makes the last delivery wait for one to change places with, for so long at most.
    fn hold_back_last(&mut self) {
        let Some(last) = self.deliveries.back() else { return };
        let number = last.number;
        if let Some(until) = last.event.at.checked_add(LONGEST_HOLD) {
            self.schedule(number, Some(until));
            self.held_back = Some(number);
        }
    }

    /// Lets the event go that waits for one to change places with.
    pub(crate) fn release(&mut self) {
        let held_back = self.held_back.take();
        let held_back = held_back.and_then(|number| find(&mut self.deliveries, number));
        if let Some((number, at)) = held_back.map(|it| (it.number, it.event.at)) {
            self.schedule(number, Some(at));
        }
    }

    /// Lets it go behind the last delivery.
    fn release_behind_last(&mut self) {
        let Some(last) = self.deliveries.back() else { return };
        let (passing, at) = (last.number, last.event.at);
        let Some(number) = self.held_back.take() else { return };
        self.schedule(number, None);
        if let Some(held_back) = find(&mut self.deliveries, number) {
            held_back.place = (passing, true);
            self.schedule(number, Some(at));
        }
    }

    /// Forgets that an event waits which has waited long enough: it is due.
    fn end_hold(&mut self, now: OffsetDateTime) {
        let held_back = self.held_back.and_then(|number| find(&mut self.deliveries, number));
        if held_back.is_none_or(|it| it.next_attempt.is_none_or(|until| until <= now)) {
            self.held_back = None;
        }
    }

    /// Sets what goes wrong with the deliveries of the events to come.
    pub(crate) fn put_faults(&mut self, plan: DeliveryPlan) -> Result<(), NotKept> {
        self.faults = Some(DeliveryFaults::new(plan, &self.budget)?);
        self.release();
        Ok(())
    }

    /// The steps of its plan that are to come.
    pub(crate) fn faults_left(&self) -> impl Iterator<Item = DeliveryStep> + Send + use<> {
        self.faults.clone().into_iter().flat_map(DeliveryFaults::left)
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults = None;
        self.release();
    }

    fn add(&mut self, mut event: Event, fault: DeliveryFault) {
        let next_attempt = match &fault {
            DeliveryFault::Drop => Err(DROPPED),
            DeliveryFault::Delay { by } => by.after(event.at).ok_or(BEYOND_LAST_YEAR),
            _ => Ok(event.at),
        };
        // Where the budget is spent by others, the one event to come is kept all the same.
        if let Some(room) = self.make_room(event.body.len() + OVERHEAD) {
            event.body = room.keep(event.body);
        }
        self.made += 1;
        let number = self.made;
        self.deliveries.push_back(Delivery {
            number,
            event,
            fault,
            attempts: VecDeque::new(),
            forgotten_attempts: 0,
            is_delivered: false,
            next_attempt: None,
            place: (number, false),
            given_up: None,
            requests: 0,
        });
        self.schedule_or_give_up(number, next_attempt);
        self.release_behind_last();
    }

    /// The room of one more, for which the oldest deliveries that are over are forgotten, and where there is
    /// none those that are not.
    fn make_room(&mut self, size: usize) -> Option<Reservation> {
        let over = self.deliveries.len() - self.pending.len();
        let mut too_many = (over + 1).saturating_sub(LIMIT);
        loop {
            let room = self.budget.reserve(size).ok();
            let Some(oldest) = self.deliveries.front() else { return room };
            let is_over = oldest.next_attempt.is_none();
            if room.is_some() && !(is_over && too_many > 0) {
                return room;
            }
            too_many = too_many.saturating_sub(usize::from(is_over));
            self.schedule(oldest.number, None);
            if let Some(oldest) = self.deliveries.pop_front() {
                // What becomes smaller always has room.
                let _smaller = self.count_attempts(-further(&oldest));
                self.forgotten += 1;
            }
        }
    }

    /// Counts attempts that are remembered beside the first of their delivery, or no longer are.
    fn count_attempts(&mut self, more: isize) -> Result<(), OverBudget> {
        let count = self.further_attempts.saturating_add_signed(more);
        self.attempts_room.resize(count * ATTEMPT)?;
        self.further_attempts = count;
        Ok(())
    }

    fn schedule(&mut self, number: u64, next_attempt: Option<OffsetDateTime>) {
        let Some(delivery) = find(&mut self.deliveries, number) else { return };
        delivery.given_up = None;
        let place = delivery.place;
        let pending = |at| (at, place, number);
        if let Some(before) = std::mem::replace(&mut delivery.next_attempt, next_attempt) {
            self.pending.remove(&pending(before));
        }
        self.pending.extend(next_attempt.map(pending));
    }

    fn schedule_or_give_up(&mut self, number: u64, next: Result<OffsetDateTime, &'static str>) {
        self.schedule(number, next.ok());
        if let (Err(why), Some(delivery)) = (next, find(&mut self.deliveries, number)) {
            delivery.given_up = Some(why);
        }
    }

    /// The delivery that is due first, if one is; the earlier event first where two are due at one
    /// instant.
    pub(crate) fn due(&mut self, now: OffsetDateTime) -> Option<Due> {
        loop {
            let is_due = |(at, ..): &Pending| *at <= now;
            let (at, _, number) = self.pending.first().copied().filter(is_due)?;
            let delivery = find(&mut self.deliveries, number).expect("what is pending is kept");
            let (event, fault) = (delivery.event.clone(), delivery.fault_of_next_attempt());
            let requests = delivery.requests;
            let is_retry = delivery.attempt_count() > 0 && requests == 0;
            let address = if event.is_sandbox { &self.sandbox } else { &self.production };
            match address {
                // An address that has failed for a day gets the first attempt of each event alone, and those
                // that a test asks for.
                Some(address) if is_retry && address.has_failed_for_a_day(at) => {
                    self.schedule_or_give_up(number, Err(OUTAGE));
                }
                Some(address) => {
                    let endpoint = address.endpoint.clone();
                    self.held_back.take_if(|held_back| *held_back == number);
                    let body = event.body;
                    return Some(Due { number, at, endpoint, fault, body, requests });
                }
                // Its address was taken away.
                None => self.schedule_or_give_up(number, Err(NO_ADDRESS)),
            }
        }
    }

    /// When the next delivery is due; `None` if none will be.
    pub(super) fn next_due_at(&self) -> Option<OffsetDateTime> {
        self.pending.first().map(|(at, ..)| *at)
    }

    /// Follows a clock that goes back: no outage begins after the time that it now shows, and an attempt to come is
    /// as far away as it was.
    pub(super) fn go_back(&mut self, from: OffsetDateTime, to: OffsetDateTime) {
        for address in [&mut self.production, &mut self.sandbox].into_iter().flatten() {
            address.failing_since = address.failing_since.map(|since| since.min(to));
        }
        let later: Vec<_> = self.pending.iter().filter(|(at, ..)| *at > to).copied().collect();
        for (at, _, number) in later {
            let left = (at - from).max(Duration::ZERO);
            self.schedule(number, to.checked_add(left));
        }
    }

    /// Notes how an attempt went, and when there will be another.
    pub(crate) fn record(&mut self, due: &Due, attempt: Attempt) {
        let number = due.number;
        let Some(delivery) = find(&mut self.deliveries, number) else { return };
        let (at, is_success) = (attempt.at, attempt.is_success());
        let (is_sandbox, created_at) = (delivery.event.is_sandbox, delivery.event.at);
        delivery.is_delivered |= is_success;
        delivery.attempts.push_back(attempt);
        let failed = u32::try_from(delivery.attempt_count()).unwrap_or(u32::MAX);
        delivery.requests = delivery.requests.saturating_sub(due.requests);
        let is_wanted_again = delivery.requests > 0;
        self.bound_attempts(number);
        if !is_wanted_again {
            self.schedule(number, None);
        }
        let Some(address) = self.address_mut(is_sandbox) else {
            if !is_success && !is_wanted_again {
                self.schedule_or_give_up(number, Err(NO_ADDRESS));
            }
            return;
        };
        if is_success {
            address.failing_since = None;
            return;
        }
        address.failing_since.get_or_insert(at);
        if is_wanted_again {
            return;
        }
        let wait = FIRST_WAIT * 2_i32.pow(failed.saturating_sub(1).min(RETRIES));
        let next = match at.checked_add(wait) {
            None => Err(BEYOND_LAST_YEAR),
            Some(next) if failed > RETRIES || next - created_at > DAY => Err(NO_RETRY_LEFT),
            Some(next) => Ok(next),
        };
        self.schedule_or_give_up(number, next);
    }

    /// Takes the room of the attempt that a delivery has one more of, or forgets its oldest for it.
    fn bound_attempts(&mut self, number: u64) {
        let Some(delivery) = find(&mut self.deliveries, number) else { return };
        let count = delivery.attempts.len();
        if count == 1 || (count <= ATTEMPTS_LIMIT && self.count_attempts(1).is_ok()) {
            return;
        }
        if let Some(delivery) = find(&mut self.deliveries, number) {
            delivery.attempts.pop_front();
            delivery.forgotten_attempts += 1;
        }
    }

    /// Makes one be delivered again, at once, however long its address has failed.
    pub(crate) fn redeliver(
        &mut self,
        number: u64,
        now: OffsetDateTime,
    ) -> Result<(), NotRedelivered> {
        let delivery = find(&mut self.deliveries, number);
        let is_sandbox = delivery.ok_or(NotRedelivered::NoSuchDelivery)?.event.is_sandbox;
        if self.endpoint(is_sandbox).is_none() {
            return Err(NotRedelivered::NoAddress { is_sandbox });
        }
        if let Some(delivery) = find(&mut self.deliveries, number) {
            delivery.requests += 1;
        }
        self.held_back.take_if(|held_back| *held_back == number);
        self.schedule(number, Some(now));
        Ok(())
    }

    /// Every delivery as it is now, oldest first, and the room that the list takes.
    pub(crate) fn deliveries(&self) -> Result<(Vec<Delivery>, Reservation), OverBudget> {
        let size = self.deliveries.len() * size_of::<Delivery>();
        let attempts = (self.deliveries.len() + self.further_attempts) * ATTEMPT;
        let room = self.budget.reserve(size + attempts)?;
        Ok((self.deliveries.iter().cloned().collect(), room))
    }

    /// The events that did not arrive, by now; oldest first.
    pub(crate) fn undelivered(&self) -> impl Iterator<Item = UndeliveredEvent> {
        let undelivered = self.deliveries.iter().filter(|delivery| !delivery.is_delivered);
        undelivered.map(|delivery| UndeliveredEvent {
            number: delivery.number,
            event_type: delivery.event.event_type,
            created_at: delivery.event.at,
            attempts: delivery.attempt_count(),
            last_failure: delivery.last_failure(),
            next_attempt: delivery.next_attempt,
            given_up: delivery.given_up,
        })
    }

    /// How many deliveries are no longer remembered.
    pub(crate) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn address_mut(&mut self, is_sandbox: bool) -> &mut Option<Address> {
        if is_sandbox { &mut self.sandbox } else { &mut self.production }
    }
}

fn find(deliveries: &mut VecDeque<Delivery>, number: u64) -> Option<&mut Delivery> {
    let first = deliveries.front()?.number;
    deliveries.get_mut(usize::try_from(number.checked_sub(first)?).ok()?)
}

/// How many attempts of a delivery are remembered beside the first.
fn further(delivery: &Delivery) -> isize {
    delivery.attempts.len().saturating_sub(1).cast_signed()
}

impl Delivery {
    /// How many attempts were made.
    fn attempt_count(&self) -> usize {
        self.forgotten_attempts + self.attempts.len()
    }

    /// A fault is of the first attempt alone; a wrong text of `Authorization` stays wrong.
    fn fault_of_next_attempt(&self) -> DeliveryFault {
        match &self.fault {
            DeliveryFault::WrongAuthorization => DeliveryFault::WrongAuthorization,
            fault if self.attempt_count() == 0 => fault.clone(),
            _ => DeliveryFault::None,
        }
    }

    fn last_failure(&self) -> Option<String> {
        if self.fault == DeliveryFault::Drop && self.attempt_count() == 0 {
            return Some(DROPPED.to_owned());
        }
        let last = self.attempts.back()?;
        last.error.clone().or_else(|| Some(format!("status {}", last.status?)))
    }
}

impl Attempt {
    /// The documents: any status from 200 to 404 is a success.
    fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..=404).contains(&status))
    }
}

impl Serialize for Delivery {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            number: u64,
            event_type: &'a str,
            created_at: String,
            delivered: bool,
            fault: &'a str,
            attempts: &'a VecDeque<Attempt>,
            #[serde(skip_serializing_if = "is_none")]
            forgotten_attempts: usize,
            next_attempt: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            given_up: Option<&'a str>,
            event: &'a serde_json::value::RawValue,
        }

        #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
        fn is_none(count: &usize) -> bool {
            *count == 0
        }

        let body = std::str::from_utf8(&self.event.body).unwrap_or("null");
        Told {
            number: self.number,
            event_type: self.event.event_type,
            created_at: dates::write(self.event.at),
            delivered: self.is_delivered,
            fault: self.fault.name(),
            attempts: &self.attempts,
            forgotten_attempts: self.forgotten_attempts,
            next_attempt: self.next_attempt.map(dates::write),
            given_up: self.given_up,
            event: serde_json::from_str(body).map_err(serde::ser::Error::custom)?,
        }
        .serialize(serializer)
    }
}

fn as_text<S: serde::Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&dates::write(*at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        let at = OffsetDateTime::UNIX_EPOCH;
        Event { event_type: "test", at, is_sandbox: false, body: Bytes::from_static(b"{}") }
    }

    fn attempt(status: u16) -> Attempt {
        Attempt { at: OffsetDateTime::UNIX_EPOCH, status: Some(status), error: None }
    }

    fn outbox(budget: usize) -> Outbox {
        let endpoint = Endpoint { url: "http://127.0.0.1/".to_owned(), authorization: None };
        Outbox::to(Some(&endpoint), &Budget::new(budget))
    }

    #[test]
    fn an_answer_that_comes_after_a_reset_marks_no_other_event() {
        let mut outbox = outbox(10_000);
        let endpoint = outbox.endpoint(false).cloned();
        outbox.push(event());
        let under_way = outbox.due(OffsetDateTime::UNIX_EPOCH).unwrap();
        outbox.reset(endpoint.as_ref());
        outbox.push(event());
        outbox.record(&under_way, attempt(200));
        assert_eq!(outbox.undelivered().map(|event| event.attempts).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn an_event_for_which_there_is_no_room_takes_the_place_of_the_oldest() {
        let mut outbox = outbox(OVERHEAD * 3);
        for _ in 0..4 {
            outbox.push(event());
        }
        let numbers: Vec<_> = outbox.undelivered().map(|event| event.number).collect();
        assert_eq!((numbers, outbox.forgotten()), (vec![3, 4], 2));
    }

    #[test]
    fn further_attempts_take_room_and_without_it_the_last_one_is_kept_alone() {
        let mut outbox = outbox(OVERHEAD + 2 + 2 * ATTEMPT);
        outbox.push(event());
        let due = outbox.due(OffsetDateTime::UNIX_EPOCH).unwrap();
        for _ in 0..5 {
            outbox.record(&due, attempt(500));
        }
        drop(due);
        let kept = &outbox.deliveries[0];
        assert_eq!((kept.attempts.len(), kept.attempt_count()), (3, 5));
        outbox.budget.reserve(1).unwrap_err();
        outbox.make_room(1).unwrap();
        outbox.budget.reserve(OVERHEAD + 2 + 2 * ATTEMPT).unwrap();
    }
}
