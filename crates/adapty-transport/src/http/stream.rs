//! A stream that counts and watches: what hyper does not tell is whether a request left, whether
//! a response began, and whether something unsolicited was there before the request.

use std::{
    io,
    mem::MaybeUninit,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    task::yield_now,
};
use tokio_rustls::client::TlsStream;

/// Bytes that went over one connection since it was opened, inside its encryption.
#[derive(Debug, Default)]
pub(super) struct ByteCounters {
    sent: AtomicU64,
    received: AtomicU64,
}

/// The counts at one moment, to compare later ones with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByteCounts {
    pub(super) sent: u64,
    pub(super) received: u64,
}

impl ByteCounters {
    pub(super) fn read(&self) -> ByteCounts {
        // Relaxed: a number is compared with an earlier one of itself, after the failure that the
        // connection's task reported through a channel.
        ByteCounts { sent: self.sent.load(Relaxed), received: self.received.load(Relaxed) }
    }
}

/// How many reads in a row may find something before the timers have their turn.
const MAX_READS: u32 = 4;

/// A connection's bytes on their way, counted.
pub(super) struct CountingStream {
    stream: Stream,
    counters: Arc<ByteCounters>,
    /// Whether a response came since the last byte went out: the next one begins a request.
    answered: bool,
    reads: u32,
}

pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl CountingStream {
    pub(super) fn new(stream: Stream, counters: Arc<ByteCounters>) -> Self {
        Self { stream, counters, answered: false, reads: 0 }
    }
}

impl Stream {
    /// Fails when something waits to be read, or the server has closed.
    ///
    /// Asks the socket itself: the runtime knows only what it has heard by its last look, and what
    /// came since would pass for the response to the request that is about to leave.
    fn check_nothing_waits(&self) -> io::Result<()> {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        };
        match SockRef::from(tcp).peek(&mut [MaybeUninit::uninit()]) {
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(cause) => Err(cause),
            Ok(0) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "closed while idle")),
            Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "an unsolicited response")),
        }
    }
}

impl AsyncRead for CountingStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.reads == MAX_READS {
            // A server that never stops talking must not keep a time limit from being noticed.
            this.reads = 0;
            return pin!(yield_now()).poll(cx).map(Ok);
        }
        let before = buffer.filled().len();
        let outcome = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        let more = buffer.filled().len() - before;
        this.counters.received.fetch_add(more as u64, Relaxed);
        this.answered |= more > 0;
        this.reads = if outcome.is_ready() { this.reads + 1 } else { 0 };
        outcome
    }
}

impl AsyncWrite for CountingStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.answered {
            this.stream.check_nothing_waits()?;
            this.answered = false;
        }
        let outcome = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        };
        if let Poll::Ready(Ok(count)) = &outcome {
            this.counters.sent.fetch_add(*count as u64, Relaxed);
        }
        outcome
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::{io::AsyncWriteExt, net::TcpListener};

    use super::*;

    #[tokio::test]
    async fn a_stream_of_bytes_leaves_room_for_the_timers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        listener.accept().await.unwrap().0.write_all(&[0; 100]).await.unwrap();
        ours.readable().await.unwrap();
        let mut counting = CountingStream::new(Stream::Plain(ours), Arc::default());
        let mut read = |cx: &mut Context<'_>| {
            let (mut byte, mut count) = ([0], 0);
            while Pin::new(&mut counting).poll_read(cx, &mut ReadBuf::new(&mut byte)).is_ready() {
                count += 1;
            }
            Poll::Ready(count)
        };
        assert_eq!(poll_fn(&mut read).await, MAX_READS);
        yield_now().await;
        assert_eq!(poll_fn(&mut read).await, MAX_READS);
    }
}
