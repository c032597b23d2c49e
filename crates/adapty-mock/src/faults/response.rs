//! What becomes of one reply: sent as it is, or broken by a fault.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};

use super::{
    fault::{Answer, Fault},
    raw_response::RawResponse,
    running_plan::PlannedFault,
};
use crate::reply::{Reason, Reply, request_id::RequestId, stated};

/// How a request is answered, and under which id.
pub(crate) struct Response {
    pub(crate) id: RequestId,
    pub(crate) outcome: Outcome,
    pub(crate) injected: Option<Box<Injected>>,
}

/// With what a request is answered.
pub(crate) enum Outcome {
    /// With what hyper sends.
    Reply(Reply),
    /// With what hyper will not.
    Raw(Box<RawResponse>),
}

/// The fault injected into a response.
pub(crate) struct Injected {
    /// Its name.
    pub(crate) fault: &'static str,
    pub(crate) delay: Option<Duration>,
}

impl Response {
    /// A reply as it is.
    pub(crate) fn new(id: RequestId, reply: Reply) -> Self {
        Self { id, outcome: Outcome::Reply(reply), injected: None }
    }

    /// A reply with a fault injected; an answer without a body of its own has that of its status.
    pub(crate) fn with_fault(
        id: RequestId,
        reply: Reply,
        planned: &PlannedFault,
        of_status: impl Fn(StatusCode) -> Reply,
    ) -> Self {
        let outcome = match RawResponse::new(planned, &reply, id) {
            Some(raw) => Outcome::Raw(Box::new(raw)),
            None => Outcome::Reply(apply(reply, planned, of_status)),
        };
        let injected = Injected { fault: planned.fault().name(), delay: planned.delay };
        Self { id, outcome, injected: Some(Box::new(injected)) }
    }

    /// The end of a connection on which `close_on_reuse` came before.
    pub(crate) fn close_on_reuse(id: RequestId) -> Self {
        let injected = Injected { fault: Fault::CloseOnReuse.name(), delay: None };
        Self {
            id,
            outcome: Outcome::Raw(Box::new(RawResponse::close_on_reuse())),
            injected: Some(Box::new(injected)),
        }
    }

    /// The status that the client will see; `None` where no whole head is sent.
    pub(crate) fn status(&self) -> Option<StatusCode> {
        match &self.outcome {
            Outcome::Reply(reply) => Some(reply.status),
            Outcome::Raw(raw) => raw.status,
        }
    }

    /// Why it is what it is, in words.
    pub(crate) fn reason(&self) -> Cow<'static, str> {
        match &self.outcome {
            Outcome::Reply(Reply { reason: Reason::Stated(reason), .. }) => reason.clone(),
            Outcome::Reply(Reply { reason: Reason::Usual(reason), .. }) => Cow::Borrowed(reason),
            Outcome::Raw(raw) => Cow::Borrowed(raw.reason),
        }
    }

    pub(crate) fn delay(&self) -> Option<Duration> {
        self.injected.as_ref()?.delay
    }

    /// Whether the connection closes as the next request arrives.
    pub(crate) fn closes_on_reuse(&self) -> bool {
        let close_on_reuse = Fault::CloseOnReuse.name();
        matches!(self.outcome, Outcome::Reply(_))
            && self.injected.as_ref().is_some_and(|injected| injected.fault == close_on_reuse)
    }
}

/// The well-formed reply that a fault makes of the usual one.
fn apply(
    mut reply: Reply,
    planned: &PlannedFault,
    of_status: impl Fn(StatusCode) -> Reply,
) -> Reply {
    match planned.fault() {
        Fault::Status(answer) => made_up(answer, planned.text(), of_status),
        Fault::WrongContentType { content_type } => {
            reply.headers.push((CONTENT_TYPE, header_value(content_type)));
            reply
        }
        _ => reply,
    }
}

fn made_up(answer: &Answer, body: Bytes, of_status: impl Fn(StatusCode) -> Reply) -> Reply {
    let status = StatusCode::from_u16(answer.code).expect("a plan is checked when it is set");
    let own = |body| Reply::json(status, body, stated("a fault plan says so"));
    let mut reply = match &answer.body {
        Some(_) => own(body),
        None if answer.no_body => own(Bytes::new()),
        None => of_status(status),
    };
    let header = |(name, value): (&String, &String)| {
        let name = HeaderName::try_from(name).expect("a plan is checked when it is set");
        (name, header_value(value))
    };
    // Behind those of the status, in whose place they come.
    reply.headers.extend(answer.headers.iter().map(header));
    reply
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a plan is checked when it is set")
}
