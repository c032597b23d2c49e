//! What an operation is to the fake.

use bytes::Bytes;

use crate::{
    app::state::State,
    identity::RequestedIdentity,
    reply::{Refusal, Reply},
};

/// One operation.
pub(crate) struct Operation {
    /// Its name in plans, filters and the journal.
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Answers a request; an error is as good an answer, and changes nothing.
    pub(crate) answer: fn(&mut State, &Request<'_>) -> Result<Reply, Reply>,
}

/// One request for an operation, by the app of its key.
pub(crate) struct Request<'a> {
    /// Whom its headers name, or why that cannot be told.
    pub(crate) identity: Result<RequestedIdentity<'a>, Refusal>,
    pub(crate) body: &'a Bytes,
}
