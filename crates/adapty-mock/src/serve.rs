//! One connection: hyper for all that is well-formed, the bare socket for the rest.
//!
//! The service answers with a [`Reply`], which hyper sends, or with an error that carries a
//! [`Script`]; hyper then gives the socket back untouched and the script is played on it.
//!
//! A connection has no time limit, and so no timer to pay for with every request: whoever dawdles
//! holds one of a bounded number of connections, and is the first to lose it.

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
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
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

use crate::{
    admin,
    connections::Line,
    decision::{Decision, Outcome},
    fault::{End, Script, finish},
    reply::Reply,
    route::{self, BodyFault, Call, Head},
    server::Shared,
    wire::Wire,
};

/// How long a request's body may take.
const BODY_TIME_LIMIT: Duration = Duration::from_secs(30);
/// How large a request's body may be.
const BODY_LIMIT: usize = 64 * 1024;
/// How large the body of a request to the admin door may be; many profiles come in one.
const ADMIN_BODY_LIMIT: usize = 64 * 1024 * 1024;
/// How large a request's head may be.
const HEAD_LIMIT: usize = 64 * 1024;

/// Answers on `stream` until the client leaves or an answer ends the connection.
pub(crate) async fn connection(stream: TcpStream, shared: Arc<Shared>, line: Arc<Line>) {
    let _alarm = shared.failures().alarm();
    let service = service_fn(|request| respond(&shared, &line, request));
    let mut connection = http1::Builder::new()
        .half_close(true)
        .max_buf_size(HEAD_LIMIT)
        .serve_connection(TokioIo::new(Wire::new(stream, Arc::clone(&line))), service);
    let ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let Wire { stream, kept_back, .. } = connection.into_parts().io.into_inner();
    let script = match (kept_back, ended) {
        (Some(status), _) => Some(refusal(&shared, status)),
        // Hyper has no page for those who greet in HTTP/2.
        (None, Err(error)) if error.is_parse() => Some(refusal(&shared, StatusCode::BAD_REQUEST)),
        (None, Err(error)) => handed_over(&error),
        (None, Ok(())) => None,
    };
    match script {
        Some(script) => {
            if script.ends() {
                line.answering();
            } else {
                line.forgotten();
            }
            script.play(stream).await;
        }
        None => finish(stream, End::Close).await,
    }
}

/// The answer to what is no request.
fn refusal(shared: &Shared, status: StatusCode) -> Box<Script> {
    Box::new(Script::reply(&Reply::no_request(status), shared.request_ids.next()))
}

type Answered = Result<Response<Full<Bytes>>, HandOver>;

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

fn respond(shared: &Arc<Shared>, line: &Arc<Line>, request: Request<Incoming>) -> Answering {
    let is_admin = shared.admin && admin::is_meant(request.uri().path());
    let later: Pin<Box<dyn Future<Output = Answered> + Send>> = if is_admin {
        Box::pin(administer(Arc::clone(shared), Arc::clone(line), request))
    } else if !request.body().is_end_stream() {
        Box::pin(answer_once_read(Arc::clone(shared), Arc::clone(line), request))
    } else {
        let decision = decide(shared, line, Head::of(&request), Ok(Bytes::new()));
        if decision.delay().is_none() {
            line.answered(shared);
            return Answering::Now(Some(answer(decision)));
        }
        Box::pin(answer_in_time(Arc::clone(shared), Arc::clone(line), decision))
    };
    line.answering();
    Answering::Later(later)
}

async fn administer(shared: Arc<Shared>, line: Arc<Line>, request: Request<Incoming>) -> Answered {
    let (head, body) = request.into_parts();
    let head = Head::of_parts(&head);
    let reply = match admin::enter(&shared, head) {
        // Nobody without a key makes the server hold a large body.
        Err(refused) => *refused,
        Ok(ask) => match read(body, ADMIN_BODY_LIMIT).await {
            Ok(body) => ask.answer(&shared, body).await,
            Err(BodyFault::TooLarge) => {
                Reply::body_too_large("the request's body is larger than 64 MiB")
            }
            Err(BodyFault::TooSlow) => Reply::body_too_slow(),
            Err(BodyFault::Broken) => Reply::body_broken(),
        },
    };
    line.answered(&shared);
    answer(Decision::new(shared.request_ids.next(), reply))
}

async fn answer_once_read(
    shared: Arc<Shared>,
    line: Arc<Line>,
    request: Request<Incoming>,
) -> Answered {
    let (head, body) = request.into_parts();
    let body = read(body, BODY_LIMIT).await;
    let decision = decide(&shared, &line, Head::of_parts(&head), body);
    answer_in_time(shared, line, decision).await
}

async fn answer_in_time(shared: Arc<Shared>, line: Arc<Line>, decision: Decision) -> Answered {
    if let Some(delay) = decision.delay() {
        sleep(delay).await;
    }
    line.answered(&shared);
    answer(decision)
}

async fn read(body: Incoming, limit: usize) -> Result<Bytes, BodyFault> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyFault::TooLarge);
    }
    match timeout(BODY_TIME_LIMIT, Limited::new(body, limit).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BodyFault::TooLarge),
        Ok(Err(_)) => Err(BodyFault::Broken),
        Err(_) => Err(BodyFault::TooSlow),
    }
}

fn decide(
    shared: &Shared,
    line: &Line,
    head: Head<'_>,
    body: Result<Bytes, BodyFault>,
) -> Decision {
    let call =
        Call { head, body, on_doomed_connection: line.is_doomed(), last_app: &line.last_app };
    let decision = route::decide(shared, &call);
    if decision.dooms_connection() {
        line.doom();
    }
    decision
}

fn answer(decision: Decision) -> Answered {
    match decision.outcome {
        Outcome::Reply(reply) => {
            let headers = reply.headers(decision.id);
            let mut response = Response::new(Full::new(reply.body));
            *response.status_mut() = reply.status;
            *response.headers_mut() = headers;
            Ok(response)
        }
        Outcome::Script(script) => Err(HandOver(Mutex::new(Some(script)))),
    }
}

/// Tells hyper to stop, and carries the script out of it.
#[derive(Debug)]
struct HandOver(Mutex<Option<Box<Script>>>);

impl fmt::Display for HandOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bare socket is wanted")
    }
}

impl Error for HandOver {}

fn handed_over(error: &hyper::Error) -> Option<Box<Script>> {
    let hand_over = error.source()?.downcast_ref::<HandOver>()?;
    hand_over.0.lock().unwrap_or_else(PoisonError::into_inner).take()
}
