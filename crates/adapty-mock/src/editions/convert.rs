//! A profile in each documented wire format.
//!
//! The model writes the newest format; the others differ in a few fields and in how rows are kept.
//! Object travel as the text the model wrote, so that order and numbers stay to the last digit.

use adapty_model::{Profile, ProfileResponse, WriteError};
use bytes::Bytes;
use serde_json::value::RawValue;

use super::wire_format::WireFormat;
use crate::raw_json::{Object, parse, text};

/// The body of `profile` in a wire format.
pub(crate) fn write(profile: &Profile, format: WireFormat) -> Result<Bytes, WriteError> {
    let response = ProfileResponse { data: profile.clone() };
    let newest = response.to_json()?;
    let mut envelope: Object = parse(&newest);
    let mut data: Object = envelope.read("data");
    match format {
        WireFormat::OlderPage => older(&mut data),
        WireFormat::OlderObjectsPage => {
            older(&mut data);
            as_dictionaries(&mut data);
        }
        WireFormat::NewerPage | WireFormat::OpenApi => newer(&mut data),
    }
    envelope.set("data", &data);
    Ok(Bytes::from(text(&envelope).get().to_owned()))
}

/// Arrays, `+00:00`, no environment in access levels, `null` for no base plan.
fn newer(data: &mut Object) {
    data.change_rows("access_levels", |level| level.remove("environment"));
    for list in LISTS {
        data.change_rows(list, |row| row.replace("store_base_plan_id", "\"\"", "null"));
    }
}

/// Arrays, `+0000` with microseconds, an environment in access levels, `""` for no base plan, and
/// the longer spelling of offers in subscriptions.
fn older(data: &mut Object) {
    let subscriptions: Vec<Object> = data.read("subscriptions");
    data.change_rows("access_levels", |level| {
        if level.get("environment").is_none() {
            let environment = environment_of(level, &subscriptions);
            level.insert_before("starts_at", "environment", environment);
        }
    });
    data.change_rows("subscriptions", |row| {
        let Some(mut offer) = row.read::<Option<Object>>("offer") else { return };
        for (name, _) in &mut offer.0 {
            name.insert_str(0, "offer_");
        }
        row.set("offer", &offer);
    });
    for list in LISTS {
        data.change_rows(list, |row| {
            row.replace("store_base_plan_id", "null", "\"\"");
            change_dates(row);
        });
    }
}

/// The page "200: OK" describes dictionaries, and `null` for none; no document prints one.
fn as_dictionaries(data: &mut Object) {
    let attributes: Vec<Object> = data.read("custom_attributes");
    let attributes = attributes.into_iter().map(|row| (row.read("key"), row.read("value")));
    let attributes = Object(attributes.collect());
    data.set_or_null("custom_attributes", &attributes);
    for (list, id) in [("access_levels", "access_level_id"), ("subscriptions", "store_product_id")]
    {
        let rows: Vec<Object> = data.read(list);
        let mut dictionary: Vec<(String, Object)> = Vec::new();
        for mut row in rows {
            let key: String = row.read(id);
            row.remove(id);
            match dictionary.iter_mut().find(|(known, _)| *known == key) {
                // A dictionary has room for one row of an id: the one that lasts longest.
                Some((_, known)) if lasts(known) < lasts(&row) => *known = row,
                Some(_) => {}
                None => dictionary.push((key, row)),
            }
        }
        let dictionary = dictionary.into_iter().map(|(key, row)| (key, text(&row)));
        let dictionary = Object(dictionary.collect());
        data.set_or_null(list, &dictionary);
    }
    let rows: Vec<Object> = data.read("non_subscriptions");
    let mut dictionary: Vec<(String, Vec<Object>)> = Vec::new();
    for mut row in rows {
        let key: String = row.read("store_product_id");
        row.remove("store_product_id");
        match dictionary.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => known.push(row),
            None => dictionary.push((key, vec![row])),
        }
    }
    let dictionary = dictionary.into_iter().map(|(key, rows)| (key, text(&rows)));
    data.set_or_null("non_subscriptions", &Object(dictionary.collect()));
}

/// The environment of the subscription behind a level; `Production` where none is found.
fn environment_of(level: &Object, subscriptions: &[Object]) -> Box<RawValue> {
    const SAME: [&str; 3] = ["store", "store_product_id", "store_original_transaction_id"];
    subscriptions
        .iter()
        .find(|row| {
            SAME.iter()
                .all(|name| row.get(name).map(RawValue::get) == level.get(name).map(RawValue::get))
        })
        .and_then(|row| row.get("environment"))
        .map_or_else(|| text("Production"), ToOwned::to_owned)
}

const LISTS: [&str; 3] = ["access_levels", "subscriptions", "non_subscriptions"];

/// `2024-12-24T10:50:23+00:00` becomes `2024-12-24T10:50:23.000000+0000`.
fn change_dates(row: &mut Object) {
    for (name, value) in &mut row.0 {
        let Some(date) =
            value.get().strip_prefix('"').and_then(|text| text.strip_suffix("+00:00\""))
        else {
            continue;
        };
        if name.ends_with("_at") {
            let (seconds, fraction) = date.split_once('.').unwrap_or((date, ""));
            *value = text(&format!("{seconds}.{fraction:0<6}+0000"));
        }
    }
}

/// How long a row lasts, for comparing: `null` is longest, and dates of one zone compare as text.
pub(crate) fn lasts(row: &Object) -> (bool, String) {
    let end: Option<String> = row.read("expires_at");
    (end.is_none() && row.get("expires_at").is_some(), end.unwrap_or_default())
}
