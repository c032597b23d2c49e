//! What is behind an app's door, and how a call is decided there: rate limit, identity, profile,
//! fault.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};

use super::MissingProfile;
use crate::{
    Answer, Edition, Fault,
    decision::{Decision, Outcome, Suffered},
    failures::Failures,
    fault::{Board, Script},
    identity::Named,
    journal::{Exchange, Journal},
    profiles::Profiles,
    rate_limit::Counted,
    refusal::Refusal,
    reply::{Reason, Reply},
    request_id::RequestId,
    route::{self, Call},
};

/// How every app of a server begins, and what a reset returns to.
#[derive(Debug)]
pub(crate) struct Beginning {
    pub(crate) profiles: Profiles,
    pub(crate) edition: Edition,
    pub(crate) journal_limit: usize,
    pub(crate) redirects_missing_slash: bool,
    /// What failed inside the server, for whoever checks an expectation.
    pub(crate) failures: Failures,
}

pub(super) struct State {
    pub(super) profiles: Profiles,
    pub(super) edition: Edition,
    /// How many answers were given under this edition.
    pub(super) answered: u64,
    pub(super) missing: MissingProfile,
    redirects_missing_slash: bool,
    pub(super) rate_limit: Option<Counted>,
    pub(super) faults: Board,
    pub(super) journal: Journal,
}

impl State {
    pub(super) fn new(beginning: &Beginning) -> Self {
        Self {
            profiles: beginning.profiles.clone(),
            edition: beginning.edition,
            answered: 0,
            missing: MissingProfile::default(),
            redirects_missing_slash: beginning.redirects_missing_slash,
            rate_limit: None,
            faults: Board::default(),
            journal: Journal::new(beginning.journal_limit),
        }
    }

    /// Returns to the beginning; the journal's numbers go on.
    pub(super) fn reset(&mut self, beginning: &Beginning) {
        let mut journal = std::mem::replace(&mut self.journal, Journal::new(0));
        journal.clear();
        *self = Self { journal, ..Self::new(beginning) };
    }

    /// Decides one call and records it.
    pub(super) fn decide(&mut self, call: &Call<'_>, id: RequestId) -> Decision {
        let misrouted = route::misrouted(call, self.redirects_missing_slash);
        let decision = match misrouted {
            _ if call.on_doomed_connection => {
                let fault = Fault::CloseOnReuse.name();
                Decision {
                    id,
                    outcome: Outcome::Script(Box::new(Script::doom())),
                    suffered: Some(Box::new(Suffered {
                        fault,
                        delay: None,
                        dooms_connection: false,
                    })),
                }
            }
            Some(reply) => Decision::new(id, reply),
            None => self.ask(call, id),
        };
        self.journal.record(Exchange::new(call, &decision));
        decision
    }

    /// The documented call.
    fn ask(&mut self, call: &Call<'_>, id: RequestId) -> Decision {
        if let Some(Err(too_many)) = self.rate_limit.as_mut().map(Counted::count) {
            return Decision::new(id, Reply::rate_limited(&too_many));
        }
        let named = Named::read(call.head.headers);
        let form = self.edition.form(self.answered);
        self.answered += 1;
        let reply = match named {
            Ok(named) => match self.profiles.find(&named) {
                Ok(Some(stored)) => Reply::profile(stored.body(form)),
                Ok(None) => match self.missing {
                    MissingProfile::NotFound => Reply::no_such_profile(form),
                    MissingProfile::Unauthorized => Reply::no_such_profile_as_401(),
                },
                Err(_) => Refusal::TwoProfilesNamed.reply(),
            },
            Err(refusal) => refusal.reply(),
        };
        let Some((fault, delay, number)) = self.faults.next(named.as_ref().ok()) else {
            return Decision::new(id, reply);
        };
        let dooms_connection = fault == Fault::CloseOnReuse;
        let suffered = Some(Box::new(Suffered { fault: fault.name(), delay, dooms_connection }));
        let outcome = match Script::new(&fault, &reply, id, number) {
            Some(script) => Outcome::Script(Box::new(script)),
            None => Outcome::Reply(ruin(reply, &fault)),
        };
        Decision { id, outcome, suffered }
    }
}

/// The well-formed answer that a fault makes of the usual one.
fn ruin(mut reply: Reply, fault: &Fault) -> Reply {
    match fault {
        Fault::Status(answer) => made_up(answer),
        Fault::WrongContentType { content_type } => {
            reply.headers.push((CONTENT_TYPE, header_value(content_type)));
            reply
        }
        _ => reply,
    }
}

fn made_up(answer: &Answer) -> Reply {
    let status = StatusCode::from_u16(answer.code).expect("a plan is checked when it is set");
    let reason = Reason::Stated("a fault plan says so".into());
    let mut reply = Reply::json(status, Bytes::from(answer.body.clone()), reason);
    let header = |(name, value): (&String, &String)| {
        let name = HeaderName::try_from(name).expect("a plan is checked when it is set");
        (name, header_value(value))
    };
    reply.headers = answer.headers.iter().map(header).collect();
    reply
}

fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a plan is checked when it is set")
}
