//! One attempt: a request goes out, and a response comes in or does not.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU8, Ordering::Relaxed},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    body::{Body, Bytes, Incoming},
};

use super::{
    connection::{Connection, MAX_HEAD},
    pool::Pool,
    response::{Head, ReceivedResponse},
    timeouts::Deadline,
};
use crate::error::{Error, ErrorKind, Limit};

/// The most bytes that are read of a refusal's body.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// The most bytes that room is made for on a server's word alone.
const MAX_RESERVED: usize = 64 * 1024;

/// What to read of a response, and how much.
#[derive(Clone, Copy)]
pub(crate) struct BodyLimit {
    /// The status whose body is an answer.
    pub(crate) success: u16,
    /// The most bytes of such a body.
    pub(crate) bytes: usize,
}

/// How far an attempt is, for those who will not wait for its end.
#[derive(Default)]
pub(crate) struct Progress {
    connection: AtomicU8,
    /// Here only until the body is there as well.
    head: Mutex<Option<Head>>,
}

/// The connection an attempt used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConnectionUse {
    /// It had none.
    None,
    /// One opened for it.
    New,
    /// An idle one of the pool.
    Reused,
}

impl Progress {
    pub(crate) fn connection(&self) -> ConnectionUse {
        match self.connection.load(Relaxed) {
            0 => ConnectionUse::None,
            1 => ConnectionUse::New,
            _ => ConnectionUse::Reused,
        }
    }

    /// What comes of it for whoever leaves at this deadline: the response as far as it is there, or
    /// the error of none.
    pub(crate) fn cut_at(&self, deadline: Deadline) -> Result<ReceivedResponse, Error> {
        match self.head().clone() {
            Some(head) => Ok(ReceivedResponse::new(head, Bytes::new(), Err(deadline.error()))),
            None => {
                let has_connection = self.connection() != ConnectionUse::None;
                Err(deadline.error().reached_server(has_connection))
            }
        }
    }

    fn leased(&self, connection: &Connection) {
        self.connection.store(if connection.is_reused() { 2 } else { 1 }, Relaxed);
    }

    fn head(&self) -> MutexGuard<'_, Option<Head>> {
        // Nothing under this lock can panic half-way through a change.
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sends one request and reads its response. How long that may take is the caller's to say: whoever drops it
/// learns from `progress` how far it came.
///
/// The request is taken from its caller when it goes out: by value, the future would hold it several
/// times.
pub(crate) async fn attempt(
    pool: &Pool,
    on_new_connection: bool,
    request: &mut Option<Request<Full<Bytes>>>,
    limit: BodyLimit,
    progress: &Progress,
) -> Result<ReceivedResponse, Error> {
    let mut connection = pool.lease(on_new_connection).await?;
    progress.leased(&connection);
    let request = request.take().expect("an attempt sends once");
    let response = connection.send(request).await;
    let (head, mut body) = response.map_err(|cause| no_response(cause, &connection))?.into_parts();
    let is_success = head.status == limit.success;
    *progress.head() = Some(head.into());
    let limit = if is_success { limit.bytes } else { limit.bytes.min(MAX_ERROR_BODY) };
    let stated = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = Bytes::new();
    let body_end = if is_success && stated > limit {
        Err(too_large(limit))
    } else {
        collect(&mut body, stated, limit, &mut bytes).await
    };
    if body_end.is_ok() {
        pool.put_back(connection);
    }
    let head = progress.head().take().expect("only the end of the attempt takes the head");
    Ok(ReceivedResponse::new(head, bytes, body_end))
}

fn no_response(cause: hyper::Error, connection: &Connection) -> Error {
    let sent = connection.has_sent();
    let error = if connection.is_reused() && !sent {
        // Bytes that came, such as a 408 to an idle client, are no response to this request.
        Error::new(ErrorKind::Connection, "the idle connection closed before the request")
            .stale(true)
    } else if cause.is_parse_too_large() {
        let message = format!("the response's head is larger than {MAX_HEAD} bytes or 100 lines");
        Error::new(ErrorKind::TooLarge, message).at_limit(Limit::Head)
    } else if cause.is_parse() {
        Error::new(ErrorKind::Protocol, "the response's head is not readable HTTP")
    } else if connection.has_received() {
        Error::new(ErrorKind::Connection, "the connection closed in the response's head")
    } else {
        Error::new(ErrorKind::Connection, "the connection closed before the response")
            .stale(connection.is_reused())
    };
    error.reached_server(sent).caused_by(cause)
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
                break Err(broken_body(cause));
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

/// A body that broke off, or is no chunked body where it says that it is one.
fn broken_body(cause: hyper::Error) -> Error {
    let error = match cause.is_parse() || is_malformed(&cause) {
        true => Error::new(ErrorKind::Protocol, "the response's body is not readable HTTP"),
        false => Error::new(ErrorKind::Connection, "the connection closed in the response's body"),
    };
    error.caused_by(cause)
}

/// Whether hyper's decoder refused the bytes of a chunked body.
fn is_malformed(error: &hyper::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            return matches!(
                io.kind(),
                std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData
            );
        }
        source = cause.source();
    }
    false
}

