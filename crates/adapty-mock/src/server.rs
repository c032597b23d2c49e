//! The server: its socket, its connections, its end.

use std::{
    future::poll_fn,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    task::Poll,
};

use tokio::{
    net::TcpListener,
    task::{AbortHandle, JoinSet},
};

use crate::{request_id::RequestIds, serve};

/// A fake Adapty server on a port of its own; it stops when dropped.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    accepting: AbortHandle,
}

impl MockServer {
    /// Starts on a free port of the loopback interface, on the caller's runtime.
    ///
    /// # Panics
    ///
    /// When no socket can be bound, or outside a tokio runtime with I/O and time enabled.
    pub async fn start() -> Self {
        Self::start_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .await
            .expect("the loopback interface has a free port")
    }

    /// Starts on `address`; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// What binding says: the port is taken, or may not be used, or no such interface.
    pub async fn start_on(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            request_ids: RequestIds::new(),
        });
        let accepting = tokio::spawn(accept(listener, shared)).abort_handle();
        Ok(Self { address, accepting })
    }

    /// The origin to point a client at: `http://127.0.0.1:49153`, no path, no slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What the connections of one server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) request_ids: RequestIds,
}

/// Accepts until aborted; its connections end with it.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    poll_fn(|context| {
        while let Poll::Ready(Some(_ended)) = connections.poll_join_next(context) {}
        while let Poll::Ready(accepted) = listener.poll_accept(context) {
            if let Ok((stream, _peer)) = accepted {
                let _nagle = stream.set_nodelay(true);
                connections.spawn(serve::connection(stream, Arc::clone(&shared)));
            }
        }
        Poll::<()>::Pending
    })
    .await;
}
