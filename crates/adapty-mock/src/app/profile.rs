//! One profile as an app keeps it: its ids, and its body in whatever wire format is asked for.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use adapty_model::{Identity, Profile, ProfileResponse};
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

use super::private_data::PrivateData;
use crate::{
    budget::{Budget, OverBudget, Reservation},
    editions::{WireFormat, convert::convert},
    fixtures::Example,
    profile_lists::{ACCESS_LEVELS, Rows},
    raw_json::{Object, text},
};

/// What a profile takes of the budget beside its body and its ids: a row in each of two tables, and
/// what holds it together.
const OVERHEAD: usize = 512;

/// One profile.
#[derive(Debug)]
pub(crate) struct StoredProfile {
    pub(crate) customer: Option<String>,
    pub(crate) profile: Option<Uuid>,
    /// The body as it was written: by a document, by a test, or by us in the newest format.
    written: Bytes,
    formats: Formats,
    access_level_ids: Made<Arc<[String]>>,
    pub(crate) private: Arc<PrivateData>,
    /// What it takes of the server's budget; nothing before it is put, and nothing for an example.
    room: Option<Reservation>,
}

/// In which wire formats a profile is served.
#[derive(Debug)]
enum Formats {
    /// In the one it was given in.
    AsGiven,
    /// In each that an edition asks for.
    OfEditions(Box<[Format; 4]>),
}

/// The body in one wire format.
#[derive(Debug)]
enum Format {
    /// As a document prints it.
    Documented(Bytes),
    /// Made of the body as written.
    Made(Made<Bytes>),
}

impl Default for Format {
    fn default() -> Self {
        Self::Made(Made::default())
    }
}

impl StoredProfile {
    /// A built-in example.
    pub(super) fn example(example: &'static Example) -> Self {
        let format = |body: Option<&'static [u8]>| {
            body.map_or_else(Format::default, |body| Format::Documented(Bytes::from_static(body)))
        };
        let formats = Formats::OfEditions(Box::new(example.in_format.map(format)));
        let written = Bytes::from_static(example.as_written);
        let customer = Some(example.customer_user_id.to_owned());
        Self::new(customer, Some(example.profile_id), written, formats)
    }

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
        Ok(Self::new(data.customer_user_id, data.profile_id, body, Formats::AsGiven))
    }

    /// A body to serve as given, whatever it is, to those who ask for this identity.
    pub(crate) fn given_for(identity: Identity, body: Bytes) -> Self {
        let (customer, profile) = match identity {
            Identity::CustomerUserId(id) => (Some(id), None),
            Identity::ProfileId(id) => (None, Some(id)),
        };
        Self::new(customer, profile, body, Formats::AsGiven)
    }

    /// A typed profile.
    pub(crate) fn typed(profile: Profile) -> Result<Self, String> {
        let response = ProfileResponse { data: profile };
        let written = Bytes::from(response.to_json().map_err(|error| error.to_string())?);
        let Profile { customer_user_id, profile_id, .. } = response.data;
        let formats = Formats::OfEditions(Box::default());
        Ok(Self::new(customer_user_id, Some(profile_id), written, formats))
    }

    /// A profile of ours, in the newest format.
    pub(super) fn of_editions(customer: Option<String>, profile: Uuid, written: Bytes) -> Self {
        Self::new(customer, Some(profile), written, Formats::OfEditions(Box::default()))
    }

    fn new(
        customer: Option<String>,
        profile: Option<Uuid>,
        written: Bytes,
        formats: Formats,
    ) -> Self {
        let (access_level_ids, private) = (Made::default(), Arc::default());
        Self { customer, profile, written, formats, access_level_ids, private, room: None }
    }

    /// Takes its room of the budget.
    pub(super) fn reserve(&mut self, budget: &Arc<Budget>) -> Result<(), OverBudget> {
        let ids = 2 * self.customer.as_ref().map_or(0, String::len);
        let documented = match &self.formats {
            Formats::AsGiven => 0,
            Formats::OfEditions(formats) => formats.iter().map(Format::size).sum(),
        };
        let bytes = self.written.len() + documented + ids + self.private.size() + OVERHEAD;
        self.room = Some(budget.reserve(bytes)?);
        Ok(())
    }

    /// Both of its ids, as far as they are known.
    pub(super) fn identities(&self) -> impl Iterator<Item = Identity> {
        let customer = self.customer.clone().map(Identity::CustomerUserId);
        customer.into_iter().chain(self.profile.map(Identity::ProfileId))
    }

    /// The body; `None` asks for it as it was written.
    pub(crate) fn body(&self, format: Option<WireFormat>) -> Bytes {
        match (&self.formats, format) {
            (Formats::AsGiven, _) | (_, None) => self.written.clone(),
            (Formats::OfEditions(formats), Some(format)) => match &formats[format as usize] {
                Format::Documented(body) => body.clone(),
                Format::Made(body) => body.get(self.room.as_ref(), Bytes::len, || {
                    convert(&self.written, format).unwrap_or_else(|| self.written.clone())
                }),
            },
        }
    }

    /// The same profile with its `data` changed. The fields that `change` leaves alone stay as they
    /// were written.
    pub(super) fn changed(
        &self,
        change: impl Fn(&mut Object<'_>) -> Result<(), Unchangeable>,
    ) -> Result<Self, Unchangeable> {
        let written = changed(&self.written, &change)?;
        let formats = match &self.formats {
            Formats::AsGiven => Formats::AsGiven,
            Formats::OfEditions(before) => {
                let mut formats = Box::<[Format; 4]>::default();
                // In these two a change is written as it is; the older ones differ row by row.
                for format in [WireFormat::NewerPage, WireFormat::OpenApi] {
                    if let Format::Documented(body) = &before[format as usize] {
                        formats[format as usize] = Format::Documented(changed(body, &change)?);
                    }
                }
                Formats::OfEditions(formats)
            }
        };
        let changed = Self::new(self.customer.clone(), self.profile, written, formats);
        Ok(Self { private: Arc::clone(&self.private), ..changed })
    }

    /// The same profile with other private data.
    pub(super) fn with_private(&self, private: PrivateData) -> Self {
        let formats = match &self.formats {
            Formats::AsGiven => Formats::AsGiven,
            Formats::OfEditions(formats) => {
                Formats::OfEditions(Box::new(formats.each_ref().map(Format::unmade)))
            }
        };
        let same = Self::new(self.customer.clone(), self.profile, self.written.clone(), formats);
        Self { private: Arc::new(private), ..same }
    }

    /// The ids of its access levels, as far as they can be read.
    pub(super) fn access_level_ids(&self) -> Arc<[String]> {
        let size = |ids: &Arc<[String]>| ids.iter().map(|id| id.len() + size_of::<String>()).sum();
        self.access_level_ids
            .get(self.room.as_ref(), size, || self.read_access_level_ids().unwrap_or_default())
    }

    fn read_access_level_ids(&self) -> Option<Arc<[String]>> {
        self.read_data(|data| {
            let Rows { rows, .. } = Rows::read(data, ACCESS_LEVELS)?;
            Some(rows.iter().filter_map(|row| row.read(ACCESS_LEVELS.id)).collect())
        })
    }

    /// What can be read of the body's `data`; `None` where it has none.
    pub(super) fn read_data<T>(&self, read: impl FnOnce(&Object<'_>) -> Option<T>) -> Option<T> {
        let envelope = Object::parse(std::str::from_utf8(&self.written).ok()?)?;
        read(&envelope.object("data")?)
    }
}

impl Format {
    /// The same, what was made of the body forgotten.
    fn unmade(&self) -> Self {
        match self {
            Self::Documented(body) => Self::Documented(body.clone()),
            Self::Made(_) => Self::default(),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Documented(body) => body.len(),
            Self::Made(_) => 0,
        }
    }
}

/// What is made of a body when it is first asked for; where there is no room to keep it, it is made
/// anew each time.
#[derive(Debug)]
struct Made<T>(OnceLock<(T, Option<Reservation>)>);

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(OnceLock::new())
    }
}

