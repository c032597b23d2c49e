//! The socket under hyper.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::StatusCode;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::connection_state::ConnectionState;

/// How every response of ours is known; `Reply::headers` puts it there.
const OURS: &[u8] = b"adapty-mock-version";

/// A socket that lets everything pass but the bare page which hyper writes by itself when what came
/// is no request: that response too is to say which server it is of, and why.
#[derive(Debug)]
pub(super) struct Socket {
    pub(super) stream: TcpStream,
    /// The status of the page withheld.
    pub(super) withheld: Option<StatusCode>,
    /// Told when all is written.
    state: Arc<ConnectionState>,
}

impl Socket {
    pub(super) fn new(stream: TcpStream, state: Arc<ConnectionState>) -> Self {
        Self { stream, withheld: None, state }
    }

    /// Withholds the bytes if they are such a page.
    fn withholds(&mut self, bytes: &[u8]) -> bool {
        let Some(status) =
            bytes.strip_prefix(b"HTTP/1.1 ").filter(|status| status.starts_with(b"4"))
        else {
            return false;
        };
        if bytes.windows(OURS.len()).any(|window| window == OURS) {
            return false;
        }
        self.withheld = status.get(..3).and_then(|status| StatusCode::from_bytes(status).ok());
        self.withheld.is_some()
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        if socket.withholds(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut socket.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let socket = self.get_mut();
        if slices.first().is_some_and(|first| socket.withholds(first)) {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        Pin::new(&mut socket.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = self.get_mut();
        let flushed = Pin::new(&mut socket.stream).poll_flush(context);
        // Hyper flushes when it has written all that it had.
        if flushed.is_ready() {
            socket.state.written();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
