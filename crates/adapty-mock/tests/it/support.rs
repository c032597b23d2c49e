//! One-word helpers. The client is a bare socket, so that what the server sends is seen as sent.

use std::{io::ErrorKind, time::Duration};

use adapty_mock::MockServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Ends a test that would otherwise hang; longer than any time limit that paused time jumps to.
const WATCHDOG: Duration = Duration::from_secs(600);

pub(crate) const PATH: &str = "/api/v2/server-side-api/profile/";

/// The customers of the built-in examples.
pub(crate) const EXPIRED: &str = "8612ED7C-3477-466D-93AE-1854B8E5FDD5";
pub(crate) const LIFETIME: &str = "77B14FB4-FD2A-4D38-AA3A-4C433F79863C";
/// Where a grant is sent.
pub(crate) const GRANT_PATH: &str = "/api/v2/server-side-api/purchase/profile/grant/access-level/";
/// Where a revocation is sent.
pub(crate) const REVOKE_PATH: &str =
    "/api/v2/server-side-api/purchase/profile/revoke/access-level/";
/// Where a transaction is sent.
pub(crate) const TRANSACTION_PATH: &str = "/api/v2/server-side-api/purchase/set/transaction/";
pub(crate) const JANE: &str = "jane.doe@example.com";

/// The bytes of a fixture.
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/", $name, ".json"))
    };
}
pub(crate) use fixture;

/// What came over one connection, and how it ended.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

impl Seen {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    #[track_caller]
    pub(crate) fn status(&self) -> u16 {
        let text = self.text();
        let code = text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
        code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no status line: {text}"))
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.text();
        let (head, _) = head.split_once("\r\n\r\n").expect("a whole head");
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.find_map(|(known, value)| known.eq_ignore_ascii_case(name).then(|| value.to_owned()))
    }

    #[track_caller]
    pub(crate) fn body(&self) -> String {
        let text = self.text();
        text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).expect("a whole head")
    }

    pub(crate) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").as_deref() == Some("chunked")
    }

    #[track_caller]
    pub(crate) fn reason(&self) -> String {
        self.header("adapty-mock-reason").expect("a reason is given")
    }
}

/// The body of a chunked answer.
pub(crate) fn unchunked(seen: &Seen) -> String {
    assert!(seen.is_chunked());
    let body = seen.body();
    let (mut rest, mut whole) = (body.as_str(), String::new());
    while let Some((length, behind)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a chunk's length");
        whole.push_str(&behind[..length]);
        rest = behind[length..].strip_prefix("\r\n").expect("the end of a chunk");
    }
    whole
}

/// Whether a server answers there that knows this customer. A port given up may soon be another
/// test's, so that a connection alone says nothing.
pub(crate) fn knows(address: impl std::net::ToSocketAddrs, customer: &str) -> bool {
    use std::io::{Read, Write};
    let mut answer = String::new();
    std::net::TcpStream::connect(address)
        .and_then(|mut stream| {
            stream.set_read_timeout(Some(WATCHDOG))?;
            stream.write_all(request("k", customer).as_bytes())?;
            stream.read_to_string(&mut answer)
        })
        .is_ok_and(|_| answer.starts_with("HTTP/1.1 200 "))
}

/// The documented call for a customer, with more header lines or none.
pub(crate) fn request(key: &str, customer: &str) -> String {
    call(&format!("Authorization: Api-Key {key}\r\nadapty-customer-user-id: {customer}\r\n"))
}

/// The documented call with these header lines.
pub(crate) fn call(headers: &str) -> String {
    format!("GET {PATH} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\n{headers}\r\n")
}

