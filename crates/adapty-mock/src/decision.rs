//! What becomes of one request.

use std::time::Duration;

use http::StatusCode;

use crate::{
    fault::Script,
    reply::{Reason, Reply},
    request_id::RequestId,
};

/// How a request is answered, and under which id.
pub(crate) struct Decision {
    pub(crate) id: RequestId,
    pub(crate) outcome: Outcome,
    pub(crate) suffered: Option<Box<Suffered>>,
}

/// With what it is answered.
pub(crate) enum Outcome {
    /// With what hyper sends.
    Reply(Reply),
    /// With what hyper will not.
    Script(Box<Script>),
}

/// The fault an answer suffers.
pub(crate) struct Suffered {
    /// Its name.
    pub(crate) fault: &'static str,
    pub(crate) delay: Option<Duration>,
    /// Whether the connection closes as the next request arrives.
    pub(crate) dooms_connection: bool,
}

impl Decision {
    pub(crate) fn new(id: RequestId, reply: Reply) -> Self {
        Self { id, outcome: Outcome::Reply(reply), suffered: None }
    }

    /// The status that the client will see; `None` where no whole head is sent.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match &self.outcome {
            Outcome::Reply(reply) => Some(reply.status),
            Outcome::Script(script) => script.status,
        }
    }

    pub(crate) fn reason(&self) -> Reason {
        match &self.outcome {
            Outcome::Reply(reply) => reply.reason.clone(),
            Outcome::Script(script) => Reason::Usual(script.reason),
        }
    }

    pub(crate) fn delay(&self) -> Option<Duration> {
        self.suffered.as_ref()?.delay
    }

    pub(crate) fn dooms_connection(&self) -> bool {
        self.suffered.as_ref().is_some_and(|suffered| suffered.dooms_connection)
    }
}
