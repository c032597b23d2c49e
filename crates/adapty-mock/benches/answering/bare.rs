//! The limit to compare with: hyper, one fixed body, nothing else.

use std::{
    convert::Infallible,
    future::ready,
    io,
    net::{Ipv4Addr, SocketAddr},
};

use bytes::Bytes;
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpSocket},
    task::{JoinHandle, JoinSet},
};

const BODY: &[u8] =
    include_bytes!("../../fixtures/get_profile.200.newer-page.lifetime_premium.json");

/// The bare server as a process.
pub(crate) fn main() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (address, serving) = start().await;
        println!("{}{address}", crate::LISTENING);
        serving.await.expect("it serves until it is killed");
    });
}

/// The bare server as a task.
pub(crate) async fn start() -> (SocketAddr, JoinHandle<()>) {
    let listener = listen().expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let serving = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.expect("it accepts");
            stream.set_nodelay(true).expect("the socket is open");
            connections.spawn(async move {
                let service = service_fn(|_request| {
                    let mut response = Response::new(Full::new(Bytes::from_static(BODY)));
                    response
                        .headers_mut()
                        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                    ready(Ok::<_, Infallible>(response))
                });
                // A client that leaves ends it.
                let _left =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    (address, serving)
}

/// With a queue as long as the other server's, so that neither waits for TCP to ask again.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    socket.listen(1024)
}
