//! A profile's body in each documented wire format.
//!
//! The body may be in any of them. It is changed field by field, as text: what the formats do not speak
//! of, unknown fields and all, stays as it was written.

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::wire_format::WireFormat;
use crate::{
    dates,
    profile_lists::{
        ACCESS_LEVELS, CUSTOM_ATTRIBUTES, Form, List, NON_SUBSCRIPTIONS, Rows, SUBSCRIPTIONS,
        envelope,
    },
    raw_json::{Object, Value, text},
};

/// The body in a wire format; `None` where it is no profile's.
pub(crate) fn convert(body: &[u8], format: WireFormat) -> Option<Bytes> {
    let mut envelope = envelope(body)?;
    let mut data = envelope.object("data")?;
    let is_older = matches!(format, WireFormat::OlderPage | WireFormat::OlderObjectsPage);
    let form = match format {
        WireFormat::OlderObjectsPage => Form::Dictionary,
        _ => Form::Array,
    };
    let mut subscriptions = Rows::read(&data, SUBSCRIPTIONS)?;
    let mut levels = Rows::read(&data, ACCESS_LEVELS)?;
    let mut purchases = Rows::read(&data, NON_SUBSCRIPTIONS)?;
    let attributes = Rows::read(&data, CUSTOM_ATTRIBUTES)?;
    for level in &mut levels.rows {
        match is_older {
            true => state_environment(level, &subscriptions.rows),
            false => drop(level.remove("environment")),
        }
    }
    for row in &mut levels.rows {
        spell_offer(row, false);
    }
    for row in &mut subscriptions.rows {
        spell_offer(row, is_older);
    }
    let rows = [&mut levels.rows, &mut subscriptions.rows, &mut purchases.rows];
    for row in rows.into_iter().flatten() {
        write_no_base_plan(row, is_older);
        write_dates(row, is_older);
    }
    let lists = [
        (CUSTOM_ATTRIBUTES, attributes),
        (ACCESS_LEVELS, levels),
        (SUBSCRIPTIONS, subscriptions),
        (NON_SUBSCRIPTIONS, purchases),
    ];
    for (List { name, .. }, rows) in lists {
        if data.get(name).is_some() {
            rows.write_as(form, &mut data);
        }
    }
    envelope.put("data", &data);
    Some(Bytes::from(text(&envelope).get().to_owned()))
}

/// Whether a body reads as a profile, in any of the wire formats.
pub(crate) fn is_profile(body: &[u8]) -> bool {
    let data = envelope(body).and_then(|envelope| envelope.object("data"));
    let lists = [CUSTOM_ATTRIBUTES, ACCESS_LEVELS, SUBSCRIPTIONS, NON_SUBSCRIPTIONS];
    data.is_some_and(|data| lists.into_iter().all(|list| Rows::read(&data, list).is_some()))
}

/// The older pages state an access level's environment: here that of the subscription behind it, or
/// `Production` where none is found.
fn state_environment(level: &mut Object<'_>, subscriptions: &[Object<'_>]) {
    const SAME: [&str; 3] = ["store", "store_product_id", "store_original_transaction_id"];
    if level.get("environment").is_some() {
        return;
    }
    let field = |row: &Object<'_>, name| row.get(name).map(|value| value.get().to_owned());
    let is_behind =
        |row: &&Object<'_>| SAME.iter().all(|name| field(row, name) == field(level, name));
    let environment = subscriptions.iter().find(is_behind).and_then(|row| row.get("environment"));
    let environment = environment.map_or_else(|| text("Production"), ToOwned::to_owned);
    level.insert_before("starts_at", "environment", Cow::Owned(environment));
}

/// The older page has the longer spelling of offers in subscriptions; all else has the shorter.
fn spell_offer(row: &mut Object<'_>, longer: bool) {
    const SPELLINGS: [(&str, &str); 3] =
        [("category", "offer_category"), ("type", "offer_type"), ("id", "offer_id")];
    let Some(mut offer) = row.object("offer") else { return };
    for (short, long) in SPELLINGS {
        let (from, to) = if longer { (short, long) } else { (long, short) };
        match offer.0.iter().position(|(name, _)| name == from) {
            // Where both are there, the short one counts.
            Some(at) if offer.get(to).is_some() && longer => {
                offer.0.retain(|(name, _)| name != to);
                let at = offer.0.iter().position(|(name, _)| name == from).unwrap_or(at);
                offer.0[at].0 = to.into();
            }
            Some(_) if offer.get(to).is_some() => drop(offer.remove(from)),
            Some(at) => offer.0[at].0 = to.into(),
            None => {}
        }
    }
    row.put("offer", &offer);
}

/// No base plan is `""` in the older pages and `null` in the newer documents.
pub(super) fn write_no_base_plan(row: &mut Object<'_>, is_older: bool) {
    let (from, to) = if is_older { ("null", "\"\"") } else { ("\"\"", "null") };
    for (name, value) in &mut row.0 {
        if name == "store_base_plan_id" && value.get() == from {
            *value = literal(to);
        }
    }
}

fn literal(json: &'static str) -> Value<'static> {
    Cow::Borrowed(serde_json::from_str::<&RawValue>(json).expect("a literal is JSON"))
}

/// What is no date stays as it is.
pub(super) fn write_dates(row: &mut Object<'_>, is_older: bool) {
    let write = if is_older { dates::write_older } else { dates::write };
    for (name, value) in &mut row.0 {
        if name.ends_with("_at")
            && let Ok(date) = serde_json::from_str::<Cow<'_, str>>(value.get())
            && let Some(date) = dates::read(&date)
        {
            *value = Cow::Owned(text(&write(date)));
        }
    }
}
