//! The profiles of one app.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
};

use adapty_model::{Profile, ProfileResponse};
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    Identity,
    edition::Form,
    fixtures::{EXAMPLES, Example},
    form,
    identity::Named,
};

/// How many profiles one app may hold.
const LIMIT: usize = 100_000;
/// How many bytes their bodies may have together.
const BYTES_LIMIT: usize = 128 * 1024 * 1024;

/// Who can be asked for, and the body each gets.
#[derive(Clone)]
pub(crate) struct Profiles {
    customers: HashMap<String, Arc<Stored>>,
    profiles: HashMap<Uuid, Arc<Stored>>,
    bytes: usize,
}

/// One profile: its ids, and its body in whatever form is asked for.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) customer: Option<String>,
    pub(crate) profile: Option<Uuid>,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Example(&'static Example),
    Given(Bytes),
    Typed { profile: Box<Profile>, newest: Bytes, forms: [OnceLock<Bytes>; 4] },
}

impl Profiles {
    /// The documents' examples.
    pub(crate) fn examples() -> Self {
        let mut profiles = Self { customers: HashMap::new(), profiles: HashMap::new(), bytes: 0 };
        for example in &EXAMPLES {
            let stored = Stored {
                customer: Some(example.customer_user_id.to_owned()),
                profile: Some(example.profile_id),
                body: Body::Example(example),
            };
            profiles.put(stored).expect("three are not too many");
        }
        profiles
    }

    /// Adds a profile in the place of any that shares one of its ids. One that is refused changes
    /// nothing.
    pub(crate) fn put(&mut self, stored: Stored) -> Result<(), String> {
        if stored.customer.as_deref() == Some("") {
            return Err("customer_user_id: an empty one cannot be asked for".to_owned());
        }
        let ids = [
            stored.customer.clone().map(Identity::Customer),
            stored.profile.map(Identity::Profile),
        ];
        let replaced: Vec<_> = ids.iter().flatten().filter_map(|id| self.take(id)).collect();
        let room = self.room_for(&stored);
        if room.is_ok() {
            self.insert(Arc::new(stored));
        } else {
            replaced.into_iter().for_each(|stored| self.insert(stored));
        }
        room
    }

    /// Takes a profile away; says whether there was one.
    pub(crate) fn remove(&mut self, identity: &Identity) -> bool {
        self.take(identity).is_some()
    }

    fn room_for(&self, stored: &Stored) -> Result<(), String> {
        if self.customers.len().max(self.profiles.len()) >= LIMIT {
            return Err(format!("an app holds at most {LIMIT} profiles"));
        }
        if self.bytes + stored.size() > BYTES_LIMIT {
            return Err(format!("an app's profiles have at most {BYTES_LIMIT} bytes together"));
        }
        Ok(())
    }

    fn insert(&mut self, stored: Arc<Stored>) {
        self.bytes += stored.size();
        if let Some(id) = &stored.customer {
            self.customers.insert(id.clone(), Arc::clone(&stored));
        }
        if let Some(id) = stored.profile {
            self.profiles.insert(id, stored);
        }
    }

    fn take(&mut self, identity: &Identity) -> Option<Arc<Stored>> {
        let stored = self.get(identity).map(Arc::clone)?;
        self.bytes -= stored.size();
        if let Some(id) = &stored.customer {
            self.customers.remove(id);
        }
        if let Some(id) = &stored.profile {
            self.profiles.remove(id);
        }
        Some(stored)
    }

    /// Takes all away.
    pub(crate) fn clear(&mut self) {
        self.customers.clear();
        self.profiles.clear();
        self.bytes = 0;
    }

    pub(crate) fn get(&self, identity: &Identity) -> Option<&Arc<Stored>> {
        match identity {
            Identity::Customer(id) => self.customers.get(id),
            Identity::Profile(id) => self.profiles.get(id),
        }
    }

    /// Whom the headers name; an error when they name two.
    pub(crate) fn find(&self, named: &Named<'_>) -> Result<Option<&Arc<Stored>>, TwoProfiles> {
        let by_customer = named.customer.map(|id| self.customers.get(id));
        let by_profile = named.profile.map(|id| self.profiles.get(&id));
        match (by_customer, by_profile) {
            (Some(one), None) | (None, Some(one)) => Ok(one),
            (Some(Some(one)), Some(Some(other))) if Arc::ptr_eq(one, other) => Ok(Some(one)),
            (Some(None), Some(None)) | (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(TwoProfiles),
        }
    }

    /// Every profile once, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Stored>> {
        let unnamed = self.profiles.values().filter(|stored| stored.customer.is_none());
        self.customers.values().chain(unnamed)
    }
}

impl fmt::Debug for Profiles {
    /// How many, and of nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiles").field("count", &self.iter().count()).finish_non_exhaustive()
    }
}

/// Two identity headers that do not name one profile.
#[derive(Debug)]
pub(crate) struct TwoProfiles;

impl Stored {
    /// A body to serve as given, under the ids it states itself.
    pub(crate) fn given(body: Bytes) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Envelope {
            data: Ids,
        }

        #[derive(Deserialize)]
        struct Ids {
            profile_id: Option<Uuid>,
            customer_user_id: Option<String>,
        }

        let Envelope { data } = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
        if data.profile_id.is_none() && data.customer_user_id.is_none() {
            return Err("data: neither profile_id nor customer_user_id is there".to_owned());
        }
        Ok(Self {
            customer: data.customer_user_id,
            profile: data.profile_id,
            body: Body::Given(body),
        })
    }

    /// A body to serve as given, whatever it is, to those who ask for this identity.
    pub(crate) fn given_for(identity: Identity, body: Bytes) -> Self {
        let body = Body::Given(body);
        match identity {
            Identity::Customer(id) => Self { customer: Some(id), profile: None, body },
            Identity::Profile(id) => Self { customer: None, profile: Some(id), body },
        }
    }

    /// A typed profile.
    pub(crate) fn typed(profile: Profile) -> Result<Self, String> {
        let response = ProfileResponse { data: profile };
        let newest = response.to_json().map_err(|error| error.to_string())?;
        let profile = response.data;
        Ok(Self {
            customer: profile.customer_user_id.clone(),
            profile: Some(profile.profile_id),
            body: Body::Typed {
                profile: Box::new(profile),
                newest: newest.into(),
                forms: Default::default(),
            },
        })
    }

    /// What it takes of the app's share of memory; the built-in examples take nothing.
    fn size(&self) -> usize {
        match &self.body {
            Body::Example(_) => 0,
            Body::Given(body) => body.len(),
            Body::Typed { newest, .. } => newest.len(),
        }
    }

    /// The body; `None` asks for it as it was written.
    pub(crate) fn body(&self, form: Option<Form>) -> Bytes {
        match (&self.body, form) {
            (Body::Given(body), _) => body.clone(),
            (Body::Example(example), None) => Bytes::from_static(example.as_written),
            (Body::Example(example), Some(form)) => example.body(form),
            (Body::Typed { newest, .. }, None) => newest.clone(),
            (Body::Typed { profile, forms, .. }, Some(form)) => {
                let write = || form::write(profile, form).expect("it was written when it was put");
                forms[form as usize].get_or_init(write).clone()
            }
        }
    }
}
