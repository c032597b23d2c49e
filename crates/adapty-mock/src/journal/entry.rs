//! What the journal keeps of a request.

use std::{borrow::Cow, sync::Arc, time::SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use memchr::memmem;

use super::{
    masking::{is_secret, key_in, push},
    request::Request,
};
use crate::{
    budget::{Budget, OverBudget, Reservation},
    reply::request_id::RequestId,
};

/// How much of a request's body is kept.
const BODY_LIMIT: usize = 8 * 1024;
/// What an entry takes of the budget beside itself: its place in the journal, and what memory costs.
const OVERHEAD: usize = 64;

/// What is recorded of one exchange.
#[derive(Clone)]
pub(crate) struct Exchange<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) id: RequestId,
    pub(crate) status: Option<StatusCode>,
    pub(crate) operation: Option<&'static str>,
    pub(crate) changed: bool,
    pub(crate) fault: Option<&'static str>,
    pub(crate) reason: Cow<'static, str>,
}

impl Exchange<'_> {
    /// The exchange as a test sees it, before the journal gives it a number.
    pub(crate) fn request(&self) -> Request {
        Entry::new(0, self.clone()).request()
    }
}

/// A request in one piece of memory, whatever its size: hyper's own parts would each keep a whole
/// read buffer alive.
pub(crate) struct Entry {
    pub(super) number: u64,
    received_at: SystemTime,
    method: Method,
    text: Text,
    id: RequestId,
    status: Option<StatusCode>,
    operation: Option<&'static str>,
    changed: bool,
    fault: Option<&'static str>,
    reason: Cow<'static, str>,
    room: Option<Reservation>,
}

impl Entry {
    pub(super) fn new(number: u64, exchange: Exchange<'_>) -> Self {
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
            operation: exchange.operation,
            changed: exchange.changed,
            fault: exchange.fault,
            reason: exchange.reason,
            room: None,
        }
    }

    pub(super) fn size(&self) -> usize {
        self.text.bytes.len()
    }

    /// Takes its room of the budget.
    pub(super) fn reserve(&mut self, budget: &Arc<Budget>) -> Result<(), OverBudget> {
        let room = self.size() + self.reason.len() + size_of::<Self>() + OVERHEAD;
        self.room = Some(budget.reserve(room)?);
        Ok(())
    }

    pub(crate) fn request(&self) -> Request {
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
            operation: self.operation.map(str::to_owned),
            changed: self.changed,
            fault: self.fault.map(str::to_owned),
            reason: self.reason.to_string(),
        }
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
            push(&mut bytes, if is_secret(name) { b"***" } else { value.as_bytes() }, key);
            bytes.push(b'\n');
        }
        let headers_end = position(&bytes);
        push(&mut bytes, body, key);
        Self { bytes: bytes.into_boxed_slice(), path_end, headers_end }
    }
}

/// Where `text` ends; heads and kept bodies are far below 4 GiB.
fn position(text: &[u8]) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}
