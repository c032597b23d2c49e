//! The socket without hyper: raw responses, and how a connection ends.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::faults::{End, RawResponse};

/// How long a closing connection waits for the client's last bytes, so that closing is not a reset: many clients
/// look for an answer only when they have sent all of a body.
const LAST_BYTES: Duration = Duration::from_secs(2);
/// How many of them it takes.
const LAST_BYTES_LIMIT: usize = 4 * 1024 * 1024;

/// Sends a raw response on a socket that hyper has given back.
pub(super) async fn send(mut stream: TcpStream, response: &RawResponse) {
    // A client that leaves in the middle ends the response; there is nobody to tell.
    if write(&mut stream, response).await.is_ok() {
        finish(stream, response.end).await;
    }
}

async fn write(stream: &mut TcpStream, response: &RawResponse) -> io::Result<()> {
    stream.write_all(&response.first).await?;
    stream.write_all(&response.then).await?;
    if let Some((bytes, pause)) = &response.slowly {
        for byte in bytes.chunks(1) {
            if !pause.is_zero() {
                sleep(*pause).await;
            }
            stream.write_all(byte).await?;
        }
    }
    if let Some(block) = &response.endlessly {
        loop {
            stream.write_all(block).await?;
        }
    }
    Ok(())
}

/// Ends a connection.
pub(super) async fn finish(mut stream: TcpStream, end: End) {
    match end {
        // Dropped with nothing to linger for, a socket is reset.
        End::Reset => drop(stream.set_zero_linger()),
        End::Close => {
            // Closing a socket with unread bytes resets it, and what was sent may be lost.
            if stream.shutdown().await.is_ok() {
                let _late = timeout(LAST_BYTES, discard(&mut stream, LAST_BYTES_LIMIT)).await;
            }
        }
        End::Silence => discard(&mut stream, usize::MAX).await,
    }
}

/// Reads until the client leaves or `limit` bytes have come.
async fn discard(stream: &mut TcpStream, limit: usize) {
    let mut buffer = vec![0; 16 * 1024];
    let mut left = limit;
    while left > 0 {
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => left = left.saturating_sub(read),
            Ok(0) | Err(_) => return,
        }
    }
}
