//! What can be told about a customer, when a profile is created and when it is updated.

mod installation_meta;
mod att_status;
mod birthday;
mod gender;
mod platform;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::att_status::AttStatus;
pub use self::birthday::Birthday;
pub use self::gender::Gender;
pub use self::installation_meta::InstallationMeta;
pub use self::platform::Platform;
use crate::json::object::object;
use crate::json::{Field, ReadError, read};
use crate::profile::{AttributeValue, CustomAttribute, Store};
use crate::validation::{TWO_LETTERS, ValidationError, Violations, has_two_letters, is_within};

/// What to note about a customer: the body of create profile and of update profile.
///
/// What is [`Absent`](Field::Absent) is left as it is, [`Null`](Field::Null) clears it. Profiles in
/// answers show nothing of it but the attributes. No field is required by every document: the OpenAPI
/// file requires `installation_meta` and the pages do not.
///
/// `Debug` shows all of it: nothing for a log.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, remote = "Self", expecting = "a profile request object")]
#[non_exhaustive]
pub struct ProfileRequest {
    /// The customer's first name. Wire: `first_name`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub first_name: Field<String>,

    /// The customer's last name. Wire: `last_name`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub last_name: Field<String>,

    /// The customer's gender. Wire: `gender`, `f`, `m`, `o` or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub gender: Field<Gender>,

    /// The customer's e-mail address. Wire: `email`, a string in the form of one, or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub email: Field<String>,

    /// The customer's telephone number. Wire: `phone_number`, a string or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub phone_number: Field<String>,

    /// The day on which the customer was born.
    ///
    /// Wire: `birthday`, `YYYY-MM-DD`; `null` in the OpenAPI file alone.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub birthday: Field<Birthday>,

    /// The country the customer's address on the internet belongs to. A server should send it: Adapty
    /// otherwise takes the country of the server's own address.
    ///
    /// Wire: `ip_country`, two letters (`FR`); `null` in the OpenAPI file alone.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub ip_country: Field<String>,

    /// The customer's address on the internet.
    ///
    /// Wire: `ip_v4_address`, a string or `null`; in the OpenAPI file alone.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub ip_v4_address: Field<String>,

    /// The country of the customer's account at the store.
    ///
    /// Wire: `store_country`, two letters or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub store_country: Field<String>,

    /// The store the customer buys in. Wire: `store`, an id of a store or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub store: Field<Store>,

    /// The token that ties purchases in the store to an account of the developer's.
    ///
    /// Wire: `store_account_token`, a UUID or `null`; in the OpenAPI file alone.
    #[serde(with = "crate::json::field::uuid", skip_serializing_if = "Field::is_absent")]
    pub store_account_token: Field<Uuid>,

    /// What the customer answered to Apple's question about tracking.
    ///
    /// Wire: `att_status`, an integer from 0 to 3, or `null`.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub att_status: Field<AttStatus>,

    /// Whether events of this customer are kept from all integrations.
    ///
    /// Wire: `analytics_disabled`, a boolean; `null` in the OpenAPI file alone.
    #[serde(skip_serializing_if = "Field::is_absent")]
    pub analytics_disabled: Field<bool>,

    /// Custom attributes to set, one to thirty; `None` leaves all as they are. A value `""` or `null`
    /// deletes that attribute, and what is not named stays.
    ///
    /// Wire: `custom_attributes`, an array; left out if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<Vec<CustomAttribute>>,

    /// The device or browser this is about; `None` says nothing of one.
    ///
    /// Wire: `installation_meta`, an object; left out if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installation_meta: Option<InstallationMeta>,
}

impl ProfileRequest {
    /// A request that says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the body of such a request, and names the field at fault where it cannot.
    ///
    /// # Errors
    ///
    /// - The body is not UTF-8, not JSON, or no object.
    /// - A field is there twice, or has a type that no document shows for it.
    /// - `birthday` is no day as `YYYY-MM-DD`, or `store_account_token` no UUID.
    /// - An installation is without its `device_id`, or an attribute without its `key`.
    pub fn from_json(body: &[u8]) -> Result<Self, ReadError> {
        read(body)
    }

