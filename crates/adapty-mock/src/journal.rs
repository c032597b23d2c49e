//! What came, and what was answered.

use std::{
    collections::VecDeque,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use memchr::memmem;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{
    decision::Decision,
    identity::{CUSTOMER_HEADER, PROFILE_HEADER},
    reply::Reason,
    request_id::RequestId,
    route::Call,
};

/// How many bytes the entries of one journal may hold together.
const BYTES_LIMIT: usize = 1024 * 1024;
/// How much of a request's body is kept.
const BODY_LIMIT: usize = 8 * 1024;
/// The shortest key that is looked for outside its header.
const SHORTEST_KEY: usize = 8;
/// Headers that carry secrets; only their names are kept.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"];

/// One request as it came, and what was answered.
///
/// The API key is not in it: the values of `Authorization` and its like read `***`, and so does the
/// key (of 8 bytes or more) wherever else a client put it. Customer ids are, since tests ask for them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// Its place among all requests of the journal, the first being 1.
    pub number: u64,
    /// When it had come; as JSON in Unix milliseconds.
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
    /// The fault suffered, by its name.
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
    /// One line: number, method, path, whom it named, the answer and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} {}", self.number, self.method, self.path)?;
        if let Some(id) = self.customer_user_id() {
            write!(f, " customer `{id}`")?;
        }
        if let Some(id) = self.header(PROFILE_HEADER.as_str()) {
            write!(f, " profile `{id}`")?;
        }
        f.write_str(" -> ")?;
        match self.status {
            Some(status) => write!(f, "{status}")?,
            None => f.write_str("no answer")?,
        }
        if let Some(fault) = &self.fault {
            write!(f, " [fault {fault}]")?;
        }
        write!(f, " ({})", self.reason)
    }
}

/// The last requests of one app, at most so many and so large.
pub(crate) struct Journal {
    entries: VecDeque<Entry>,
    limit: usize,
    bytes: usize,
    recorded: u64,
    fell_out: u64,
}

/// What is recorded of one exchange.
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) id: RequestId,
    pub(crate) status: Option<StatusCode>,
    pub(crate) fault: Option<&'static str>,
    pub(crate) reason: Reason,
}

impl<'a> Exchange<'a> {
    pub(crate) fn new(call: &'a Call<'_>, decision: &Decision) -> Self {
        Self {
            method: call.head.method,
            path: call.head.path_and_query(),
            headers: call.head.headers,
            body: call.body.as_deref().unwrap_or_default(),
            id: decision.id,
            status: decision.status(),
            fault: decision.suffered.as_ref().map(|suffered| suffered.fault),
            reason: decision.reason(),
        }
    }
}

impl Journal {
    /// An empty journal for `limit` requests; 0 keeps nothing.
    pub(crate) fn new(limit: usize) -> Self {
        Self { entries: VecDeque::new(), limit, bytes: 0, recorded: 0, fell_out: 0 }
    }

    /// Whether it keeps nothing.
    pub(crate) fn is_off(&self) -> bool {
        self.limit == 0
    }

    pub(crate) fn record(&mut self, exchange: Exchange<'_>) {
        self.recorded += 1;
        if self.is_off() {
            self.fell_out += 1;
            return;
        }
        let entry = Entry::new(self.recorded, exchange);
        self.bytes += entry.text.bytes.len();
        while self.entries.len() >= self.limit
            || (self.bytes > BYTES_LIMIT && !self.entries.is_empty())
        {
            self.drop_oldest();
        }
        self.entries.push_back(entry);
    }

    /// Forgets everything; numbers go on where they were.
    pub(crate) fn clear(&mut self) {
        self.entries = VecDeque::new();
        self.bytes = 0;
        self.fell_out = 0;
    }

    /// How many requests were ever recorded.
    pub(crate) fn recorded(&self) -> u64 {
        self.recorded
    }

    /// How many no longer are in it.
    pub(crate) fn fell_out(&self) -> u64 {
        self.fell_out
    }

    /// The number of the oldest request in it, or of the next to come.
    pub(crate) fn oldest(&self) -> u64 {
        self.entries.front().map_or(self.recorded + 1, |entry| entry.number)
    }

