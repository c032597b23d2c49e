//! One profile as an app keeps it: its ids, and its body in whatever wire format is asked for.

use std::sync::OnceLock;

use adapty_model::{Identity, Profile, ProfileResponse};
use bytes::Bytes;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    editions::{WireFormat, convert},
    fixtures::Example,
    raw_json::{Object, text},
};

/// One profile.
#[derive(Debug)]
pub(crate) struct StoredProfile {
    pub(crate) customer: Option<String>,
    pub(crate) profile: Option<Uuid>,
    /// The body as it was written: by a document, by a test, or by us in the newest format.
    written: Bytes,
    formats: Formats,
    access_level_ids: OnceLock<Vec<String>>,
    /// What it takes of the app's share of memory; an unchanged built-in example takes nothing.
    pub(crate) size: usize,
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
    /// Made of the body as written when first asked for.
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
        Self {
            customer: Some(example.customer_user_id.to_owned()),
            profile: Some(example.profile_id),
            written: Bytes::from_static(example.as_written),
            formats: Formats::OfEditions(Box::new(example.in_format.map(format))),
            access_level_ids: OnceLock::new(),
            size: 0,
        }
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
        Ok(Self::as_given(data.customer_user_id, data.profile_id, body))
    }

    /// A body to serve as given, whatever it is, to those who ask for this identity.
    pub(crate) fn given_for(identity: Identity, body: Bytes) -> Self {
        match identity {
            Identity::CustomerUserId(id) => Self::as_given(Some(id), None, body),
            Identity::ProfileId(id) => Self::as_given(None, Some(id), body),
        }
    }

    /// A typed profile.
    pub(crate) fn typed(profile: Profile) -> Result<Self, String> {
        let response = ProfileResponse { data: profile };
        let written = Bytes::from(response.to_json().map_err(|error| error.to_string())?);
        Ok(Self {
            customer: response.data.customer_user_id,
            profile: Some(response.data.profile_id),
            size: written.len(),
            written,
            formats: Formats::OfEditions(Box::default()),
            access_level_ids: OnceLock::new(),
        })
    }

    fn as_given(customer: Option<String>, profile: Option<Uuid>, body: Bytes) -> Self {
        Self {
            customer,
            profile,
            size: body.len(),
            written: body,
            formats: Formats::AsGiven,
            access_level_ids: OnceLock::new(),
        }
    }

    /// The body; `None` asks for it as it was written.
    pub(crate) fn body(&self, format: Option<WireFormat>) -> Bytes {
        match (&self.formats, format) {
            (Formats::AsGiven, _) | (_, None) => self.written.clone(),
            (Formats::OfEditions(formats), Some(format)) => match &formats[format as usize] {
                Format::Documented(body) => body.clone(),
                Format::Made(body) => body.get_or_init(|| self.convert(format)).clone(),
            },
        }
    }

    /// The same profile with its `data` changed. The fields that `change` leaves alone stay as they
    /// were written.
    pub(super) fn changed(
        &self,
        change: impl Fn(&mut Object) -> Result<(), Unchangeable>,
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
        Ok(Self {
            customer: self.customer.clone(),
            profile: self.profile,
            size: written.len(),
            written,
            formats,
            access_level_ids: OnceLock::new(),
        })
    }

    /// The ids of its access levels, as far as they can be read.
    pub(super) fn access_level_ids(&self) -> &[String] {
        self.access_level_ids.get_or_init(|| self.read_access_level_ids())
    }

    fn read_access_level_ids(&self) -> Vec<String> {
        let envelope = serde_json::from_slice::<serde_json::Value>(&self.written).ok();
        let levels = envelope.as_ref().and_then(|envelope| envelope.pointer("/data/access_levels"));
        match levels {
            Some(serde_json::Value::Object(rows)) => rows.keys().cloned().collect(),
            Some(serde_json::Value::Array(rows)) => {
                let ids = rows.iter().filter_map(|row| row.get("access_level_id")?.as_str());
                ids.map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    fn convert(&self, format: WireFormat) -> Bytes {
        let profile = ProfileResponse::from_json(&self.written).expect("what we wrote reads").data;
        convert::write(&profile, format).expect("what was read can be written")
    }
}

/// A body with its `data` changed.
fn changed(
    body: &[u8],
    change: impl Fn(&mut Object) -> Result<(), Unchangeable>,
) -> Result<Bytes, Unchangeable> {
    let mut envelope: Object = serde_json::from_slice(body).map_err(|_| Unchangeable::NoProfile)?;
    let data = envelope.get("data").ok_or(Unchangeable::NoProfile)?;
    let mut data: Object = serde_json::from_str(data.get()).map_err(|_| Unchangeable::NoProfile)?;
    change(&mut data)?;
    envelope.set("data", &data);
    Ok(Bytes::from(text(&envelope).get().to_owned()))
}

/// Why a command leaves a profile as it is.
#[derive(Debug)]
pub(crate) enum Unchangeable {
    /// The body is no profile.
    NoProfile,
    /// The app's profiles take all the room they may.
    NoRoom(String),
}