    /// Sets one more custom attribute; a value `""` or [`Null`](AttributeValue::Null) deletes it.
    #[must_use]
    pub fn attribute(mut self, key: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        let attribute = CustomAttribute::new(key, value);
        self.custom_attributes.get_or_insert_default().push(attribute);
        self
    }

    /// Holds the request against the documents' rules: a gender, an answer about tracking and a platform
    /// of the documents' own; an e-mail address with something on either side of its `@`; four numbers
    /// for an address on the internet; countries of two letters; one to thirty attributes, their keys of
    /// 1 to 30 letters, digits, `-`, `.` and `_`, their texts of at most 50 characters (the OpenAPI file;
    /// 30 in older pages).
    ///
    /// # Errors
    ///
    /// Every rule that is broken, and where.
    pub fn validate(&self) -> Result<(), ValidationError> {
        let mut violations = Violations::default();
        // A document's own value may be held as an unknown one, and is that value.
        let gender = self.gender.value().map(|it| Gender::from(it.as_str()));
        let is_known = !matches!(gender, Some(Gender::Unknown(_)));
        violations.require(is_known, "gender", "must be f, m or o");
        let is_address = self.email.value().is_none_or(|it| is_email(it));
        violations.require(is_address, "email", "must be an e-mail address");
        let is_address = self.ip_v4_address.value().is_none_or(|it| is_ipv4(it));
        violations.require(is_address, "ip_v4_address", "must be an IPv4 address");
        let countries = [("ip_country", &self.ip_country), ("store_country", &self.store_country)];
        for (path, country) in countries {
            let holds = country.value().is_none_or(|country| has_two_letters(country));
            violations.require(holds, path, TWO_LETTERS);
        }
        let is_known = self.att_status.value().is_none_or(|it| (0..=3).contains(&it.number()));
        violations.require(is_known, "att_status", "must be 0, 1, 2 or 3");
        if let Some(attributes) = &self.custom_attributes {
            check_attributes(attributes, &mut violations);
        }
        let platform = self.installation_meta.as_ref().and_then(|it| it.platform.value());
        let platform = platform.map(|it| Platform::from(it.as_str()));
        let is_known = !matches!(platform, Some(Platform::Other(_)));
        let rule = "must be iOS, macOS, iPadOS, visionOS, Android or web";
        violations.require(is_known, "installation_meta.platform", rule);
        violations.finish()
    }

    /// What no log may show: an e-mail address, a telephone number and a device's id often are ids of
    /// the customer.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let device = self.installation_meta.as_ref().map(|meta| &meta.device_id);
        let secrets = [self.email.value(), self.phone_number.value(), device];
        secrets.into_iter().flatten().map(String::as_str).filter(|it| !it.is_empty()).collect()
    }
}

object!(ProfileRequest);

/// Whether a text is four numbers of a byte each, without noughts before them.
fn is_ipv4(text: &str) -> bool {
    let is_byte = |it: &str| it.parse::<u8>().is_ok_and(|byte| byte.to_string() == it);
    text.split('.').count() == 4 && text.split('.').all(is_byte)
}

/// Whether a text has the form of an address, as far as anybody but its own server can tell.
fn is_email(text: &str) -> bool {
    let is_part = |it: &str| !it.is_empty() && !it.contains(char::is_whitespace);
    text.rsplit_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}

fn check_attributes(attributes: &[CustomAttribute], violations: &mut Violations) {
    let path = "custom_attributes";
    violations.require(!attributes.is_empty(), path, "at least one attribute must be given");
    violations.require(attributes.len() <= 30, path, "at most 30 attributes can be given");
    for (position, attribute) in attributes.iter().enumerate() {
        let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_');
        let key = format_args!("{path}[{position}].key");
        violations.require(!attribute.key.is_empty(), key, "a key has at least 1 character");
        let rule = "a key has at most 30 characters";
        violations.require(is_within(&attribute.key, 30), key, rule);
        let rule = "a key has only letters, digits, '-', '.' and '_'";
        violations.require(attribute.key.chars().all(is_plain), key, rule);
        if let AttributeValue::Text(text) = &attribute.value {
            let rule = "a value has at most 50 characters";
            violations.require(is_within(text, 50), format_args!("{path}[{position}].value"), rule);
        }
    }
}