    /// The requests after number `after`, oldest first.
    pub(crate) fn requests(&self, after: u64) -> impl Iterator<Item = Request> + '_ {
        self.entries.iter().filter(move |entry| entry.number > after).map(Entry::request)
    }

    fn drop_oldest(&mut self) {
        if let Some(oldest) = self.entries.pop_front() {
            self.bytes -= oldest.text.bytes.len();
            self.fell_out += 1;
        }
    }
}

/// A request in one piece of memory, whatever its size: hyper's own parts would each keep a whole
/// read buffer alive.
struct Entry {
    number: u64,
    received_at: SystemTime,
    method: Method,
    text: Text,
    id: RequestId,
    status: Option<StatusCode>,
    fault: Option<&'static str>,
    reason: Reason,
}

impl Entry {
    fn new(number: u64, exchange: Exchange<'_>) -> Self {
        let mut text = Text::of(&exchange, None);
        if let Some(key) = key_in(exchange.headers)
            && memmem::find(&text.bytes, key).is_some()
        {
            text = Text::of(&exchange, Some(key));
        }
        Self {
            number,
            received_at: SystemTime::now(),
            method: exchange.method.clone(),
            text,
            id: exchange.id,
            status: exchange.status,
            fault: exchange.fault,
            reason: exchange.reason,
        }
    }

    fn request(&self) -> Request {
        let (path, rest) = self.text.bytes.split_at(self.text.path_end as usize);
        let (headers, body) = rest.split_at((self.text.headers_end - self.text.path_end) as usize);
        let headers = String::from_utf8_lossy(headers);
        Request {
            number: self.number,
            received_at: self.received_at,
            method: self.method.to_string(),
            path: String::from_utf8_lossy(path).into_owned(),
            headers: headers
                .lines()
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: String::from_utf8_lossy(body).into_owned(),
            request_id: self.id.to_string(),
            status: self.status.map(|status| status.as_u16()),
            fault: self.fault.map(str::to_owned),
            reason: self.reason.text().to_owned(),
        }
    }
}

impl fmt::Debug for Journal {
    /// How many, and of nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("recorded", &self.recorded).finish_non_exhaustive()
    }
}

/// Path, header lines and body, one behind the other.
struct Text {
    bytes: Box<[u8]>,
    path_end: u32,
    headers_end: u32,
}

impl Text {
    /// Secret headers are left out, and `key` wherever it occurs: a client that errs may send it
    /// anywhere.
    fn of(exchange: &Exchange<'_>, key: Option<&[u8]>) -> Self {
        let body = &exchange.body[..exchange.body.len().min(BODY_LIMIT)];
        let line =
            |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + 3;
        let lines: usize = exchange.headers.iter().map(line).sum();
        let mut bytes = Vec::with_capacity(exchange.path.len() + lines + body.len());
        push(&mut bytes, exchange.path.as_bytes(), key);
        let path_end = position(&bytes);
        for (name, value) in exchange.headers {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            let secret = name == header::AUTHORIZATION || SECRET_HEADERS.contains(&name.as_str());
            push(&mut bytes, if secret { b"***" } else { value.as_bytes() }, key);
            bytes.push(b'\n');
        }
        let headers_end = position(&bytes);
        push(&mut bytes, body, key);
        Self { bytes: bytes.into_boxed_slice(), path_end, headers_end }
    }
}

/// Appends `part` with `***` in the place of the key.
fn push(bytes: &mut Vec<u8>, part: &[u8], key: Option<&[u8]>) {
    let mut rest = part;
    while let Some(key) = key
        && let Some(at) = memmem::find(rest, key)
    {
        bytes.extend_from_slice(&rest[..at]);
        bytes.extend_from_slice(b"***");
        rest = &rest[at + key.len()..];
    }
    bytes.extend_from_slice(rest);
}

/// What stands where the key belongs, under whatever scheme; too short, it could be any word.
fn key_in(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let key = value.rsplit(|byte| *byte == b' ').next()?;
    (key.len() >= SHORTEST_KEY).then_some(key)
}

/// Where `text` ends; heads and kept bodies are far below 4 GiB.
fn position(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

fn unix_milliseconds<S: Serializer>(at: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
