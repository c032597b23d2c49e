//! What is to be sent of a change, read off the profile as it is afterwards, and put into the outbox.

use adapty_model::time::OffsetDateTime;

use super::{
    event::{Payment, Subject, is_active},
    profile::StoredProfile,
    state::State,
};
use crate::{
    profile_lists::{ACCESS_LEVELS, List, Rows, lasts},
    raw_json::Object,
};

/// An event to be sent, and the row it tells of.
pub(super) enum ToSend {
    Purchase(&'static str, List, String, Payment),
    /// Of a row that is given here: no row of the profile states the transaction, as its chain has gone on since,
    /// or a row of another store may have its ids.
    Earlier(&'static str, Object<'static>, Payment),
    /// Of an access level, and what was paid for it where a purchase changed it.
    Level(String, Option<Payment>),
}

/// What events tell of beside the profile.
pub(super) struct Occasion<'a> {
    /// When it happened in the world: a purchase, a refund.
    pub(super) at: OffsetDateTime,
    /// That of the purchase; `None` reads it off the profile.
    pub(super) environment: Option<&'a str>,
}

impl State {
    /// Puts events into the outbox: those of purchases about the rows of a chain of transactions, or without
    /// one of any; those of an access level about the row that gives it, whose chain that may be.
    pub(super) fn send_events(
        &mut self,
        stored: &StoredProfile,
        chain: Option<&str>,
        events: Vec<ToSend>,
    ) {
        let occasion = Occasion { at: self.now(), environment: None };
        self.send_events_of(&occasion, stored, chain, events);
    }

    /// The same, of what did not happen now.
    pub(super) fn send_events_of(
        &mut self,
        occasion: &Occasion<'_>,
        stored: &StoredProfile,
        chain: Option<&str>,
        events: Vec<ToSend>,
    ) {
        if !self.outbox.is_open() {
            return;
        }
        let (now, ids) = (self.now(), events.iter().map(|_| self.next_uuid()).collect::<Vec<_>>());
        let written = stored.written();
        let Some(data) = std::str::from_utf8(&written)
            .ok()
            .and_then(Object::parse)
            .and_then(|envelope| envelope.object("data"))
        else {
            return;
        };
        let Occasion { at, environment } = *occasion;
        let subject = Subject { data: &data, now, happened_at: at, environment };
        for (event, id) in events.into_iter().zip(ids) {
            let is = |row: &Object<'_>, name, value: &str| {
                row.read::<String>(name).as_deref() == Some(value)
            };
            // Of several the one that gives access, and of those the one that lasts longest, says what it is.
            let says_most = |row: &Object<'_>| (is_active(row, now), lasts(row));
            let row = |list, is_meant: &dyn Fn(&Object<'_>) -> bool| {
                let rows = Rows::read(&data, list)?.rows;
                rows.into_iter().filter(|row| is_meant(row)).max_by_key(says_most)
            };
            let event = match event {
                ToSend::Purchase(event_type, list, product, payment) => {
                    let is_meant = |row: &Object<'_>| {
                        let of = |chain| is(row, "store_original_transaction_id", chain);
                        is(row, "store_product_id", &product) && chain.is_none_or(of)
                    };
                    row(list, &is_meant)
                        .map(|row| subject.purchase_event(event_type, &row, &payment, id))
                }
                ToSend::Earlier(event_type, row, payment) => {
                    Some(subject.purchase_event(event_type, &row, &payment, id))
                }
                ToSend::Level(level, payment) => {
                    let row = row(ACCESS_LEVELS, &|row| is(row, ACCESS_LEVELS.id, &level));
                    if let (Some(row), Some(identity)) = (&row, stored.identities().last()) {
                        self.watched.told(&identity, &level, is_active(row, now));
                    }
                    // Of another purchase than this one, the fake does not say what was paid.
                    let is_of_chain = |row: &Object<'_>| {
                        chain.is_some_and(|it| is(row, "store_original_transaction_id", it))
                    };
                    row.map(|row| {
                        let payment = payment.as_ref().filter(|_| is_of_chain(&row));
                        subject.access_level_event(&row, payment, id)
                    })
                }
            };
            if let Some(event) = event {
                self.outbox.push(event);
            }
        }
        self.watch(stored);
    }
}
