//! The faults that a call meets, and how it has to end by them.

use adapty_mock::{Answer, Fault, Then};
use adapty_transport::{Attempt, ErrorKind, adapty_model::Repeat};
use fastrand::Rng;

/// How often the client tries again.
pub(crate) const REPEATS: usize = 2;

const NOT_FOUND: &str =
    include_str!("../../fixtures/get_profile.404.openapi.profile_does_not_exist.json");

/// One fault, and what an attempt must make of it.
pub(crate) struct Meeting {
    pub(crate) fault: Fault,
    pub(crate) meets: Meets,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Meets {
    /// The operation's own answer.
    Answer,
    /// A refusal of the operation's own, in which no reason can be read.
    BrokenRefusal,
    /// Tried again where the operation allows it, and the call's error when it was the last.
    Passing(ErrorKind),
    /// The same, and not counted as a retry on a reused connection.
    Silent,
    /// A 500: tried again where that is always safe.
    ServerError,
    /// The call's error.
    Final(ErrorKind),
}

impl Meeting {
    /// Whether it is the body of the operation's own answer that is broken.
    fn breaks_body(&self) -> bool {
        matches!(
            self.fault,
            Fault::HalfBodyThenClose
                | Fault::HalfBodyThenReset
                | Fault::WrongContentLength { .. }
                | Fault::EndlessBody
        )
    }
}

/// How a call ended, whatever it answered.
pub(crate) struct Ended<'a> {
    pub(crate) repeat: Repeat,
    pub(crate) failed: &'a [Attempt],
    pub(crate) error: Option<ErrorKind>,
}

/// Up to four faults in a row of those that `draw` draws.
pub(crate) fn draw(rng: &mut Rng, draw: impl Fn(&mut Rng) -> Meeting) -> Vec<Meeting> {
    let length = [0, 1, 1, 1, 2, 2, 3, 4][rng.usize(..8)];
    (0..length).map(|_| draw(rng)).collect()
}

/// A fault of a read, of which nothing comes but its answer.
pub(crate) fn of_read(rng: &mut Rng) -> Meeting {
    use ErrorKind::{
        Connection, ProfileNotFound, Protocol, RateLimited, Redirect, Server, Status, Timeout,
        TooLarge, Unauthorized, Unreadable,
    };
    use Meets::{Answer as Answered, Final, Passing, ServerError, Silent};
    // Seconds of silence are the price of a timeout; most runs through here are spared it.
    if rng.u8(..) == 0 {
        return of(Fault::Timeout, Passing(Timeout));
    }
    match rng.u8(..32) {
        0 => of(Fault::None, Answered),
        1 => of(Fault::Slicer { delay_ms: 0 }, Answered),
        2 => of(Fault::WrongContentType { content_type: "text/html".to_owned() }, Answered),
        3 => of(Fault::CloseOnReuse, Answered),
        4 => of(Fault::EmptyResponse, Silent),
        5 => of(Fault::ConnectionResetByPeer, Silent),
        6 => of(Fault::HalfHeadThenClose, Passing(Connection)),
        7 => of(Fault::HalfBodyThenClose, Passing(Connection)),
        8 => of(Fault::HalfBodyThenReset, Passing(Connection)),
        9 => of(Fault::WrongContentLength { by: 10 }, Passing(Connection)),
        10 => of(Fault::RandomDataThenClose, Passing(Protocol)),
        11 => of(raw("HTTP/1.1 200 OK\r\nContent-Length: 3387\r\n\r\n{"), Passing(Connection)),
        12 => status(408, Passing(Status)),
        13 => status(429, Passing(RateLimited)),
        14 => of(Answer::new(429).header("Retry-After", "0"), Passing(RateLimited)),
        15 => status(500, ServerError),
        16 => status(502, Passing(Server)),
        17 => of(Answer::new(503).body("<html>down</html>"), Passing(Server)),
        18 => status(504, Passing(Server)),
        19 => of(Answer::new(429).header("Retry-After", "3600"), Final(RateLimited)),
        20 => status(401, Final(Unauthorized)),
        21 => status(403, Final(Status)),
        22 => of(Answer::new(404).body(NOT_FOUND), Final(ProfileNotFound)),
        23 => of(Answer::new(404).body("<html></html>"), Final(Status)),
        24 => of(Answer::new(301).header("Location", "/"), Final(Redirect)),
        25 => status(204, Final(Status)),
        26 => status(501, Final(Server)),
        27 => of(Fault::WrongContentLength { by: -10 }, Final(Unreadable)),
        28 => of(Answer::new(200).body("<html></html>"), Final(Unreadable)),
        29 => of(Fault::EndlessHead, Final(TooLarge)),
        30 => of(Fault::EndlessBody, Final(TooLarge)),
        _ => {
            of(raw("HTTP/1.1 401 Unauthorized\r\nContent-Length: 99\r\n\r\n{"), Final(Unauthorized))
        }
    }
}

