//! What create and update profile set.
//!
//! Custom attributes are in the body; all else that is set is kept beside it, as no answer shows it.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use serde_json::Value;

use super::{
    private_data::PrivateData,
    profile::{StoredProfile, Unchangeable},
    state::State,
};
use crate::{
    profile_lists::{CUSTOM_ATTRIBUTES, Rows},
    raw_json::Object,
};

pub(crate) const ATTRIBUTES: &str = CUSTOM_ATTRIBUTES.name;
/// How many custom attributes a profile has at most, as documented.
const ATTRIBUTE_LIMIT: usize = 30;

/// What a request sets, checked.
#[derive(Debug, Default)]
pub(crate) struct ProfileChange {
    /// Personal data by their wire keys; `null` takes one away.
    pub(crate) personal: BTreeMap<&'static str, Value>,
    /// Custom attributes in the request's order; nothing takes one away.
    pub(crate) custom_attributes: Vec<(String, Option<Value>)>,
}

impl State {
    /// Sets what a request sets, and leaves all else of the profile as it is.
    pub(crate) fn update_profile(
        &mut self,
        stored: &StoredProfile,
        change: &ProfileChange,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let mut private = PrivateData::clone(&stored.private);
        change.set_personal(&mut private);
        self.change_profile_and_private(stored, Some(private), |data| change.set_attributes(data))
    }
}

impl ProfileChange {
    pub(super) fn set_personal(&self, private: &mut PrivateData) {
        for (name, value) in &self.personal {
            match value {
                Value::Null => drop(private.personal.remove(*name)),
                value => drop(private.personal.insert((*name).to_owned(), value.clone())),
            }
        }
    }

    pub(super) fn set_attributes(&self, data: &mut Object<'_>) -> Result<(), Unchangeable> {
        if self.custom_attributes.is_empty() {
            return Ok(());
        }
        let mut attributes = Rows::read(data, CUSTOM_ATTRIBUTES).ok_or(Unchangeable::NoProfile)?;
        let rows = &mut attributes.rows;
        let before = rows.len();
        for (key, value) in &self.custom_attributes {
            let known =
                rows.iter().position(|row| row.read(CUSTOM_ATTRIBUTES.id).as_ref() == Some(key));
            match (known, value) {
                (Some(at), Some(value)) => rows[at].put("value", value),
                (Some(at), None) => drop(rows.remove(at)),
                (None, Some(value)) => rows.push(Object::of(&Attribute { key, value })),
                (None, None) => {}
            }
        }
        // One that was given with more can still be made smaller.
        if rows.len() > ATTRIBUTE_LIMIT.max(before) {
            return Err(Unchangeable::TooManyAttributes);
        }
        attributes.write(data);
        Ok(())
    }
}

#[derive(Serialize)]
struct Attribute<'a> {
    key: &'a str,
    value: &'a Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_takes_personal_data_away_and_what_is_absent_stays() {
        let set = |fields: &[(&'static str, Value)], private: &mut PrivateData| {
            let personal = fields.iter().cloned().collect();
            ProfileChange { personal, ..ProfileChange::default() }.set_personal(private);
        };
        let mut private = PrivateData::default();
        set(&[("first_name", "Jane".into()), ("analytics_disabled", false.into())], &mut private);
        set(&[("first_name", Value::Null), ("last_name", "".into())], &mut private);
        let kept: Vec<_> = private.personal.into_iter().collect();
        let expected = [("analytics_disabled", Value::from(false)), ("last_name", "".into())];
        assert_eq!(kept, expected.map(|(name, value)| (name.to_owned(), value)));
    }
}
