//! One exchange: a request goes out, and an answer comes in or does not.

use http_body_util::{BodyExt, Empty};
use hyper::{
    Request, Response,
    body::{Body, Bytes, Incoming},
    header::HeaderMap,
};
use tokio::time::{Instant, timeout_at};

use crate::{
    connection::{Connection, LARGEST_HEAD},
    error::{Error, ErrorKind, Limit},
    pool::Pool,
    timeout::Window,
};

/// The most bytes that are read of a body that is no profile.
const LARGEST_ERROR_BODY: usize = 64 * 1024;

/// The most bytes that room is made for on a server's word alone.
const MOST_AHEAD: usize = 64 * 1024;

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
    if window.is_closed(Instant::now()) {
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
    let status = head.status.as_u16();
    let limit = match status {
        200 => largest_body,
        _ => largest_body.min(LARGEST_ERROR_BODY),
    };
    let stated = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = Bytes::new();
    let body_end = if status == 200 && stated > limit {
        Err(too_large(limit))
    } else {
        match timeout_at(window.ends, collect(&mut body, stated, limit, &mut bytes)).await {
            Ok(end) => end,
            Err(_) => Err(window.passed()),
        }
    };
    if let (Ok(()), Some(connection)) = (&body_end, leased) {
        pool.put_back(connection);
    }
    Ok(Exchanged { status, headers: head.headers, body: bytes, body_end })
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
    let sent = connection.has_sent();
    let error = if connection.is_reused() && !sent {
        // Whatever came, such as a farewell to an idle client, is no answer to this request.
        Error::new(ErrorKind::Exchange, "the idle connection broke before the request").stale(true)
    } else if cause.is_parse_too_large() {
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
    error.seen(sent).caused_by(cause)
}

/// Reads a body into `bytes`, where what came stays when the rest does not.
async fn collect(
    body: &mut Incoming,
    stated: usize,
    limit: usize,
    bytes: &mut Bytes,
) -> Result<(), Error> {
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
        let room = limit - buffer.len();
        if data.len() > room {
            buffer.extend_from_slice(&data[..room]);
            break Err(too_large(limit));
        }
        if buffer.is_empty() && body.is_end_stream() {
            *bytes = data;
            return Ok(());
        }
        buffer.reserve(ahead(stated, buffer.len(), data.len()));
        buffer.extend_from_slice(&data);
    };
    *bytes = buffer.into();
    end
}

/// How much room to make at once for a body of which `arrived` bytes are to follow `so_far`.
fn ahead(stated: usize, so_far: usize, arrived: usize) -> usize {
    stated.saturating_sub(so_far).min(MOST_AHEAD).max(arrived)
}

fn too_large(limit: usize) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the answer's body is larger than {limit} bytes"))
        .at_limit(Limit::Body)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        task::yield_now,
    };

    use super::*;
    use crate::{base_url::BaseUrl, connection::Connector};

    const LIMIT: usize = 1000;
    /// Long enough for an answer on a busy machine, short enough to wait for twice.
    const SOON: Duration = Duration::from_millis(300);

    /// A pool, and the listener its connections go to.
    async fn pool() -> (Pool, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let base = BaseUrl::parse(&url, false).unwrap();
        (Pool::new(Connector::new(&base, None, Duration::from_secs(3))), listener)
    }

    fn request() -> Request<Empty<Bytes>> {
        Request::new(Empty::new())
    }

    fn window(length: Duration) -> Window {
        let now = Instant::now();
        Window::open(now, length, now + 2 * length, 2 * length)
    }

    /// Answers one request with these bytes, and keeps the connection open.
    async fn answer(listener: &TcpListener, bytes: &str) -> TcpStream {
        let mut stream = listener.accept().await.unwrap().0;
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }

    /// What an exchange with a server comes to that says so, and how many connections are kept.
    async fn outcome(bytes: &str) -> (Exchanged, usize) {
        let (pool, listener) = pool().await;
        let exchange = exchange(&pool, true, request(), window(SOON), LIMIT);
        let (exchanged, _stream) = tokio::join!(exchange, answer(&listener, bytes));
        (exchanged.unwrap(), pool.len())
    }

    #[tokio::test]
    async fn only_a_connection_whose_answer_ended_well_is_kept() {
        let whole = outcome("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na").await;
        assert!(whole.0.body_end.is_ok() && whole.1 == 1);
        for status in ["200 OK", "403 Forbidden"] {
            let late = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\na");
            let large = format!("HTTP/1.1 {status}\r\nContent-Length: 1001\r\n\r\na");
            for bytes in [late, large] {
                let (exchanged, kept) = outcome(&bytes).await;
                assert!(exchanged.body_end.is_err() && kept == 0);
            }
        }
    }

    #[tokio::test]
    async fn bytes_that_come_before_the_request_left_make_a_reused_connection_stale() {
        let (pool, listener) = pool().await;
        let connection = pool.lease(true).await.unwrap();
        let mut theirs = listener.accept().await.unwrap().0;
        pool.put_back(connection);
        let mut connection = pool.lease(false).await.unwrap();
        theirs.write_all(b"HTTP/1.1 408 Request Timeout\r\n\r\n").await.unwrap();
        while !connection.has_received() {
            yield_now().await;
        }
        let cause = connection.send(request()).await.unwrap_err();
        let met = no_answer(cause, &connection).as_attempt();
        assert!(met.stale_connection && !met.may_have_been_seen);
    }

    #[tokio::test]
    async fn what_an_earlier_request_sent_is_not_counted_again() {
        let (pool, listener) = pool().await;
        let window = window(Duration::from_secs(30));
        let first = exchange(&pool, true, request(), window, LIMIT);
        let bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let (_, mut theirs) = tokio::join!(first, answer(&listener, bytes));
        let mut connection = pool.lease(false).await.unwrap();
        theirs.shutdown().await.unwrap();
        while !connection.is_closed() {
            yield_now().await;
        }
        let cause = connection.send(request()).await.unwrap_err();
        let met = no_answer(cause, &connection).as_attempt();
        assert!(met.stale_connection && !met.may_have_been_seen);
    }

    #[tokio::test]
    async fn nothing_is_begun_when_the_time_is_over() {
        let (pool, listener) = pool().await;
        let over = window(Duration::from_micros(1));
        while Instant::now() < over.ends {
            yield_now().await;
        }
        let error = exchange(&pool, true, request(), over, LIMIT).await.err().unwrap();
        assert_eq!((error.kind(), error.limit()), (ErrorKind::Timeout, Some(Limit::Attempt)));
        let asked = tokio::time::timeout(Duration::from_millis(5), listener.accept()).await;
        assert!(asked.is_err() && !error.as_attempt().may_have_been_seen);
    }

    #[test]
    fn a_server_that_announces_much_is_believed_a_little_at_a_time() {
        assert_eq!(ahead(3387, 0, 1000), 3387);
        assert_eq!(ahead(3387, 3000, 387), 387);
        assert_eq!(ahead(usize::MAX, 0, 1000), MOST_AHEAD);
        assert_eq!(ahead(usize::MAX, 0, 2 * MOST_AHEAD), 2 * MOST_AHEAD);
        assert_eq!(ahead(0, 100, 7), 7);
    }
}