/// How much room to make at once for a body of which `arrived` bytes are to follow `so_far`.
fn ahead(stated: usize, so_far: usize, arrived: usize) -> usize {
    stated.saturating_sub(so_far).min(MAX_RESERVED).max(arrived)
}

fn too_large(limit: usize) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the response's body is larger than {limit} bytes"))
        .at_limit(Limit::Body)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
        task::yield_now,
        time::{Instant, timeout_at},
    };

    use super::*;
    use crate::http::{base_url::BaseUrl, connector::Connector};

    const LIMIT: BodyLimit = BodyLimit { success: 200, bytes: 1000 };
    /// Long enough for an answer on a busy machine, short enough to wait for twice.
    const SOON: Duration = Duration::from_millis(300);

    /// A pool, and the listener its connections go to.
    async fn pool() -> (Pool, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let base = BaseUrl::parse(&url, false).unwrap();
        (Pool::new(Connector::new(&base, None, Duration::from_secs(3))), listener)
    }

    fn request() -> Request<Full<Bytes>> {
        Request::new(Full::default())
    }

    /// What an attempt comes to within this time.
    async fn within(
        length: Duration,
        pool: &Pool,
        on_new_connection: bool,
    ) -> Result<ReceivedResponse, Error> {
        let now = Instant::now();
        let deadline = Deadline::of_attempt(now, length, now + 2 * length, 2 * length);
        let (progress, mut request) = (Progress::default(), Some(request()));
        let attempt = attempt(pool, on_new_connection, &mut request, LIMIT, &progress);
        match timeout_at(deadline.at, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => progress.cut_at(deadline),
        }
    }

    /// Answers one request with these bytes, and keeps the connection open.
    async fn answer(listener: &TcpListener, bytes: &str) -> TcpStream {
        let mut stream = listener.accept().await.unwrap().0;
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0);
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }

    /// What an attempt with a server comes to that says so, and how many connections are kept.
    async fn outcome(bytes: &str) -> (ReceivedResponse, usize) {
        let (pool, listener) = pool().await;
        let attempt = within(SOON, &pool, true);
        let (received, _stream) = tokio::join!(attempt, answer(&listener, bytes));
        (received.unwrap(), pool.len())
    }

    #[tokio::test]
    async fn only_a_connection_whose_answer_ended_well_is_kept() {
        let whole = outcome("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na").await;
        assert!(whole.0.body_end.is_ok() && whole.1 == 1);
        for status in ["200 OK", "403 Forbidden"] {
            let late = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\na");
            let large = format!("HTTP/1.1 {status}\r\nContent-Length: 1001\r\n\r\na");
            for bytes in [late, large] {
                let (received, kept) = outcome(&bytes).await;
                assert!(received.body_end.is_err() && kept == 0);
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
        let failure = no_response(cause, &connection).as_attempt();
        assert!(failure.stale_connection && !failure.may_have_reached_server);
    }

    #[tokio::test]
    async fn what_an_earlier_request_sent_is_not_counted_again() {
        let (pool, listener) = pool().await;
        let first = within(Duration::from_secs(30), &pool, true);
        let bytes = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let (_, mut theirs) = tokio::join!(first, answer(&listener, bytes));
        let mut connection = pool.lease(false).await.unwrap();
        theirs.shutdown().await.unwrap();
        while !connection.is_closed() {
            yield_now().await;
        }
        let cause = connection.send(request()).await.unwrap_err();
        let failure = no_response(cause, &connection).as_attempt();
        assert!(failure.stale_connection && !failure.may_have_reached_server);
    }

    #[test]
    fn a_server_that_announces_much_is_believed_a_little_at_a_time() {
        assert_eq!(ahead(3387, 0, 1000), 3387);
        assert_eq!(ahead(3387, 3000, 387), 387);
        assert_eq!(ahead(usize::MAX, 0, 1000), MAX_RESERVED);
        assert_eq!(ahead(usize::MAX, 0, 2 * MAX_RESERVED), 2 * MAX_RESERVED);
        assert_eq!(ahead(0, 100, 7), 7);
    }
}
