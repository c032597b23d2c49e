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

use crate::connections::Line;

/// How every answer of ours is known; `Reply::headers` puts it there.
const OURS: &[u8] = b"adapty-mock-version";

/// A socket that lets everything pass but the bare page which hyper writes by itself when what came
/// is no request: that answer too is to say who speaks, and why.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    /// The status of the page kept back.
    pub(crate) kept_back: Option<StatusCode>,
    /// Told when all is written.
    line: Arc<Line>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream, line: Arc<Line>) -> Self {
        Self { stream, kept_back: None, line }
    }

    /// Keeps the bytes back if they are such a page.
    fn keeps_back(&mut self, bytes: &[u8]) -> bool {
        let Some(status) =
            bytes.strip_prefix(b"HTTP/1.1 ").filter(|status| status.starts_with(b"4"))
        else {
            return false;
        };
        if bytes.windows(OURS.len()).any(|window| window == OURS) {
            return false;
        }
        self.kept_back = status.get(..3).and_then(|status| StatusCode::from_bytes(status).ok());
        self.kept_back.is_some()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if wire.keeps_back(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut wire.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wire = self.get_mut();
        if slices.first().is_some_and(|first| wire.keeps_back(first)) {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        Pin::new(&mut wire.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        let flushed = Pin::new(&mut wire.stream).poll_flush(context);
        // Hyper flushes when it has handed over all that it had.
        if flushed.is_ready() {
            wire.line.written();
        }
        flushed
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
