//! One admin request: whose app, which profile, what body; and what may be wrong with it.

use std::borrow::Cow;

use adapty_model::Identity;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    app::App,
    budget::{NotKept, OverBudget},
    identity::{CUSTOMER_HEADER, PROFILE_HEADER, RequestedIdentity},
    json_reader::{self, BYTE_ORDER_MARK},
    query,
    reply::{Pieces, Reason, Reply, no_room},
};

/// One admin request.
pub(super) struct AdminRequest {
    pub(super) app: App,
    /// The one profile that is meant, if one is.
    pub(super) identity: Option<Identity>,
    /// What stands in the path in the places of the placeholders.
    pub(super) path_ids: Vec<String>,
    /// What follows the `?`, as it was sent.
    pub(super) query: String,
    pub(super) body: Bytes,
}

impl AdminRequest {
    /// Reads the body; the message says what is wrong, by path, line and column.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Mistake> {
        json_reader::read(&self.body).map_err(Mistake::Body)
    }

    /// Refuses a body but for an empty one and `{}`: what nobody reads is not to pass for understood.
    pub(super) fn takes_no_body(&self) -> Result<(), Mistake> {
        let body = self.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.body).trim_ascii();
        let inside = body;
        let inside = inside.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
        match body.is_empty() || inside.is_some_and(|it| it.trim_ascii().is_empty()) {
            true => Ok(()),
            false => {
                Err(Mistake::Body("none is taken here, but for an empty one or `{}`".to_owned()))
            }
        }
    }

    /// Refuses parameters of the query that are none of these, or there twice.
    pub(super) fn takes_parameters(&self, known: &[&str]) -> Result<(), Mistake> {
        let mut seen = Vec::new();
        for name in query::names(&self.query) {
            if !known.contains(&&*name) {
                return Err(Mistake::Query(match known {
                    [] => format!("there is no parameter `{name}` here, and no other"),
                    _ => {
                        let known = known.join("`, `");
                        format!("there is no parameter `{name}` here, expected `{known}`")
                    }
                }));
            }
            if seen.contains(&name) {
                return Err(Mistake::Parameter(name.into_owned(), "is there twice".to_owned()));
            }
            seen.push(name);
        }
        Ok(())
    }

    /// What stands in the path in the place of a placeholder.
    pub(super) fn path_id(&self, position: usize) -> &str {
        self.path_ids.get(position).map_or("", String::as_str)
    }

    /// The value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        query::parameter(&self.query, name)
    }
}

/// The answer to a request that was carried out.
pub(super) fn done(answer: &impl Serialize) -> Reply {
    Reply::json(StatusCode::OK, Bytes::from(json(answer)), Reason::Usual("admin"))
}

/// The answer to a request that was carried out: a list, made as it is sent, between what comes before
/// it and what comes behind.
pub(super) fn listed<I>(
    before: impl Into<String>,
    items: impl Iterator<Item = I> + Send + 'static,
    behind: String,
) -> Reply
where
    I: IntoIterator<Item = Vec<u8>>,
    I::IntoIter: Send + 'static,
{
    let items = items.enumerate().flat_map(|(at, item)| {
        let comma = (at > 0).then(|| b",".to_vec());
        comma.into_iter().chain(item)
    });
    let pieces = std::iter::once(before.into().into_bytes()).chain(items);
    let pieces = pieces.chain(std::iter::once(behind.into_bytes()));
    let reply = Reply::json(StatusCode::OK, Bytes::new(), Reason::Usual("admin"));
    Reply { more: Some(Pieces::new(pieces)), ..reply }
}

/// One item of a list.
pub(super) fn json(item: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(item).expect("texts, numbers and lists can be written as JSON")
}

/// Whom the headers name, if anyone.
pub(super) fn identity(headers: &HeaderMap) -> Result<Option<Identity>, Mistake> {
    if !headers.contains_key(CUSTOMER_HEADER) && !headers.contains_key(PROFILE_HEADER) {
        return Ok(None);
    }
    match RequestedIdentity::read(headers) {
        Ok(RequestedIdentity { customer: Some(id), profile: None }) => {
            Ok(Some(Identity::customer(id)))
        }
        Ok(RequestedIdentity { customer: None, profile: Some(id) }) => Ok(Some(Identity::from(id))),
        Ok(_) => Err(Mistake::Identity("one identity header at a time")),
        Err(refusal) => Err(Mistake::Identity(refusal.reason())),
    }
}

/// What is wrong with a request.
pub(super) enum Mistake {
    NoSuchPath,
    WrongMethod(String),
    NoSuchProfile,
    Identity(&'static str),
    Path(String),
    Query(String),
    /// A parameter of the query, by name.
    Parameter(String, String),
    Body(String),
    Other(StatusCode, &'static str, String),
    NoRoom(OverBudget),
}

impl From<OverBudget> for Mistake {
    fn from(over: OverBudget) -> Self {
        Self::NoRoom(over)
    }
}

impl From<NotKept> for Mistake {
    fn from(what: NotKept) -> Self {
        match what {
            NotKept::Wrong(what) => Self::Body(what),
            NotKept::NoRoom(over) => Self::NoRoom(over),
        }
    }
}

impl Mistake {
    pub(super) fn reply(self) -> Reply {
        let (status, code, what) = match self {
            Self::NoSuchPath => {
                (StatusCode::NOT_FOUND, "not_found", "no such admin path".to_owned())
            }
            Self::NoSuchProfile => (
                StatusCode::NOT_FOUND,
                "profile_does_not_exist",
                "no profile of this app has this id".to_owned(),
            ),
            Self::WrongMethod(allowed) => return Reply::wrong_method(&allowed),
            Self::Identity(what) => (StatusCode::BAD_REQUEST, "validation_error", what.to_owned()),
            Self::NoRoom(over) => return no_room(over),
            Self::Path(what) => {
                (StatusCode::BAD_REQUEST, "validation_error", format!("path: {what}"))
            }
            Self::Query(what) => {
                (StatusCode::BAD_REQUEST, "validation_error", format!("query: {what}"))
            }
            Self::Parameter(name, what) => (
                StatusCode::BAD_REQUEST,
                "validation_error",
                format!("query parameter `{name}`: {what}"),
            ),
            Self::Body(what) => {
                (StatusCode::BAD_REQUEST, "validation_error", format!("body: {what}"))
            }
            Self::Other(status, code, what) => (status, code, what),
        };
        Reply::mistake(status, code, None, what)
    }
}