impl<T: Clone> Made<T> {
    /// `room` is that of the profile; without one, as for an example, there is no budget.
    fn get(
        &self,
        room: Option<&Reservation>,
        size: impl FnOnce(&T) -> usize,
        make: impl FnOnce() -> T,
    ) -> T {
        if let Some((made, _)) = self.0.get() {
            return made.clone();
        }
        let made = make();
        match room.map(|room| room.budget().reserve(size(&made))).transpose() {
            Ok(room) => self.0.get_or_init(|| (made, room)).0.clone(),
            Err(_) => made,
        }
    }
}

/// A body with its `data` changed.
fn changed(
    body: &[u8],
    change: impl Fn(&mut Object<'_>) -> Result<(), Unchangeable>,
) -> Result<Bytes, Unchangeable> {
    let body = std::str::from_utf8(body).map_err(|_| Unchangeable::NoProfile)?;
    let mut envelope = Object::parse(body).ok_or(Unchangeable::NoProfile)?;
    let mut data = envelope.object("data").ok_or(Unchangeable::NoProfile)?;
    change(&mut data)?;
    envelope.put("data", &data);
    Ok(Bytes::from(text(&envelope).get().to_owned()))
}

/// Why a command leaves a profile as it is.
#[derive(Clone, Debug)]
pub(crate) enum Unchangeable {
    /// The body is no profile.
    NoProfile,
    /// It would have more custom attributes than the documents allow.
    TooManyAttributes,
    /// There is no room for the change, in words.
    NoRoom(String),
}

impl From<OverBudget> for Unchangeable {
    fn from(over: OverBudget) -> Self {
        Self::NoRoom(over.to_string())
    }
}

impl fmt::Display for Unchangeable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProfile => f.write_str("the body stored for this id is no profile to change"),
            Self::TooManyAttributes => {
                f.write_str("custom_attributes: a profile has at most 30, and these would be more")
            }
            Self::NoRoom(what) => f.write_str(what),
        }
    }
}
