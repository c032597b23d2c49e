//! One profile as an app keeps it: its ids, and its body in whatever wire format is asked for.

use std::{
    cell::Cell,
    fmt,
    sync::{Arc, OnceLock},
};

use adapty_model::{Identity, Profile, ProfileResponse, time::OffsetDateTime};
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    private_data::PrivateData,
    put::{PutProfile, Served},
};
use crate::{
    budget::{Budget, NotKept, OverBudget, Reservation},
    editions::{
        WireFormat,
        convert::{convert, is_profile},
        newest::{Gaps, fill},
    },
    fixtures::Example,
    json_reader::Document,
    profile_lists::{ACCESS_LEVELS, BODY_LIMIT, Rows, envelope},
    raw_json::Object,
    relative_dates,
};

/// How many profiles one app may hold.
pub(super) const LIMIT: usize = 100_000;

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
    /// The body as a file states it, where that has dates counted from the app's time; `None` otherwise, and
    /// once anything of the profile was changed.
    counted: Option<Bytes>,
    /// What it takes of the server's budget; nothing before it is put, and nothing for an example.
    room: Option<Reservation>,
}

/// In which wire formats a profile is served.
#[derive(Debug)]
enum Formats {
    /// In the one it was given in: it does not read as a profile, or is to be served so.
    AsGiven { asked: bool },
    /// In each that an edition asks for; there are none before one is.
    OfEditions(OnceLock<Box<[Format; 4]>>),
}

/// The body in one wire format.
#[derive(Debug)]
enum Format {
    /// As a document prints it.
    Documented(Bytes),
    /// Made of the body as written.
    Made(OnceLock<Bytes>),
}

impl Default for Format {
    fn default() -> Self {
        Self::Made(OnceLock::new())
    }
}

