//! An entry of the journal, as a test sees it.

use std::{
    borrow::Cow,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::identity::{CUSTOMER_HEADER, PROFILE_HEADER};

/// How many characters of one part a line shows.
const LONGEST_PART: usize = 200;

/// One request as it came, and what was answered.
///
/// The API key is not in it: the values of `Authorization` and its like read `***`, and so does the
/// key (of 8 bytes or more) wherever else a client put it. Customer ids are, since tests ask for them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// Its place among all requests of the journal, the first being 1.
    pub number: u64,
    /// When it had come, by the machine's clock, whatever the app's time; as JSON in Unix milliseconds.
    #[serde(serialize_with = "unix_milliseconds")]
    pub received_at: SystemTime,
    /// The method, `GET` as a rule.
    pub method: String,
    /// The path, with the query if there was one.
    pub path: String,
    /// The header lines in order; names in lower case, secrets as `***`.
    pub headers: Vec<(String, String)>,
    /// The body, at most its first 8 KiB; bytes that are not UTF-8 show as U+FFFD.
    pub body: String,
    /// The `Request-Id` of the answer.
    pub request_id: String,
    /// The status the client could see; `None` where a fault sent no whole head.
    pub status: Option<u16>,
    /// The operation asked for, by its name; `None` where the request is none.
    pub operation: Option<String>,
    /// Whether it changed what the app holds, whatever became of the response.
    pub changed: bool,
    /// The fault injected, by its name.
    pub fault: Option<String>,
    /// Why this answer, in words.
    pub reason: String,
}

impl Request {
    /// The value of a header, its name in any case; the first if there are several.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The customer user id it was sent with.
    #[must_use]
    pub fn customer_user_id(&self) -> Option<&str> {
        self.header(CUSTOMER_HEADER.as_str())
    }

    /// The profile id it was sent with, if that is a UUID.
    #[must_use]
    pub fn profile_id(&self) -> Option<Uuid> {
        Uuid::try_parse(self.header(PROFILE_HEADER.as_str())?).ok()
    }
}

impl fmt::Display for Request {
    /// One line: number, method, path, identity, the answer and why; of each no more than its first 200
    /// characters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} {}", self.number, self.method, clipped(&self.path))?;
        if let Some(id) = self.customer_user_id() {
            write!(f, " customer `{}`", clipped(id))?;
        }
        if let Some(id) = self.header(PROFILE_HEADER.as_str()) {
            write!(f, " profile `{}`", clipped(id))?;
        }
        f.write_str(" -> ")?;
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("no answer")?,
        }
        if let Some(fault) = &self.fault {
            write!(f, " [fault {fault}]")?;
        }
        if self.changed {
            f.write_str(" [changed]")?;
        }
        write!(f, " ({})", clipped(&self.reason))
    }
}

/// The beginning of a text, if it is longer than a line should be.
fn clipped(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_PART) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

fn unix_milliseconds<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
