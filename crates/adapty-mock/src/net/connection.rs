//! One connection: hyper for all that is well-formed, the raw socket for the rest.
//!
//! The service answers with a [`Reply`], which hyper sends, or with an error that carries a
//! [`RawResponse`]; hyper then gives the socket back untouched, and that is sent on it.
//!
//! A connection has no timeout, and so no timer to pay for with every request: a slow client holds
//! one of a bounded number of connections, and is the first to lose it.

use std::{
    error::Error,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header::CONNECTION};
use http_body_util::BodyExt;
use hyper::{
    body::{Body, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{connection_state::ConnectionState, raw_socket, sent_body::SentBody, socket::Socket};
use crate::{
    admin,
    app::server_state::ServerState,
    faults::{End, Outcome, RawResponse, Response},
    http::{BodyError, Head, ReceivedRequest, answer},
    reply::{Reply, no_room},
};

/// How long a request's body may take.
const BODY_TIME_LIMIT: Duration = Duration::from_secs(30);
/// How large a request's body may be.
const BODY_LIMIT: usize = 64 * 1024;
/// How large the body of an admin request may be; many profiles come in one.
const ADMIN_BODY_LIMIT: usize = 64 * 1024 * 1024;
/// How large a request's head may be.
const HEAD_LIMIT: usize = 64 * 1024;

/// Answers on `stream` until the client leaves or a response ends the connection.
pub(super) async fn serve(
    stream: TcpStream,
    server: Arc<ServerState>,
    state: Arc<ConnectionState>,
) {
    let _guard = server.failures().panic_guard();
    let service = service_fn(|request| respond(&server, &state, request));
    let mut connection = http1::Builder::new()
        .half_close(true)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(Socket::new(stream, Arc::clone(&state))), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let Socket { stream, withheld, .. } = connection.into_parts().io.into_inner();
    let raw = match (withheld, ended) {
        (Some(status), _) => Some(refusal(&server, status)),
        // Hyper has no page for an HTTP/2 preface.
        (None, Err(error)) if error.is_parse() => Some(refusal(&server, StatusCode::BAD_REQUEST)),
        (None, Err(error)) => raw_response(&error),
        (None, Ok(())) => None,
    };
    match raw {
        Some(raw) => {
            if raw.ends() {
                state.answering();
            } else {
                state.idle();
            }
            raw_socket::send(stream, &raw).await;
        }
        None => raw_socket::finish(stream, End::Close).await,
    }
}

/// The answer to what is no request.
fn refusal(server: &ServerState, status: StatusCode) -> Box<RawResponse> {
    Box::new(RawResponse::reply(&Reply::no_request(status), server.request_ids.next()))
}

type Answered = Result<http::Response<SentBody>, UpgradeToRawSocket>;

/// An answer under way. Hyper gives its socket back only if this need not be pinned.
enum Answering {
    Now(Option<Answered>),
    Later(Pin<Box<dyn Future<Output = Answered> + Send>>),
}

impl Future for Answering {
    type Output = Answered;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answered> {
        match self.get_mut() {
            Self::Now(answered) => {
                Poll::Ready(answered.take().expect("a future is not polled after its end"))
            }
            Self::Later(answering) => answering.as_mut().poll(context),
        }
    }
}

fn respond(
    server: &Arc<ServerState>,
    state: &Arc<ConnectionState>,
    request: Request<Incoming>,
) -> Answering {
    let is_admin = server.admin && admin::is_meant(request.uri().path());
    let later: Pin<Box<dyn Future<Output = Answered> + Send>> = if is_admin {
        Box::pin(administer(Arc::clone(server), Arc::clone(state), request))
    } else if !request.body().is_end_stream() {
        Box::pin(answer_once_read(Arc::clone(server), Arc::clone(state), request))
    } else {
        let response = answer_request(server, state, Head::of(&request), Ok(Bytes::new()));
        if response.delay().is_none() {
            state.answered(server);
            return Answering::Now(Some(sent(response)));
        }
        Box::pin(answer_after_delay(Arc::clone(server), Arc::clone(state), response))
    };
    state.answering();
    Answering::Later(later)
}

async fn administer(
    server: Arc<ServerState>,
    state: Arc<ConnectionState>,
    request: Request<Incoming>,
) -> Answered {
    let (head, body) = request.into_parts();
    let (reply, is_read) = match admin::enter(&server, &head.method, &head.uri, &head.headers) {
        // Nobody without a key makes the server hold a large body.
        Err(refused) => (*refused, body.is_end_stream()),
        Ok(request) => match read(body, ADMIN_BODY_LIMIT, &server).await {
            Ok(body) => (request.answer(&server, body).await, true),
            Err(BodyError::NoRoom(over)) => (no_room(over), false),
            Err(BodyError::TooLarge) => {
                (Reply::body_too_large("the request's body is larger than 64 MiB"), false)
            }
            Err(BodyError::TooSlow) => (Reply::body_too_slow(), false),
            Err(BodyError::Broken) => (Reply::body_broken(), false),
        },
    };
    state.answered(&server);
    let sent = sent(Response::new(server.request_ids.next(), reply));
    if is_read { sent } else { sent.map(closing) }
}

async fn answer_once_read(
    server: Arc<ServerState>,
    state: Arc<ConnectionState>,
    request: Request<Incoming>,
) -> Answered {
    let (head, body) = request.into_parts();
    let body = read(body, BODY_LIMIT, &server).await;
    let is_read = body.is_ok();
    let response = answer_request(&server, &state, Head::of_parts(&head), body);
    let sent = answer_after_delay(server, state, response).await;
    if is_read { sent } else { sent.map(closing) }
}

/// A response after which the connection closes, as the rest of a body would be taken for the next request.
fn closing(mut response: http::Response<SentBody>) -> http::Response<SentBody> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn answer_after_delay(
    server: Arc<ServerState>,
    state: Arc<ConnectionState>,
    response: Response,
) -> Answered {
    if let Some(delay) = response.delay() {
        sleep(delay).await;
    }
    state.answered(&server);
    sent(response)
}

/// Reads a body, which takes its room of the budget as it comes.
async fn read(mut body: Incoming, limit: usize, server: &ServerState) -> Result<Bytes, BodyError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyError::TooLarge);
    }
    let read = async {
        let mut bytes = Vec::new();
        let mut room = server.apps.defaults.budget.reserve(0).map_err(BodyError::NoRoom)?;
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            let length = bytes.len() + data.len();
            if length > limit {
                return Err(BodyError::TooLarge);
            }
            if length > bytes.capacity() {
                let larger = length.max(2 * bytes.capacity()).min(limit);
                room.resize(larger).map_err(BodyError::NoRoom)?;
                bytes.reserve_exact(larger - bytes.len());
            }
            bytes.extend_from_slice(&data);
        }
        Ok(room.keep(Bytes::from(bytes)))
    };
    timeout(BODY_TIME_LIMIT, read).await.unwrap_or(Err(BodyError::TooSlow))
}

