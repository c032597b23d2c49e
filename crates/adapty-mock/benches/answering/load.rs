//! The load: the documented call again and again on connections kept alive.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

const REQUEST: &[u8] = b"GET /api/v2/server-side-api/profile/ HTTP/1.1\r\n\
    host: 127.0.0.1\r\n\
    authorization: Api-Key secret_live_BEHrYLTr.ce5zuDEWz06lFRNiaJC8mrLtL8fUwswD\r\n\
    adapty-customer-user-id: 77B14FB4-FD2A-4D38-AA3A-4C433F79863C\r\n\
    accept: application/json\r\n\r\n";

/// Asks `requests` times over so many connections, and returns when the last answer is there.
pub(crate) fn load(address: SocketAddr, connections: u64, requests: u64) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut asking = JoinSet::new();
        for _ in 0..connections {
            asking.spawn(ask(address, requests / connections));
        }
        while let Some(asked) = asking.join_next().await {
            asked.expect("every request is answered");
        }
    });
}

/// Asks `requests` times over one connection.
pub(crate) async fn ask(address: SocketAddr, requests: u64) {
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.set_nodelay(true).expect("the socket is open");
    let mut buffer = vec![0; 16 * 1024];
    let mut length = None;
    for _ in 0..requests {
        stream.write_all(REQUEST).await.expect("the server reads");
        let mut filled = 0;
        while length.is_none_or(|length| filled < length) {
            let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
            assert_ne!(read, 0, "the server closed the connection");
            filled += read;
            length = length.or_else(|| whole(&buffer[..filled]));
        }
        // All answers of one server have one length.
        assert_eq!(Some(filled), length);
        assert!(buffer.starts_with(b"HTTP/1.1 200 "));
    }
}

/// The length of an answer, once its head is there.
pub(crate) fn whole(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).expect("heads are ASCII").to_ascii_lowercase();
    let length =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    Some(end + length.parse::<usize>().expect("a number"))
}
