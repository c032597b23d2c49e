//! The four lists of a profile, in each form that the documents show: an array, a dictionary, `null`.

use std::borrow::Cow;

use adapty_model::time::OffsetDateTime;
use serde_json::value::RawValue;

use crate::{
    dates,
    raw_json::{Object, Value, parse_value, text},
};

/// How large the body of a profile may be. What is larger is served as it is: its rows would take many
/// times the room of its text.
pub(crate) const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// The object that is a profile's body; `None` where it is none.
pub(crate) fn envelope(body: &[u8]) -> Option<Object<'_>> {
    if body.len() > BODY_LIMIT {
        return None;
    }
    Object::parse(std::str::from_utf8(body).ok()?)
}

/// One of the lists: its name, the field that names a row, and what a dictionary has under that name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    pub(crate) name: &'static str,
    pub(crate) id: &'static str,
    entry: Entry,
}

/// What a dictionary has under a key.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Entry {
    /// A value, which the rows of an array have in their field `value`.
    Value,
    /// A row.
    Row,
    /// An array of rows.
    Rows,
}

pub(crate) const CUSTOM_ATTRIBUTES: List =
    List { name: "custom_attributes", id: "key", entry: Entry::Value };
pub(crate) const ACCESS_LEVELS: List =
    List { name: "access_levels", id: "access_level_id", entry: Entry::Row };
pub(crate) const SUBSCRIPTIONS: List =
    List { name: "subscriptions", id: "store_product_id", entry: Entry::Row };
pub(crate) const NON_SUBSCRIPTIONS: List =
    List { name: "non_subscriptions", id: "store_product_id", entry: Entry::Rows };

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Array,
    /// `null` where there is no row.
    Dictionary,
    /// An array as soon as there is a row.
    Null,
}

/// The rows of a list, each with its id among its fields.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) rows: Vec<Object<'a>>,
    list: List,
    form: Form,
}

impl<'a> Rows<'a> {
    /// Reads a list of a profile's `data`; `None` where it is no list. An absent one has no rows.
    pub(crate) fn read(data: &Object<'a>, list: List) -> Option<Self> {
        let Some(value) = data.value(list.name) else {
            return Some(Self { rows: Vec::new(), list, form: Form::Null });
        };
        let (rows, form) = match value.get().as_bytes().first() {
            Some(b'[') => (array(value)?, Form::Array),
            Some(b'{') => (dictionary(parse_value(value)?, list)?, Form::Dictionary),
            Some(b'n') => (Vec::new(), Form::Null),
            _ => return None,
        };
        Some(Self { rows, list, form })
    }

    /// Writes the list in the form it was read in.
    pub(crate) fn write(self, data: &mut Object<'_>) {
        let form = self.form;
        self.write_as(form, data);
    }

    /// Writes the list in this form.
    pub(crate) fn write_as(self, form: Form, data: &mut Object<'_>) {
        match form {
            Form::Array => data.put(self.list.name, &self.rows),
            Form::Null if self.rows.is_empty() => data.put(self.list.name, &()),
            Form::Null => data.put(self.list.name, &self.rows),
            Form::Dictionary if self.rows.is_empty() => data.put(self.list.name, &()),
            Form::Dictionary => data.put(self.list.name, &self.into_dictionary()),
        }
    }

    fn into_dictionary(self) -> Object<'a> {
        let id = |row: &Object<'_>| row.read::<String>(self.list.id).unwrap_or_default();
        let mut entries: Vec<(String, Vec<Object<'a>>)> = Vec::new();
        for row in self.rows {
            let key = id(&row);
            match entries.iter_mut().find(|(known, _)| *known == key) {
                None => entries.push((key, vec![row])),
                Some((_, rows)) if self.list.entry == Entry::Rows => rows.push(row),
                // There is room for one row: for the one that lasts longest.
                Some((_, rows)) if lasts(&rows[0]) < lasts(&row) => rows[0] = row,
                Some(_) => {}
            }
        }
        let entries = entries.into_iter().map(|(key, mut rows)| {
            rows.iter_mut().for_each(|row| drop(row.remove(self.list.id)));
            let value = match self.list.entry {
                Entry::Value => rows.remove(0).remove("value").unwrap_or_else(null),
                Entry::Row => Cow::Owned(text(&rows[0])),
                Entry::Rows => Cow::Owned(text(&rows)),
            };
            (Cow::Owned(key), value)
        });
        Object(entries.collect())
    }
}

fn null<'a>() -> Value<'a> {
    Cow::Borrowed(RawValue::NULL)
}

fn array<'a>(value: &Value<'a>) -> Option<Vec<Object<'a>>> {
    match value {
        Cow::Borrowed(raw) => serde_json::from_str(raw.get()).ok(),
        Cow::Owned(raw) => {
            let rows: Vec<Object<'_>> = serde_json::from_str(raw.get()).ok()?;
            Some(rows.into_iter().map(Object::into_owned).collect())
        }
    }
}

/// The rows of a dictionary, whose keys become their ids unless they state one themselves.
fn dictionary<'a>(entries: Object<'a>, list: List) -> Option<Vec<Object<'a>>> {
    let mut rows = Vec::with_capacity(entries.0.len());
    for (key, value) in entries.0 {
        let is_array = value.get().starts_with('[');
        let of_key = match list.entry {
            Entry::Value => vec![Object(vec![("value".into(), value)])],
            Entry::Rows if is_array => array(&value)?,
            Entry::Row | Entry::Rows => vec![parse_value(&value)?],
        };
        rows.extend(of_key.into_iter().map(|mut row| {
            if row.get(list.id).is_none_or(|id| id.get() == "null") {
                row.remove(list.id);
                row.0.insert(0, (list.id.into(), Cow::Owned(text(&*key))));
            }
            row
        }));
    }
    Some(rows)
}

/// How long a row lasts: the longer, the greater; one that never ends is the greatest.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lasts {
    NotStated,
    Until(OffsetDateTime),
    Forever,
}

/// How long a row lasts, by its `expires_at`.
pub(crate) fn lasts(row: &Object<'_>) -> Lasts {
    match row.get("expires_at").map(RawValue::get) {
        Some("null") => Lasts::Forever,
        _ => date(row, "expires_at").map_or(Lasts::NotStated, Lasts::Until),
    }
}

/// A date among a row's fields; `None` where there is none that can be read.
pub(crate) fn date(row: &Object<'_>, name: &str) -> Option<OffsetDateTime> {
    dates::read(&row.read::<String>(name)?)
}