fn answer_request(
    server: &ServerState,
    state: &ConnectionState,
    head: Head<'_>,
    body: Result<Bytes, BodyError>,
) -> Response {
    let request = ReceivedRequest { head, body, after_the_last: state.closes_on_reuse() };
    let response = answer(server, &request);
    if response.closes_on_reuse() {
        state.close_on_reuse();
    }
    response
}

/// A response as hyper takes it.
fn sent(response: Response) -> Answered {
    match response.outcome {
        Outcome::Reply(reply) => {
            let headers = reply.headers(response.id);
            let body = SentBody { first: reply.body, more: reply.more };
            let mut sent = http::Response::new(body);
            *sent.status_mut() = reply.status;
            *sent.headers_mut() = headers;
            Ok(sent)
        }
        Outcome::Raw(raw) => Err(UpgradeToRawSocket(Mutex::new(Some(raw)))),
    }
}

/// Tells hyper to stop, and carries the raw response out of it.
#[derive(Debug)]
struct UpgradeToRawSocket(Mutex<Option<Box<RawResponse>>>);

impl fmt::Display for UpgradeToRawSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a raw response is to be sent")
    }
}

impl Error for UpgradeToRawSocket {}

fn raw_response(error: &hyper::Error) -> Option<Box<RawResponse>> {
    let upgrade = error.source()?.downcast_ref::<UpgradeToRawSocket>()?;
    upgrade.0.lock().unwrap_or_else(PoisonError::into_inner).take()
}
