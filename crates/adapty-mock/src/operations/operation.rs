//! What an operation is to the fake.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;

use crate::{
    app::state::State,
    identity::RequestedIdentity,
    query,
    reply::{Refusal, Reply},
};

/// One operation.
pub(crate) struct Operation {
    /// Its name in plans, filters and the journal.
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    /// Its path; `{…}` stands for one segment, which the request then has as its
    /// [`path_id`](Request::path_id).
    pub(crate) path: &'static str,
    /// The 401 that its document shows, for the reason given.
    pub(crate) unauthorized: fn(&'static str) -> Reply,
    /// Answers a request; an error is as good an answer, and changes nothing.
    pub(crate) answer: fn(&mut State, &Request<'_>) -> Result<Reply, Reply>,
}

impl Operation {
    /// Whether a path is this operation's, and the segment that stands for its placeholder.
    pub(crate) fn matches<'p>(&self, path: &'p str) -> Option<Option<&'p str>> {
        let Some((before, after)) = self.path.split_once('{') else {
            return (self.path == path).then_some(None);
        };
        let (_, after) = after.split_once('}')?;
        let id = path.strip_prefix(before)?.strip_suffix(after)?;
        (!id.is_empty() && !id.contains('/')).then_some(Some(id))
    }
}

/// One request for an operation, by the app of its key.
pub(crate) struct Request<'a> {
    /// Whom its headers name, or why that cannot be told.
    pub(crate) identity: Result<RequestedIdentity<'a>, Refusal>,
    /// What stands in the path in the place of the placeholder; empty without one.
    pub(crate) path_id: &'a str,
    /// What follows the `?`, as it was sent.
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a Bytes,
}

impl<'a> Request<'a> {
    /// The value of a parameter of the query, percent-decoded; the first, if it is there more than once.
    pub(crate) fn parameter(&self, name: &str) -> Option<Cow<'a, str>> {
        query::parameter(self.query, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_one_segment() {
        fn never(_: &mut State, _: &Request<'_>) -> Result<Reply, Reply> {
            unreachable!("is not asked")
        }
        let unauthorized = Reply::unauthorized;
        let operation =
            |path| Operation { name: "", method: "GET", path, unauthorized, answer: never };
        let get = operation("/paywalls/{paywall_id}/");
        assert_eq!(get.matches("/paywalls/7/"), Some(Some("7")));
        for other in ["/paywalls/", "/paywalls//", "/paywalls/7", "/paywalls/7/8/", "/paywall/7/"] {
            assert_eq!(get.matches(other), None, "{other}");
        }
        assert_eq!(operation("/paywalls/").matches("/paywalls/"), Some(None));
    }
}
