//! What the newest documents always show of a profile, in their order: the fake's own words for it.

use std::borrow::Cow;

use adapty_model::time::{Duration, OffsetDateTime};
use serde_json::value::RawValue;

use super::convert::{write_dates, write_no_base_plan};
use crate::{
    dates,
    profile_lists::{
        ACCESS_LEVELS, CUSTOM_ATTRIBUTES, Lasts, List, NON_SUBSCRIPTIONS, Rows, SUBSCRIPTIONS,
        date, lasts,
    },
    raw_json::{Object, Value},
};

/// A field that the newest documents show.
struct Field {
    name: &'static str,
    is: Is,
    /// What a typed profile that says nothing has there; `None` leaves the field out.
    usual: Option<&'static str>,
    /// Whether the newest documents always show it.
    is_always_there: bool,
}

/// What a field's value is.
#[derive(Clone, Copy)]
enum Is {
    Anything,
    Text,
    TextOrNull,
    Number,
    Bool,
    ObjectOrNull,
    Date,
    DateOrNull,
    List(List),
}

const fn field(name: &'static str, is: Is, usual: &'static str) -> Field {
    Field { name, is, usual: Some(usual), is_always_there: true }
}

/// A field without which a profile says something else than with any usual value.
const fn never_filled(name: &'static str, is: Is) -> Field {
    Field { name, is, usual: None, is_always_there: true }
}

/// A field that the older documents alone show, in the place where they do.
const fn of_older_documents(name: &'static str, is: Is) -> Field {
    Field { name, is, usual: None, is_always_there: false }
}

