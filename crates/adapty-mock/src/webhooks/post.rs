//! One `POST` of an event, and what may be done wrong with it on purpose.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderValue, Request, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt, Limited};
use hyper::{
    body::{Body, Frame, SizeHint},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    task::JoinSet,
    time::{Sleep, sleep, timeout},
};

use crate::{app::outbox::Endpoint, faults::DeliveryFault};

/// How long an answer may take, as documented.
const LIMIT: Duration = Duration::from_secs(10);
/// How long the address may be, and the text of `Authorization`, in bytes.
const LONGEST: usize = 8 * 1024;
/// How much of an answer is looked at.
const ANSWER_LIMIT: usize = 64 * 1024;

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// The body, as far as it was read.
    pub(super) body: Result<Bytes, String>,
}

/// Says why an address is none that events can be sent to.
pub(crate) fn check(endpoint: &Endpoint) -> Result<Uri, String> {
    if endpoint.url.len() > LONGEST {
        return Err(format!("url: it is longer than {LONGEST} bytes"));
    }
    let url: Uri = endpoint.url.parse().map_err(|_| "url: it is no URL".to_owned())?;
    if url.scheme_str() != Some("http") || url.host().is_none() {
        return Err("url: it does not begin with http:// and a host".to_owned());
    }
    if stated_port(&url).is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
        return Err("url: its port is none from 1 to 65535".to_owned());
    }
    if let Some(text) = &endpoint.authorization {
        if text.len() > LONGEST {
            return Err(format!("authorization: it is longer than {LONGEST} bytes"));
        }
        HeaderValue::from_str(text)
            .map_err(|_| "authorization: it cannot be a header's value".to_owned())?;
    }
    Ok(url)
}

/// What stands behind the host and its colon; nothing there is the usual port.
fn stated_port(url: &Uri) -> Option<&str> {
    let (_, address) = match url.authority()?.as_str().rsplit_once('@') {
        Some(it) => it,
        None => ("", url.authority()?.as_str()),
    };
    let port = address.strip_prefix(url.host()?)?.strip_prefix(':')?;
    (!port.is_empty()).then_some(port)
}

/// Sends a body; the error says in words why no answer came.
pub(super) async fn post(
    endpoint: &Endpoint,
    body: Bytes,
    fault: &DeliveryFault,
) -> Result<Answer, String> {
    let url = check(endpoint)?;
    match timeout(LIMIT, exchange(&url, endpoint, body, fault)).await {
        Ok(answer) => answer,
        Err(_) => Err("no answer within 10 s".to_owned()),
    }
}

async fn exchange(
    url: &Uri,
    endpoint: &Endpoint,
    body: Bytes,
    fault: &DeliveryFault,
) -> Result<Answer, String> {
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().unwrap_or(80);
    let no_connection = |error: std::io::Error| format!("no connection: {error}");
    // An IPv6 address stands in brackets in a URL alone.
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let stream = TcpStream::connect((name, port)).await.map_err(no_connection)?;
    if matches!(fault, DeliveryFault::ConnectionReset) {
        // Dropped with nothing to linger for, a socket is reset.
        stream.set_zero_linger().map_err(no_connection)?;
    }
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        // How it ended is told by the answer, or by its absence.
        let _ended = connection.await;
    });
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let authority = url.authority().map_or("", |authority| authority.as_str());
    let mut request = Request::post(path)
        .header(HOST, authority)
        .header(CONTENT_TYPE, "application/json")
        .body(EventBody::new(body, fault))
        .map_err(|error| error.to_string())?;
    let authorization = match fault {
        DeliveryFault::WrongAuthorization => Some("not-the-configured-text"),
        _ => endpoint.authorization.as_deref(),
    };
    if let Some(text) = authorization.and_then(|text| HeaderValue::from_str(text).ok()) {
        request.headers_mut().insert(AUTHORIZATION, text);
    }
    let response = sender.send_request(request).await;
    let response = response.map_err(|error| match fault {
        DeliveryFault::ConnectionReset => {
            "the connection was reset half-way through the body, by its fault".to_owned()
        }
        _ => format!("no answer: {error}"),
    })?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), ANSWER_LIMIT).collect().await;
    let body = body.map(http_body_util::Collected::to_bytes).map_err(|error| error.to_string());
    Ok(Answer { status, body })
}

/// A body on its way: whole, half, byte by byte, or broken off.
struct EventBody {
    left: Bytes,
    /// Sent at once, or a byte after each pause.
    pause: Option<(Duration, Pin<Box<Sleep>>)>,
    breaks_off: bool,
}

impl EventBody {
    fn new(body: Bytes, fault: &DeliveryFault) -> Self {
        let half = body.slice(..body.len() / 2);
        let whole = Self { left: body, pause: None, breaks_off: false };
        match fault {
            DeliveryFault::BrokenBody => Self { left: half, ..whole },
            DeliveryFault::SlowBody { delay_ms } => {
                let pause = Duration::from_millis(*delay_ms);
                Self { pause: Some((pause, Box::pin(sleep(pause)))), ..whole }
            }
            DeliveryFault::ConnectionReset => Self { left: half, breaks_off: true, ..whole },
            _ => whole,
        }
    }
}

impl Body for EventBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let body = self.get_mut();
        if body.left.is_empty() {
            return Poll::Ready(body.breaks_off.then_some(Err(BrokenOff)));
        }
        let length = match &mut body.pause {
            None => body.left.len(),
            Some((pause, sleeping)) => {
                ready!(sleeping.as_mut().poll(context));
                *sleeping = Box::pin(sleep(*pause));
                1
            }
        };
        Poll::Ready(Some(Ok(Frame::data(body.left.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.left.len() as u64;
        SizeHint::with_exact(if self.breaks_off { 2 * length.max(1) } else { length })
    }
}

/// Ends a body before its end.
#[derive(Debug)]
struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the body was broken off on purpose")
    }
}

impl std::error::Error for BrokenOff {}
