use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response,
    body::{Body, Bytes, Incoming},
    header::HeaderMap,
};
use tokio::time::timeout_at;

use crate::{
    connection::{Connection, LARGEST_HEAD},
    error::{Error, ErrorKind, Limit},
    pool::Pool,
    timeout::Window,
};

/// The most bytes that are read of a body that is no profile.
const LARGEST_ERROR_BODY: usize = 64 * 1024;

/// An answer as it came. Its body may have ended early, which only a 200 need care about.
pub(crate) struct Exchanged {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) body_end: Result<(), Error>,
}

/// Sends one request and reads its answer, all inside `window`.
pub(crate) async fn exchange(
    pool: &Pool,
    on_new_connection: bool,
    request: Request<Empty<Bytes>>,
    window: Window,
    largest_body: usize,
) -> Result<Exchanged, Error> {
    if window.is_closed() {
        return Err(window.passed());
    }
    // Outside the future that may be cut off, to know afterwards how far it came.
    let mut leased = None;
    let head = ask(pool, on_new_connection, request, &mut leased);
    let response = match timeout_at(window.ends, head).await {
        Ok(outcome) => outcome?,
        // The connection's task may be writing at this very moment: the meter could lie.
        Err(_) => return Err(window.passed().seen(leased.is_some())),
    };
    let (head, mut body) = response.into_parts();
    let limit = match head.status.as_u16() {
        200 => largest_body,
        _ => largest_body.min(LARGEST_ERROR_BODY),
    };
    let mut bytes = Bytes::new();
    let body_end = match timeout_at(window.ends, collect(&mut body, limit, &mut bytes)).await {
        Ok(end) => end,
        Err(_) => Err(window.passed()),
    };
    if let (Ok(()), Some(connection)) = (&body_end, leased) {
        pool.put_back(connection);
    }
    Ok(Exchanged { status: head.status.as_u16(), headers: head.headers, body: bytes, body_end })
}

async fn ask(
    pool: &Pool,
    on_new_connection: bool,
    request: Request<Empty<Bytes>>,
    leased: &mut Option<Connection>,
) -> Result<Response<Incoming>, Error> {
    let connection = leased.insert(pool.lease(on_new_connection).await?);
    connection.send(request).await.map_err(|cause| no_answer(cause, connection))
}

fn no_answer(cause: hyper::Error, connection: &Connection) -> Error {
    let error = if cause.is_parse_too_large() {
        let message = format!("the answer's head is larger than {LARGEST_HEAD} bytes or 100 lines");
        Error::new(ErrorKind::TooLarge, message).at_limit(Limit::Head)
    } else if cause.is_parse() {
        Error::new(ErrorKind::Exchange, "the answer's head is not readable HTTP")
    } else if connection.has_received() {
        Error::new(ErrorKind::Exchange, "the connection broke in the answer's head")
    } else {
        Error::new(ErrorKind::Exchange, "the connection broke before the answer")
            .stale(connection.is_reused())
    };
    error.seen(connection.has_sent()).caused_by(cause)
}

/// Reads a body into `bytes`, where what came stays when the rest does not.
async fn collect(body: &mut Incoming, limit: usize, bytes: &mut Bytes) -> Result<(), Error> {
    let too_large = || {
        Error::new(ErrorKind::TooLarge, format!("the answer's body is larger than {limit} bytes"))
            .at_limit(Limit::Body)
    };
    let stated = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if stated > limit {
        return Err(too_large());
    }
    let mut buffer = Vec::new();
    let end = loop {
        let data = match body.frame().await {
            None => break Ok(()),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            Some(Err(cause)) => {
                let message = "the connection broke in the answer's body";
                break Err(Error::new(ErrorKind::Exchange, message).caused_by(cause));
            }
        };
        if buffer.len() + data.len() > limit {
            break Err(too_large());
        }
        if buffer.is_empty() && body.is_end_stream() {
            *bytes = data;
            return Ok(());
        }
        buffer.reserve(stated.saturating_sub(buffer.len()).max(data.len()));
        buffer.extend_from_slice(&data);
    };
    *bytes = buffer.into();
    end
}
