//! A typed profile in each documented form.
//!
//! The model writes the newest form; the others differ in a few members and in how rows are kept.
//! Members travel as the text the model wrote, so that order and numbers stay to the last digit.

use std::fmt;

use adapty_model::{Profile, ProfileResponse, WriteError};
use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::value::{RawValue, to_raw_value};

use crate::edition::Form;

/// The body of `profile` in `form`.
pub(crate) fn write(profile: &Profile, form: Form) -> Result<Bytes, WriteError> {
    let response = ProfileResponse { data: profile.clone() };
    let newest = response.to_json()?;
    let mut envelope: Members = parse(&newest);
    let mut data: Members = envelope.read("data");
    match form {
        Form::OlderPage => older(&mut data),
        Form::OlderObjectsPage => {
            older(&mut data);
            as_dictionaries(&mut data);
        }
        Form::NewerPage | Form::OpenApi => newer(&mut data),
    }
    envelope.set("data", &data);
    Ok(Bytes::from(text(&envelope).get().to_owned()))
}

/// Arrays, `+00:00`, no environment in access levels, `null` for no base plan.
fn newer(data: &mut Members) {
    data.change_rows("access_levels", |level| level.remove("environment"));
    for list in LISTS {
        data.change_rows(list, |row| row.replace("store_base_plan_id", "\"\"", "null"));
    }
}

/// Arrays, `+0000` with microseconds, an environment in access levels, `""` for no base plan, and
/// the longer spelling of offers in subscriptions.
fn older(data: &mut Members) {
    let subscriptions: Vec<Members> = data.read("subscriptions");
    data.change_rows("access_levels", |level| {
        if level.get("environment").is_none() {
            let environment = environment_of(level, &subscriptions);
            level.insert_before("starts_at", "environment", environment);
        }
    });
    data.change_rows("subscriptions", |row| {
        let Some(mut offer) = row.read::<Option<Members>>("offer") else { return };
        for (name, _) in &mut offer.0 {
            name.insert_str(0, "offer_");
        }
        row.set("offer", &offer);
    });
    for list in LISTS {
        data.change_rows(list, |row| {
            row.replace("store_base_plan_id", "null", "\"\"");
            row.change_dates();
        });
    }
}

/// The page "200: OK" describes dictionaries, and `null` for none; no document prints one.
fn as_dictionaries(data: &mut Members) {
    let attributes: Vec<Members> = data.read("custom_attributes");
    let attributes = attributes.into_iter().map(|row| (row.read("key"), row.read("value")));
    let attributes = Members(attributes.collect());
    data.set_or_null("custom_attributes", &attributes);
    for (list, id) in [("access_levels", "access_level_id"), ("subscriptions", "store_product_id")]
    {
        let rows: Vec<Members> = data.read(list);
        let mut dictionary: Vec<(String, Members)> = Vec::new();
        for mut row in rows {
            let key: String = row.read(id);
            row.remove(id);
            match dictionary.iter_mut().find(|(known, _)| *known == key) {
                // A dictionary has room for one row of an id: the one that lasts longest.
                Some((_, known)) if known.lasts() < row.lasts() => *known = row,
                Some(_) => {}
                None => dictionary.push((key, row)),
            }
        }
        let dictionary = dictionary.into_iter().map(|(key, row)| (key, text(&row)));
        let dictionary = Members(dictionary.collect());
        data.set_or_null(list, &dictionary);
    }
    let rows: Vec<Members> = data.read("non_subscriptions");
    let mut dictionary: Vec<(String, Vec<Members>)> = Vec::new();
    for mut row in rows {
        let key: String = row.read("store_product_id");
        row.remove("store_product_id");
        match dictionary.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => known.push(row),
            None => dictionary.push((key, vec![row])),
        }
    }
    let dictionary = dictionary.into_iter().map(|(key, rows)| (key, text(&rows)));
    data.set_or_null("non_subscriptions", &Members(dictionary.collect()));
}

/// The environment of the subscription behind a level; `Production` where none is found.
fn environment_of(level: &Members, subscriptions: &[Members]) -> Box<RawValue> {
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

/// A JSON object: names in order, values as text.
struct Members(Vec<(String, Box<RawValue>)>);

impl Members {
    fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find_map(|(known, value)| (known == name).then_some(&**value))
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> T {
        parse(self.get(name).map_or("null", RawValue::get).as_bytes())
    }

    fn set(&mut self, name: &str, value: &impl Serialize) {
        if let Some((_, known)) = self.0.iter_mut().find(|(known, _)| known == name) {
            *known = text(value);
        }
    }

    fn set_or_null(&mut self, name: &str, dictionary: &Self) {
        self.set(name, &(!dictionary.0.is_empty()).then_some(dictionary));
    }

    fn remove(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }

    fn replace(&mut self, name: &str, from: &str, to: &'static str) {
        if self.get(name).is_some_and(|value| value.get() == from) {
            self.set(name, &parse::<Box<RawValue>>(to.as_bytes()));
        }
    }

    fn insert_before(&mut self, next: &str, name: &str, value: Box<RawValue>) {
        let at = self.0.iter().position(|(known, _)| known == next).unwrap_or(self.0.len());
        self.0.insert(at, (name.to_owned(), value));
    }

    fn change_rows(&mut self, list: &str, change: impl Fn(&mut Self)) {
        let mut rows: Vec<Self> = self.read(list);
        rows.iter_mut().for_each(change);
        self.set(list, &rows);
    }

    /// `2024-12-24T10:50:23+00:00` becomes `2024-12-24T10:50:23.000000+0000`.
    fn change_dates(&mut self) {
        for (name, value) in &mut self.0 {
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

    /// How long the row lasts, for comparing: `null` is longest, and dates of one zone compare as text.
    fn lasts(&self) -> (bool, String) {
        let end: Option<String> = self.read("expires_at");
        (end.is_none() && self.get("expires_at").is_some(), end.unwrap_or_default())
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

fn parse<T: DeserializeOwned>(json: &[u8]) -> T {
    serde_json::from_slice(json)
        .expect("the model writes objects, lists and texts where they belong")
}

fn text<T: Serialize + ?Sized>(value: &T) -> Box<RawValue> {
    to_raw_value(value).expect("texts and what was read as JSON can be written as JSON")
}