/// A request for an operation, with a body.
pub(crate) fn operation(method: &str, path: &str, customer: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nAuthorization: Api-Key k\r\n\
         adapty-customer-user-id: {customer}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Deletes the profile of a customer.
pub(crate) async fn delete(server: &MockServer, customer: &str) -> Seen {
    send(server, &operation("DELETE", PATH, customer, "")).await
}

/// Creates the profile of a customer.
pub(crate) async fn create(server: &MockServer, customer: &str, body: &str) -> Seen {
    send(server, &operation("POST", PATH, customer, body)).await
}

/// Updates the profile of a customer.
pub(crate) async fn update(server: &MockServer, customer: &str, body: &str) -> Seen {
    send(server, &operation("PATCH", PATH, customer, body)).await
}

/// Revokes an access level of a customer.
pub(crate) async fn revoke(server: &MockServer, customer: &str, body: &str) -> Seen {
    send(server, &operation("POST", REVOKE_PATH, customer, body)).await
}

/// Sets a transaction of a customer.
pub(crate) async fn transact(server: &MockServer, customer: &str, body: &str) -> Seen {
    send(server, &operation("POST", TRANSACTION_PATH, customer, body)).await
}

/// The `data` of a profile that was answered.
#[track_caller]
pub(crate) fn data(seen: &Seen) -> serde_json::Value {
    assert_eq!(seen.status(), 200, "{}", seen.text());
    let mut body: serde_json::Value = serde_json::from_str(&seen.body()).expect("JSON");
    body["data"].take()
}

/// The source and the message of an error's first item, if it is a 400 `validation_error`.
#[track_caller]
pub(crate) fn invalid(seen: &Seen) -> (String, String) {
    let body: serde_json::Value = serde_json::from_str(&seen.body()).expect("JSON");
    assert_eq!((seen.status(), &body["error_code"]), (400, &"validation_error".into()), "{body}");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    (text(&body["errors"][0]["source"]), text(&body["errors"][0]["errors"][0]))
}

/// A 400 `validation_error` of ours in the documents' second form, texts for errors.
pub(crate) fn in_texts(message: &str) -> String {
    format!(r#"{{"error_code":"validation_error","errors":["{message}"],"status_code":400}}"#)
}

/// Grants a customer an access level.
pub(crate) async fn grant(server: &MockServer, customer: &str, body: &str) -> Seen {
    send(server, &operation("POST", GRANT_PATH, customer, body)).await
}

/// A request for an operation about nobody, with more header lines or none.
pub(crate) fn anonymous(method: &str, path: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: mock\r\nConnection: close\r\nAuthorization: Api-Key k\r\n\
         {headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// Asks the admin API, with the key `k` and these header lines; gives status and text.
pub(crate) async fn admin(
    server: &MockServer,
    what: &str,
    headers: &str,
    body: &str,
) -> (u16, String) {
    let (method, path) = what.split_once(' ').expect("a method and a path");
    let path = format!("/__admin/{path}");
    let seen = send(server, &anonymous(method, &path, headers, body)).await;
    (seen.status(), if seen.is_chunked() { unchunked(&seen) } else { seen.body() })
}

/// Asserts that an answer has this status and exactly this body.
#[track_caller]
pub(crate) fn answered(seen: &Seen, status: u16, body: &str) {
    assert_eq!((seen.status(), seen.body().as_str()), (status, body));
}

/// Sends `text` and reads to the end of the connection.
pub(crate) async fn send(server: &MockServer, text: &str) -> Seen {
    let mut stream = connect(server).await;
    stream.write_all(text.as_bytes()).await.expect("the server reads");
    rest(&mut stream).await
}

/// Asks for a customer and reads to the end of the connection.
pub(crate) async fn get(server: &MockServer, key: &str, customer: &str) -> Seen {
    send(server, &request(key, customer)).await
}

pub(crate) async fn connect(server: &MockServer) -> TcpStream {
    TcpStream::connect(server.address()).await.expect("the server listens")
}

/// Reads to the end of the connection.
pub(crate) async fn rest(stream: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    let read =
        timeout(WATCHDOG, stream.read_to_end(&mut bytes)).await.expect("the connection ends");
    match read {
        Ok(_) => Seen { bytes, end: End::Closed },
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Seen { bytes, end: End::Reset },
        Err(error) => panic!("{error}"),
    }
}

/// Reads one answer off a connection that stays open.
pub(crate) async fn answer(stream: &mut TcpStream) -> Seen {
    let mut seen = Seen { bytes: Vec::new(), end: End::Closed };
    let mut buffer = [0; 4096];
    while !whole(&seen) {
        let read = timeout(WATCHDOG, stream.read(&mut buffer)).await.expect("an answer comes");
        let read = read.expect("the connection holds");
        assert_ne!(read, 0, "the connection closed after {:?}", seen.text());
        seen.bytes.extend_from_slice(&buffer[..read]);
    }
    seen
}

fn whole(seen: &Seen) -> bool {
    let Some((head, body)) =
        seen.text().split_once("\r\n\r\n").map(|(h, b)| (h.to_owned(), b.len()))
    else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body >= length.and_then(|length| length.parse().ok()).unwrap_or(0)
}