const DATA: &[Field] = &[
    field("app_id", Is::Text, r#""14c3d333-2f3a-455a-aa86-ef83dff6913b""#),
    never_filled("profile_id", Is::Text),
    field("customer_user_id", Is::TextOrNull, "null"),
    field("total_revenue_usd", Is::Number, "0.0"),
    field("segment_hash", Is::Text, r#""8f45947bad31ab0c""#),
    field("timestamp", Is::Number, "0"),
    field("custom_attributes", Is::List(CUSTOM_ATTRIBUTES), "[]"),
    field("access_levels", Is::List(ACCESS_LEVELS), "[]"),
    field("subscriptions", Is::List(SUBSCRIPTIONS), "[]"),
    field("non_subscriptions", Is::List(NON_SUBSCRIPTIONS), "[]"),
];

const ATTRIBUTE: &[Field] = &[never_filled("key", Is::Text), never_filled("value", Is::Anything)];

const LEVEL: &[Field] = &[
    never_filled("access_level_id", Is::Text),
    field("store", Is::Text, r#""adapty""#),
    field("store_product_id", Is::Text, r#""adapty_server_side_product""#),
    field("store_base_plan_id", Is::TextOrNull, "null"),
    field("store_transaction_id", Is::TextOrNull, "null"),
    field("store_original_transaction_id", Is::TextOrNull, "null"),
    field("offer", Is::ObjectOrNull, "null"),
    of_older_documents("environment", Is::Text),
    field("starts_at", Is::DateOrNull, "null"),
    field("purchased_at", Is::Date, "null"),
    field("originally_purchased_at", Is::Date, "null"),
    never_filled("expires_at", Is::DateOrNull),
    field("renewal_cancelled_at", Is::DateOrNull, "null"),
    field("billing_issue_detected_at", Is::DateOrNull, "null"),
    field("is_in_grace_period", Is::Bool, "false"),
    field("cancellation_reason", Is::TextOrNull, "null"),
];

const SUBSCRIPTION: &[Field] = &[
    field("store", Is::Text, r#""app_store""#),
    never_filled("store_product_id", Is::Text),
    field("store_base_plan_id", Is::TextOrNull, "null"),
    field("store_transaction_id", Is::TextOrNull, "null"),
    field("store_original_transaction_id", Is::TextOrNull, "null"),
    field("offer", Is::ObjectOrNull, "null"),
    field("environment", Is::Text, r#""Production""#),
    field("purchased_at", Is::Date, "null"),
    field("originally_purchased_at", Is::Date, "null"),
    never_filled("expires_at", Is::DateOrNull),
    field("renewal_cancelled_at", Is::DateOrNull, "null"),
    field("billing_issue_detected_at", Is::DateOrNull, "null"),
    field("is_in_grace_period", Is::Bool, "false"),
    field("cancellation_reason", Is::TextOrNull, "null"),
];

const NON_SUBSCRIPTION: &[Field] = &[
    never_filled("purchase_id", Is::Text),
    field("store", Is::Text, r#""app_store""#),
    never_filled("store_product_id", Is::Text),
    field("store_base_plan_id", Is::TextOrNull, "null"),
    field("store_transaction_id", Is::TextOrNull, "null"),
    field("store_original_transaction_id", Is::TextOrNull, "null"),
    field("purchased_at", Is::Date, "null"),
    field("environment", Is::Text, r#""Production""#),
    field("is_refund", Is::Bool, "false"),
    field("is_consumable", Is::Bool, "false"),
];

const ROWS: [(List, &[Field]); 4] = [
    (CUSTOM_ATTRIBUTES, ATTRIBUTE),
    (ACCESS_LEVELS, LEVEL),
    (SUBSCRIPTIONS, SUBSCRIPTION),
    (NON_SUBSCRIPTIONS, NON_SUBSCRIPTION),
];

fn fields_of(list: List) -> &'static [Field] {
    ROWS.iter().find(|(known, _)| known.name == list.name).map_or(&[], |(_, fields)| fields)
}

/// What a strict reader of the newest documents would miss in a body, by path.
#[derive(Debug, Default)]
pub(crate) struct Gaps {
    /// Fields that are not there.
    pub(crate) missing: Vec<String>,
    /// Fields that are there, and are something else than in the documents.
    pub(crate) unreadable: Vec<String>,
    /// How many more there are than were asked for.
    pub(crate) more: usize,
    limit: usize,
}

impl Gaps {
    /// Looks for gaps, and names at most so many.
    pub(crate) fn of(body: &[u8], limit: usize) -> Self {
        let mut gaps = Self { limit, ..Self::default() };
        match std::str::from_utf8(body).ok().and_then(Object::parse) {
            Some(envelope) => match envelope.get("data").map(|_| envelope.object("data")) {
                Some(Some(data)) => gaps.look_through(&data),
                Some(None) => gaps.unreadable("data".to_owned()),
                None => gaps.missing("data".to_owned()),
            },
            None => gaps.missing("data".to_owned()),
        }
        gaps
    }

    /// Looks for gaps in rows of a purchase.
    pub(crate) fn of_purchase<'r>(
        rows: impl Iterator<Item = (List, usize, &'r RawValue)>,
        limit: usize,
    ) -> Self {
        let mut gaps = Self { limit, ..Self::default() };
        for (list, at, row) in rows {
            if let Some(row) = Object::parse(row.get()) {
                gaps.look_at(&row, fields_of(list), &format!("purchase.{}[{at}]", list.name));
            }
        }
        gaps
    }

    /// How many are named.
    fn named(&self) -> usize {
        self.missing.len() + self.unreadable.len()
    }

    fn look_through(&mut self, data: &Object<'_>) {
        self.look_at(data, DATA, "data");
        for (list, fields) in ROWS {
            let Some(rows) = Rows::read(data, list) else { continue };
            for (at, row) in rows.rows.iter().enumerate() {
                self.look_at(row, fields, &format!("data.{}[{at}]", list.name));
            }
        }
    }

    fn look_at(&mut self, object: &Object<'_>, fields: &[Field], path: &str) {
        for field in fields {
            let path = || format!("{path}.{}", field.name);
            match object.value(field.name) {
                None if field.is_always_there => self.missing(path()),
                Some(value) if !is(value, field.is, object) => self.unreadable(path()),
                _ => {}
            }
        }
    }

    fn missing(&mut self, path: String) {
        match self.named() < self.limit {
            true => self.missing.push(path),
            false => self.more += 1,
        }
    }

    fn unreadable(&mut self, path: String) {
        match self.named() < self.limit {
            true => self.unreadable.push(path),
            false => self.more += 1,
        }
    }
}

/// Whether a value is what the documents have there.
fn is(value: &Value<'_>, what: Is, object: &Object<'_>) -> bool {
    let json = value.get();
    let is_null = json == "null";
    let is_date = || {
        let text: Option<Cow<'_, str>> = serde_json::from_str(json).ok();
        text.is_some_and(|text| dates::read(&text).is_some())
    };
    match what {
        Is::Anything => true,
        Is::Text => json.starts_with('"'),
        Is::TextOrNull => is_null || json.starts_with('"'),
        Is::Number => json.starts_with(|first: char| first == '-' || first.is_ascii_digit()),
        Is::Bool => matches!(json, "true" | "false"),
        Is::ObjectOrNull => is_null || json.starts_with('{'),
        Is::Date => is_date(),
        Is::DateOrNull => is_null || is_date(),
        Is::List(list) => Rows::read(object, list).is_some(),
    }
}

/// Fills the `data` of a typed profile to what the newest documents always show, in their order; its dates
/// become theirs. What a document would have to know, such as when something was bought, is ours.
pub(crate) fn fill(data: &mut Object<'_>, now: OffsetDateTime) {
    let milliseconds = now.unix_timestamp_nanos() / 1_000_000;
    put_if_missing(data, "timestamp", &i64::try_from(milliseconds).unwrap_or(i64::MAX));
    for (list, fields) in ROWS {
        let Some(mut rows) = Rows::read(data, list) else { continue };
        for row in &mut rows.rows {
            fill_row_in(row, fields, now);
            write_no_base_plan(row, false);
            write_dates(row, false);
        }
        rows.write(data);
    }
    fill_in(data, DATA);
}

/// Fills a row that a purchase in a store brings to what the newest documents always show; what it says
/// itself stays as it was written.
pub(crate) fn fill_row(row: &mut Object<'_>, list: List, store: &str, now: OffsetDateTime) {
    put_if_missing(row, "store", store);
    fill_row_in(row, fields_of(list), now);
}

fn fill_row_in(row: &mut Object<'_>, fields: &[Field], now: OffsetDateTime) {
    state_purchase(row, fields, now);
    fill_in(row, fields);
}

/// How long before its end something was bought of which nothing else is known.
const MONTH: Duration = Duration::days(30);

/// When something was bought: at first, or when it began, or a month before it ends, at the latest now.
fn state_purchase(row: &mut Object<'_>, fields: &[Field], now: OffsetDateTime) {
    let known = ["purchased_at", "originally_purchased_at", "starts_at"];
    let known = known.into_iter().find_map(|name| date(row, name));
    let purchased = known.unwrap_or_else(|| match lasts(row) {
        Lasts::Until(end) => end.checked_sub(MONTH).unwrap_or(end).min(now),
        Lasts::NotStated | Lasts::Forever => now,
    });
    let purchased = dates::write(purchased);
    for name in ["purchased_at", "originally_purchased_at"] {
        if fields.iter().any(|field| field.name == name) {
            put_if_missing(row, name, &purchased);
        }
    }
}

fn put_if_missing(
    object: &mut Object<'_>,
    name: &'static str,
    value: &(impl serde::Serialize + ?Sized),
) {
    if object.get(name).is_none_or(|known| known.get() == "null") {
        object.put(name, value);
    }
}

/// The documented fields in their order, then all others.
fn fill_in(object: &mut Object<'_>, fields: &[Field]) {
    let mut filled = Vec::with_capacity(fields.len() + object.0.len());
    for field in fields {
        let usual = || field.usual.map(literal);
        if let Some(value) = object.remove(field.name).or_else(usual) {
            filled.push((Cow::Borrowed(field.name), value));
        }
    }
    filled.append(&mut object.0);
    object.0 = filled;
}

fn literal(json: &'static str) -> Value<'static> {
    Cow::Borrowed(serde_json::from_str::<&RawValue>(json).expect("a literal is JSON"))
}