impl StoredProfile {
    /// A built-in example.
    pub(super) fn example(example: &'static Example) -> Self {
        let format = |body: Option<&'static [u8]>| {
            body.map_or_else(Format::default, |body| Format::Documented(Bytes::from_static(body)))
        };
        let formats = Formats::OfEditions(OnceLock::from(Box::new(example.in_format.map(format))));
        let written = Bytes::from_static(example.as_written);
        let customer = Some(example.customer_user_id.to_owned());
        Self::new(customer, Some(example.profile_id), written, formats)
    }

    /// The profiles in a text: one, or a list of them, each under the ids it states itself. Those that read
    /// as profiles are served by edition, unless they are to be served as given.
    ///
    /// Each takes its room as it is read, where there is a budget yet: many short ones are far more than
    /// their text.
    pub(crate) fn read_all(
        json: &[u8],
        as_given: bool,
        now: OffsetDateTime,
        budget: Option<&Arc<Budget>>,
    ) -> Result<Vec<Self>, NotKept> {
        let read = |document: Document<'_>| Self::read(document, as_given, now);
        Self::read_each(json, budget, read)
    }

    /// The same, for all apps to start with: dates that are counted from the app's time stay countable.
    pub(crate) fn read_shared(
        json: &[u8],
        as_given: bool,
        now: OffsetDateTime,
    ) -> Result<Vec<Self>, NotKept> {
        let read = |document: Document<'_>| {
            let body = Bytes::copy_from_slice(document.written().as_bytes());
            let profile = Self::read(document, as_given, now)?;
            let counted = Some(body).filter(|body| *body != profile.written);
            Ok(Self { counted, ..profile })
        };
        Self::read_each(json, None, read)
    }

    fn read_each(
        json: &[u8],
        budget: Option<&Arc<Budget>>,
        read_one: impl Fn(Document<'_>) -> Result<Self, String>,
    ) -> Result<Vec<Self>, NotKept> {
        let document = Document::parse(json)?;
        let read = |document| {
            let mut profile = read_one(document)?;
            if let Some(budget) = budget {
                profile.reserve(budget)?;
            }
            Ok::<_, NotKept>(profile)
        };
        let Some(items) = document.items() else { return Ok(vec![read(document)?]) };
        let mut all = Vec::new();
        for item in items {
            if all.len() == LIMIT {
                return Err(format!("an app holds at most {LIMIT} profiles").into());
            }
            all.push(read(item)?);
        }
        Ok(all)
    }

    fn read(document: Document<'_>, as_given: bool, now: OffsetDateTime) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Envelope {
            data: Ids,
        }

        let Envelope { data } = document.read()?;
        if data.profile_id.is_none() && data.customer_user_id.is_none() {
            let what = "data: neither profile_id nor customer_user_id is there";
            return Err(document.message(what));
        }
        let body = Bytes::copy_from_slice(document.written().as_bytes());
        let body = if as_given { body } else { relative_dates::resolve(body, now)? };
        Ok(Self::given(data.customer_user_id, data.profile_id, body, as_given))
    }

    /// Whether its dates are counted from the app's time.
    pub(super) fn is_counted(&self) -> bool {
        self.counted.is_some()
    }

    /// Whether it is that one, its dates counted from another time or the same.
    pub(super) fn is_counted_as(&self, other: &Self) -> bool {
        self.is_counted() && self.counted == other.counted
    }

    /// The same profile with its dates counted from this time; without any to count, none.
    pub(super) fn counted_from(
        &self,
        now: OffsetDateTime,
        budget: &Arc<Budget>,
    ) -> Result<Option<Self>, NotKept> {
        let Some(counted) = &self.counted else { return Ok(None) };
        let body = relative_dates::resolve(counted.clone(), now)?;
        let mut same = Self::given(self.customer.clone(), self.profile, body, false);
        same.reserve(budget)?;
        // It shares the text of the file, which has its room already.
        Ok(Some(Self { counted: Some(counted.clone()), ..same }))
    }

    /// A body, whatever it is, for those who ask for this identity; the error names a date that cannot be
    /// counted from `now`.
    pub(crate) fn given_for(
        identity: Identity,
        body: &[u8],
        as_given: bool,
        now: OffsetDateTime,
    ) -> Result<Self, String> {
        let (customer, profile) = match identity {
            Identity::CustomerUserId(id) => (Some(id), None),
            Identity::ProfileId(id) => (None, Some(id)),
        };
        // A copy: a short body would else keep alive all that was read from its socket with it.
        let body = Bytes::copy_from_slice(body);
        let body = if as_given { body } else { relative_dates::resolve(body, now)? };
        Ok(Self::given(customer, profile, body, as_given))
    }

    fn given(customer: Option<String>, profile: Option<Uuid>, body: Bytes, as_given: bool) -> Self {
        let formats = match !as_given && is_profile(&body) {
            true => Formats::OfEditions(OnceLock::new()),
            false => Formats::AsGiven { asked: as_given },
        };
        Self::new(customer, profile, body, formats)
    }

    /// A typed profile, filled to what the newest documents always show.
    pub(crate) fn typed(profile: Profile, now: OffsetDateTime) -> Result<Self, String> {
        let response = ProfileResponse { data: profile };
        let written = response.to_json().map_err(|error| error.to_string())?;
        let written = with_data_changed(&written, |data| {
            fill(data, now);
            Ok(())
        });
        let written = written.map_err(|_| "is larger than a profile may be".to_owned())?;
        let Profile { customer_user_id, profile_id, .. } = response.data;
        let formats = Formats::OfEditions(OnceLock::new());
        Ok(Self::new(customer_user_id, Some(profile_id), written, formats))
    }

    /// A profile of ours, in the newest format.
    pub(super) fn of_editions(customer: Option<String>, profile: Uuid, written: Bytes) -> Self {
        Self::new(customer, Some(profile), written, Formats::OfEditions(OnceLock::new()))
    }

    fn new(
        customer: Option<String>,
        profile: Option<Uuid>,
        written: Bytes,
        formats: Formats,
    ) -> Self {
        let (access_level_ids, private) = (Made::default(), PrivateData::none());
        let (counted, room) = (None, None);
        Self { customer, profile, written, formats, access_level_ids, private, counted, room }
    }

    /// Takes its room of the budget, unless it has it.
    pub(super) fn reserve(&mut self, budget: &Arc<Budget>) -> Result<(), OverBudget> {
        if self.room.is_some() {
            return Ok(());
        }
        let ids = 2 * self.customer.as_ref().map_or(0, String::len);
        let documented = match &self.formats {
            Formats::AsGiven { .. } => 0,
            Formats::OfEditions(formats) => {
                formats.get().map_or(0, |formats| formats.iter().map(Format::size).sum())
            }
        };
        let room = budget.reserve(documented + ids + self.private.size() + OVERHEAD)?;
        if let Some(counted) = self.counted.take() {
            self.counted = Some(budget.reserve(counted.len())?.keep(counted));
        }
        let body = budget.reserve(self.written.len())?;
        self.written = body.keep(std::mem::take(&mut self.written));
        self.room = Some(room);
        Ok(())
    }

    /// Both of its ids, as far as they are known.
    pub(super) fn identities(&self) -> impl Iterator<Item = Identity> {
        let customer = self.customer.clone().map(Identity::CustomerUserId);
        customer.into_iter().chain(self.profile.map(Identity::ProfileId))
    }

    /// The body; `None` asks for it as it was written. An error says that there is no room to make it.
    pub(crate) fn body(&self, format: Option<WireFormat>) -> Result<Bytes, OverBudget> {
        match (&self.formats, format) {
            (Formats::AsGiven { .. }, _) | (_, None) => Ok(self.written.clone()),
            (Formats::OfEditions(formats), Some(format)) => {
                match &formats.get_or_init(Box::default)[format as usize] {
                    Format::Documented(body) => Ok(body.clone()),
                    Format::Made(body) => self.made(body, format),
                }
            }
        }
    }

    fn made(&self, body: &OnceLock<Bytes>, format: WireFormat) -> Result<Bytes, OverBudget> {
        if let Some(made) = body.get() {
            return Ok(made.clone());
        }
        let mut made = convert(&self.written, format).unwrap_or_else(|| self.written.clone());
        if let Some(room) = &self.room {
            made = room.budget().reserve(made.len())?.keep(made);
        }
        Ok(body.get_or_init(|| made).clone())
    }

    /// The body as it was written.
    pub(crate) fn written(&self) -> Bytes {
        self.written.clone()
    }

    /// In which form it is served, and what a strict reader would miss in the body as it was written; at
    /// most so many fields are named.
    pub(crate) fn put(&self, named: usize) -> PutProfile {
        let served = match self.formats {
            Formats::AsGiven { .. } => Served::AsGiven,
            Formats::OfEditions(_) => Served::ByEdition,
        };
        PutProfile::new(served, Gaps::of(&self.written, named))
    }

    /// The same profile with its `data` changed. The fields that `change` leaves alone stay as they
    /// were written.
    pub(super) fn changed(
        &self,
        change: impl Fn(&mut Object<'_>) -> Result<(), Unchangeable>,
    ) -> Result<Self, Unchangeable> {
        self.with_bodies(|body| with_data_changed(body, &change))
    }

    /// The same profile with its body changed by a JSON Merge Patch (RFC 7396).
    pub(super) fn patched(&self, patch: &[u8], now: OffsetDateTime) -> Result<Self, String> {
        let patch = Document::parse(patch)?;
        let Some(patch) = envelope(patch.text().as_bytes()) else {
            return Err(match patch.text().starts_with('{') {
                true => "the patch is larger than a profile may be".to_owned(),
                false => patch.message("a patch is an object"),
            });
        };
        let is_as_asked = matches!(self.formats, Formats::AsGiven { asked: true });
        let wrong = Cell::new(None);
        let patched = self.with_bodies(|body| {
            let mut envelope = envelope(body).ok_or(Unchangeable::NoProfile)?;
            let merged = envelope.merge(&patch).ok_or("the patch is nested too deep".to_owned());
            let resolved = merged.and_then(|()| match is_as_asked {
                true => Ok(false),
                false => relative_dates::resolve_in(&mut envelope, now),
            });
            match resolved {
                Ok(_) => Ok(Bytes::copy_from_slice(&envelope.to_json(body.len()))),
                Err(what) => {
                    wrong.set(Some(what));
                    Err(Unchangeable::NoProfile)
                }
            }
        });
        let mut patched = patched.map_err(|_| {
            let no_object = || "the body stored for this id is no JSON object to patch".to_owned();
            wrong.take().unwrap_or_else(no_object)
        })?;
        let (before, after) = (Ids::of(&self.written), Ids::of(&patched.written));
        for (name, is_same) in [
            ("customer_user_id", before.customer_user_id == after.customer_user_id),
            ("profile_id", before.profile_id == after.profile_id),
        ] {
            if !is_same {
                return Err(format!("data.{name}: a patch leaves who it is; put the profile anew"));
            }
        }
        let reads = is_profile(&patched.written);
        match patched.formats {
            Formats::AsGiven { asked: false } if reads => {
                patched.formats = Formats::OfEditions(OnceLock::new());
            }
            Formats::OfEditions(_) if !reads => patched.formats = Formats::AsGiven { asked: false },
            _ => {}
        }
        Ok(patched)
    }

    /// The same profile with each body that is kept of it changed.
    fn with_bodies(
        &self,
        changed: impl Fn(&[u8]) -> Result<Bytes, Unchangeable>,
    ) -> Result<Self, Unchangeable> {
        let written = changed(&self.written)?;
        let formats = match &self.formats {
            Formats::AsGiven { asked } => Formats::AsGiven { asked: *asked },
            Formats::OfEditions(before) => {
                let mut formats = None;
                // In these two a change is written as it is; the older ones differ row by row.
                for format in [WireFormat::NewerPage, WireFormat::OpenApi].map(|it| it as usize) {
                    if let Some(Format::Documented(body)) =
                        before.get().map(|before| &before[format])
                    {
                        let formats = formats.get_or_insert_with(Box::<[Format; 4]>::default);
                        formats[format] = Format::Documented(changed(body)?);
                    }
                }
                Formats::OfEditions(formats.map_or_else(OnceLock::new, OnceLock::from))
            }
        };
        let changed = Self::new(self.customer.clone(), self.profile, written, formats);
        Ok(Self { private: Arc::clone(&self.private), ..changed })
    }

    /// The same profile with other private data.
    pub(super) fn with_private(&self, private: PrivateData) -> Self {
        let formats = match &self.formats {
            Formats::AsGiven { asked } => Formats::AsGiven { asked: *asked },
            Formats::OfEditions(before) => {
                let before = before.get();
                let same = before.map(|formats| Box::new(formats.each_ref().map(Format::unmade)));
                Formats::OfEditions(same.map_or_else(OnceLock::new, OnceLock::from))
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
        read(&envelope(&self.written)?.object("data")?)
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
fn with_data_changed(
    body: &[u8],
    change: impl Fn(&mut Object<'_>) -> Result<(), Unchangeable>,
) -> Result<Bytes, Unchangeable> {
    let envelope = envelope(body).ok_or(match body.len() > BODY_LIMIT {
        true => Unchangeable::TooLarge,
        false => Unchangeable::NoProfile,
    })?;
    let mut data = envelope.object("data").ok_or(Unchangeable::NoProfile)?;
    change(&mut data)?;
    let changed = envelope.to_json_with("data", &data, body.len());
    // A copy has no room for more than there is.
    Ok(Bytes::copy_from_slice(&changed))
}

/// The ids that a body states.
#[derive(Default, Deserialize)]
struct Ids {
    profile_id: Option<Uuid>,
    customer_user_id: Option<String>,
}

impl Ids {
    /// Those that can be read.
    fn of(body: &[u8]) -> Self {
        let data = envelope(body).and_then(|envelope| envelope.object("data"));
        data.map_or_else(Self::default, |data| Self {
            profile_id: data.read("profile_id"),
            customer_user_id: data.read("customer_user_id"),
        })
    }
}

/// Why a large profile stays as it is.
pub(crate) const TOO_LARGE_TO_CHANGE: &str =
    "the body stored for this id is larger than 4 MiB, and so cannot be changed";

/// Why a command leaves a profile as it is.
#[derive(Clone, Debug)]
pub(crate) enum Unchangeable {
    /// The body is no profile.
    NoProfile,
    /// The body is larger than one that may be changed.
    TooLarge,
    /// It would have more custom attributes than the documents allow.
    TooManyAttributes,
    /// It would be one profile too many, in words.
    TooMany(String),
    /// There is no room for the change.
    NoRoom(OverBudget),
}

impl From<OverBudget> for Unchangeable {
    fn from(over: OverBudget) -> Self {
        Self::NoRoom(over)
    }
}

impl From<NotKept> for Unchangeable {
    fn from(what: NotKept) -> Self {
        match what {
            NotKept::Wrong(what) => Self::TooMany(what),
            NotKept::NoRoom(over) => Self::NoRoom(over),
        }
    }
}

impl fmt::Display for Unchangeable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProfile => f.write_str("the body stored for this id is no profile to change"),
            Self::TooLarge => f.write_str(TOO_LARGE_TO_CHANGE),
            Self::TooManyAttributes => {
                f.write_str("custom_attributes: a profile has at most 30, and these would be more")
            }
            Self::TooMany(what) => f.write_str(what),
            Self::NoRoom(over) => over.fmt(f),
        }
    }
}