/// A fault of a write: half of them lose it, or its answer, without a byte to tell which. The answer to
/// a deletion has no body that could be broken.
pub(crate) fn of_write(rng: &mut Rng, has_body: bool) -> Meeting {
    use ErrorKind::{
        Connection, Protocol, RateLimited, Redirect, Server, Status, Timeout, Unauthorized,
        Unreadable,
    };
    use Meets::{Answer as Answered, Final, Passing, ServerError, Silent};
    if rng.u8(..) == 0 {
        return of(Fault::Timeout, Passing(Timeout));
    }
    match rng.u8(..if has_body { 24 } else { 21 }) {
        0..6 => of(Fault::LostAnswer, Silent),
        6..11 => of(Fault::LostRequest, Silent),
        11 => of(Fault::None, Answered),
        12 => of(Fault::CloseOnReuse, Answered),
        13 => of(Fault::HalfHeadThenClose, Passing(Connection)),
        14 => of(Fault::RandomDataThenClose, Passing(Protocol)),
        15 => of(Answer::new(429).header("Retry-After", "0"), Passing(RateLimited)),
        16 => of(Answer::new(503).body("<html>down</html>"), Passing(Server)),
        17 => status(500, ServerError),
        18 => status(401, Final(Unauthorized)),
        19 => of(Answer::new(404).body("<html></html>"), Final(Status)),
        20 => of(Answer::new(301).header("Location", "/"), Final(Redirect)),
        21 => of(Fault::Slicer { delay_ms: 0 }, Answered),
        22 => of(Fault::HalfBodyThenReset, Passing(Connection)),
        _ => of(Fault::WrongContentLength { by: -10 }, Final(Unreadable)),
    }
}

fn of(fault: impl Into<Fault>, meets: Meets) -> Meeting {
    Meeting { fault: fault.into(), meets }
}

fn status(code: u16, meets: Meets) -> Meeting {
    of(Answer::new(code), meets)
}

fn raw(text: &str) -> Fault {
    Fault::Raw { text: text.to_owned(), then: Then::Reset }
}

/// What a call met in the end that ended so; `None` if these faults cannot have brought it there.
pub(crate) fn met_at_last(met: &[Meeting], ended: &Ended<'_>) -> Option<Meets> {
    // Only one repeat may be free, and only where a reused connection was closed before the first
    // byte. One that the response to another call was the last of takes no fault.
    let stale = ended.failed.iter().filter(|attempt| attempt.stale_connection).count();
    let repeat = ended.repeat;
    let Some(kind) = ended.error else {
        // As above: one attempt more when a closing connection was replaced.
        let answered = met.iter().position(|meeting| meeting.meets == Meets::Answer);
        let failed = answered.unwrap_or(met.len());
        let is_answered =
            [0, 1].iter().any(|free| verdict(met, *free, repeat, false) == Meets::Answer)
                && [failed, failed + 1].contains(&ended.failed.len());
        return is_answered.then_some(Meets::Answer);
    };
    if stale > 1 || ended.failed.len() > REPEATS + 1 + stale {
        return None;
    }
    let error = Meets::Final(kind);
    if stale == 1 && repeat == Repeat::OnlyIfUnseen && kind == ErrorKind::Connection {
        return Some(error);
    }
    let verdicts = [false, true]
        .into_iter()
        .flat_map(|refuses| (0..=stale).map(move |free| (free, refuses)))
        .map(|(free, refuses)| verdict(met, free, repeat, refuses));
    let verdicts: Vec<_> = verdicts.collect();
    let fits = |verdict: &Meets| *verdict != Meets::BrokenRefusal || kind == ErrorKind::Status;
    let likeliest_first = [error, Meets::BrokenRefusal, Meets::Answer];
    likeliest_first.into_iter().find(|verdict| verdicts.contains(verdict) && fits(verdict))
}

/// How a call ends that meets these faults one after the other, with so many repeats for free, of an
/// operation that the server `refuses` or not.
fn verdict(met: &[Meeting], free: usize, repeat: Repeat, refuses: bool) -> Meets {
    let silent = met.iter().filter(|meeting| meeting.meets == Meets::Silent).count();
    let repeats = REPEATS + free.min(silent);
    for (number, meeting) in met.iter().enumerate() {
        if refuses && meeting.breaks_body() {
            return Meets::BrokenRefusal;
        }
        let kind = match meeting.meets {
            Meets::Passing(kind) => kind,
            Meets::Silent => ErrorKind::Connection,
            Meets::ServerError => ErrorKind::Server,
            end => return end,
        };
        let is_repeated = match repeat {
            Repeat::Always => true,
            Repeat::NotAfter500 => meeting.meets != Meets::ServerError,
            Repeat::OnlyIfUnseen | Repeat::WithKey => kind == ErrorKind::RateLimited,
        };
        if number == repeats || !is_repeated {
            return Meets::Final(kind);
        }
    }
    Meets::Answer
}
