//! Raw responses: what goes over the socket where hyper will not send it.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

use super::{
    fault::{Fault, Then},
    running_plan::PlannedFault,
};
use crate::{
    reply::{Reply, request_id::RequestId},
    rng::Rng,
};

/// Bytes, how they are spread over time, and the end of the connection.
#[derive(Debug)]
pub(crate) struct RawResponse {
    /// The status of the reply, if its whole head goes out.
    pub(crate) status: Option<StatusCode>,
    pub(crate) reason: &'static str,
    /// Sent at once.
    pub(crate) first: Bytes,
    /// Sent behind that; a body is long, and many may be under way.
    pub(crate) then: Bytes,
    /// Sent one byte at a time, each after the pause.
    pub(crate) slowly: Option<(Bytes, Duration)>,
    /// Sent again and again until the client leaves.
    pub(crate) endlessly: Option<Bytes>,
    pub(crate) end: End,
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Close,
    Reset,
    Silence,
}

impl RawResponse {
    /// The end of a connection on which `close_on_reuse` came before.
    pub(super) fn close_on_reuse() -> Self {
        Self {
            reason: "the response before was to be the connection's last",
            ..Self::end(End::Close)
        }
    }

    fn end(end: End) -> Self {
        Self::of(Bytes::new(), end)
    }

    fn of(first: impl Into<Bytes>, end: End) -> Self {
        Self {
            status: None,
            reason: "a fault plan says so",
            first: first.into(),
            then: Bytes::new(),
            slowly: None,
            endlessly: None,
            end,
        }
    }

    fn with_head(reply: &Reply, first: Vec<u8>, end: End) -> Self {
        Self { status: Some(reply.status), ..Self::of(first, end) }
    }

    /// A whole answer, and the end.
    pub(crate) fn reply(reply: &Reply, id: RequestId) -> Self {
        let mut bytes = head_of(reply, id, &Length::LastOf(reply.body.len()));
        bytes.extend_from_slice(&reply.body);
        Self::with_head(reply, bytes, End::Close)
    }

    /// The head and half of the body.
    fn half(reply: &Reply, id: RequestId, end: End) -> Self {
        let length = reply.body.len();
        Self {
            then: reply.body.slice(..length / 2),
            ..Self::with_head(reply, head_of(reply, id, &Length::Of(length)), end)
        }
    }

    /// Whether it ends by itself; the others last until the client leaves.
    pub(crate) fn ends(&self) -> bool {
        self.endlessly.is_none() && !matches!(self.end, End::Silence)
    }

    /// The raw response of a fault that breaks `reply`; `None` for the faults that are well-formed
    /// responses.
    pub(super) fn new(planned: &PlannedFault, reply: &Reply, id: RequestId) -> Option<Self> {
        let fault = planned.fault();
        let length = reply.body.len();
        if fault.is_of_body() && length == 0 {
            // Whatever the client made of it, it would be a whole answer.
            return Some(Self::of(half_of_head(reply, id), End::Reset));
        }
        Some(match fault {
            Fault::None
            | Fault::Status(_)
            | Fault::WrongContentType { .. }
            | Fault::CloseOnReuse => return None,
            Fault::Timeout => Self::end(End::Silence),
            Fault::EmptyResponse => Self::end(End::Close),
            Fault::ConnectionResetByPeer => Self::end(End::Reset),
            Fault::LostRequest => Self {
                reason: "a fault plan loses the request: it was not carried out",
                ..Self::end(End::Reset)
            },
            Fault::LostAnswer => Self {
                reason: "a fault plan loses the answer: the request was carried out",
                ..Self::end(End::Reset)
            },
            Fault::HalfHeadThenClose => Self::of(half_of_head(reply, id), End::Close),
            Fault::HalfBodyThenClose => Self::half(reply, id, End::Close),
            Fault::HalfBodyThenReset => Self::half(reply, id, End::Reset),
            Fault::WrongContentLength { by } => {
                let said = i64::try_from(length).unwrap_or(i64::MAX).saturating_add(*by).max(0);
                let said = Length::Of(usize::try_from(said).unwrap_or(usize::MAX));
                Self {
                    then: reply.body.clone(),
                    ..Self::with_head(reply, head_of(reply, id, &said), End::Close)
                }
            }
            Fault::Slicer { delay_ms } => Self {
                slowly: Some((reply.body.clone(), Duration::from_millis(*delay_ms))),
                ..Self::with_head(reply, head_of(reply, id, &Length::LastOf(length)), End::Close)
            },
            Fault::RandomDataThenClose => Self::of(noise(planned.random), End::Close),
            Fault::EndlessHead => {
                let mut head = head_of(reply, id, &Length::Of(length));
                // Without the empty line, which would end it.
                head.truncate(head.len() - 2);
                Self {
                    endlessly: Some(Bytes::from("x-endless: endless\r\n".repeat(200))),
                    ..Self::of(head, End::Close)
                }
            }
            Fault::EndlessBody => Self {
                endlessly: Some(Bytes::from(format!("1000\r\n{}\r\n", " ".repeat(0x1000)))),
                ..Self::with_head(reply, head_of(reply, id, &Length::Chunked), End::Close)
            },
            Fault::Raw { then, .. } => Self::of(
                planned.text(),
                match then {
                    Then::Close => End::Close,
                    Then::Reset => End::Reset,
                    Then::Timeout => End::Silence,
                },
            ),
        })
    }
}

enum Length {
    Of(usize),
    /// A whole answer, after which the connection closes and says so.
    LastOf(usize),
    Chunked,
}

fn head_of(reply: &Reply, id: RequestId, length: &Length) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {}\r\n", reply.status).into_bytes();
    for (name, value) in &reply.headers(id) {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(
        match length {
            Length::Of(length) => format!("content-length: {length}\r\n\r\n"),
            Length::LastOf(length) => {
                format!("content-length: {length}\r\nconnection: close\r\n\r\n")
            }
            Length::Chunked => "transfer-encoding: chunked\r\n\r\n".to_owned(),
        }
        .as_bytes(),
    );
    head
}

fn half_of_head(reply: &Reply, id: RequestId) -> Vec<u8> {
    let mut head = head_of(reply, id, &Length::Of(reply.body.len()));
    head.truncate(head.len() / 2);
    head
}

/// 256 bytes, the first of them no letter, so that no head can begin so.
fn noise(seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let mut bytes: Vec<u8> = (0..32).flat_map(|_| rng.number().to_le_bytes()).collect();
    bytes[0] |= 0x80;
    bytes
}
