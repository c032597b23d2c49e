//! The body of create and update profile.
//!
//! Types, words and limits are the documents'; where two of them disagree, the wider counts.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde_json::Value;
use uuid::Uuid;

use super::fields::Fields;
use crate::{
    app::update_profile::{ATTRIBUTES, ProfileChange},
    dates,
    reply::Reply,
};

const KEY_LENGTH: usize = 30;
/// The OpenAPI file's; an older page says 30.
const VALUE_LENGTH: usize = 50;

/// What a personal field may be, beside `null`.
enum Kind {
    Text,
    Word(&'static [&'static str]),
    Boolean,
    /// A text or a number, and what it is to be.
    Checked(fn(&Value) -> bool, &'static str),
}

/// The personal fields, in the order of their checks.
const PERSONAL: [(&str, Kind); 13] = [
    ("first_name", Kind::Text),
    ("last_name", Kind::Text),
    ("gender", Kind::Word(&["f", "m", "o"])),
    ("email", Kind::Checked(is_email, "is not an e-mail address")),
    ("phone_number", Kind::Text),
    ("birthday", Kind::Checked(is_day, "is not a date such as 2000-12-31")),
    ("ip_country", Kind::Text),
    ("ip_v4_address", Kind::Checked(is_ip_v4, "is not an IPv4 address")),
    ("store_country", Kind::Checked(is_country, "is not a country's two letters")),
    ("store", Kind::Text),
    ("store_account_token", Kind::Checked(is_uuid, "is not a UUID")),
    ("att_status", Kind::Checked(is_att_status, "is none of 0, 1, 2, 3")),
    ("analytics_disabled", Kind::Boolean),
];

const INSTALLATION: &str = "installation_meta";
/// The texts of an installation beside its required `device_id`.
const INSTALLATION_TEXTS: [&str; 13] = [
    "device",
    "locale",
    "os",
    "timezone",
    "user_agent",
    "app_build",
    "app_version",
    "adapty_sdk_version",
    "idfa",
    "idfv",
    "advertising_id",
    "android_id",
    "android_app_set_id",
];
const PLATFORMS: [&str; 6] = ["iOS", "macOS", "iPadOS", "Android", "visionOS", "web"];

/// Reads what the body sets; a field that is absent is left as it is.
pub(super) fn read(fields: &Fields) -> Result<ProfileChange, Reply> {
    let mut personal = BTreeMap::new();
    for (name, kind) in &PERSONAL {
        let Some(value) = fields.value(name) else { continue };
        if !value.is_null() {
            check(fields, name, kind, value)?;
        }
        personal.insert(*name, value.clone());
    }
    if fields.value(INSTALLATION).is_some() {
        personal.insert(INSTALLATION, installation(fields)?);
    }
    let custom_attributes = match fields.value(ATTRIBUTES) {
        None => Vec::new(),
        Some(_) => custom_attributes(fields)?,
    };
    Ok(ProfileChange { personal, custom_attributes })
}

fn check(fields: &Fields, name: &str, kind: &Kind, value: &Value) -> Result<(), Reply> {
    match kind {
        Kind::Text => drop(fields.optional_text(name)?),
        Kind::Word(words) => drop(fields.optional_word(name, words)?),
        Kind::Boolean if value.is_boolean() => {}
        Kind::Boolean => return Err(fields.wrong(name, "is neither a boolean nor null")),
        Kind::Checked(is_right, _) if is_right(value) => {}
        Kind::Checked(_, what) => return Err(fields.wrong(name, what)),
    }
    Ok(())
}

fn installation(fields: &Fields) -> Result<Value, Reply> {
    let installation = fields.object(INSTALLATION)?;
    installation.text("device_id")?;
    installation.optional_word("platform", &PLATFORMS)?;
    for name in INSTALLATION_TEXTS {
        installation.optional_text(name)?;
    }
    Ok(installation.into_value())
}

fn custom_attributes(fields: &Fields) -> Result<Vec<(String, Option<Value>)>, Reply> {
    let attributes = fields.objects(ATTRIBUTES)?;
    match attributes.len() {
        0 => return Err(fields.wrong(ATTRIBUTES, "has no attribute; one at least is to be given")),
        1..=30 => {}
        _ => return Err(fields.wrong(ATTRIBUTES, "has more than 30 attributes")),
    }
    attributes.iter().map(|attribute| Ok((key(attribute)?, value(attribute)?))).collect()
}

fn key(attribute: &Fields) -> Result<String, Reply> {
    let key = attribute.id("key")?;
    if key.chars().count() > KEY_LENGTH {
        return Err(attribute.wrong("key", "is longer than 30 characters"));
    }
    if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
        return Err(attribute.wrong("key", "has other characters than letters, digits, - . _"));
    }
    Ok(key)
}

/// Booleans and integers become floats, as the documents say; nothing deletes.
fn value(attribute: &Fields) -> Result<Option<Value>, Reply> {
    match attribute.value("value") {
        None => Err(attribute.wrong("value", "is missing")),
        Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) if text.chars().count() > VALUE_LENGTH => {
            Err(attribute.wrong("value", "is longer than 50 characters"))
        }
        Some(Value::String(text)) => Ok(Some(Value::from(text.as_str()))),
        Some(Value::Bool(boolean)) => Ok(Some(Value::from(f64::from(u8::from(*boolean))))),
        Some(Value::Number(number)) => Ok(number.as_f64().map(Value::from)),
        Some(_) => Err(attribute.wrong("value", "is neither a string, a number nor null")),
    }
}

fn is_email(value: &Value) -> bool {
    let parts = value.as_str().and_then(|text| text.split_once('@'));
    parts.is_some_and(|(name, host)| {
        let is_part = |part: &str| {
            !part.is_empty() && !part.contains(|it: char| it == '@' || it.is_whitespace())
        };
        is_part(name) && is_part(host)
    })
}

fn is_day(value: &Value) -> bool {
    let day = value.as_str().filter(|text| text.len() == 10);
    day.is_some_and(|day| dates::read(&format!("{day}T00:00:00Z")).is_some())
}

fn is_ip_v4(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.parse::<Ipv4Addr>().is_ok())
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok())
}

fn is_att_status(value: &Value) -> bool {
    value.as_u64().is_some_and(|status| status <= 3)
}

/// Whether it is written as ISO 3166-1 writes a country.
pub(super) fn is_country(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}
