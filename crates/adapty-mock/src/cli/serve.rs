//! `adapty-mock serve`.

use std::{
    future::Future,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;

use super::{
    failure::{Failure, runtime},
    port_file::PortFile,
    server_options::ServerOptions,
    signals::Signals,
};

#[derive(Args)]
pub(super) struct Options {
    /// Where to listen: an address and a port, or a port alone for 127.0.0.1; port 0 takes a free
    /// one.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:0",
        env = "ADAPTY_MOCK_LISTEN",
        value_parser = address
    )]
    listen: SocketAddr,

    /// Where to write the port, once it answers; the file is written whole or not at all, and
    /// taken away at the end.
    #[arg(long, value_name = "FILE", env = "ADAPTY_MOCK_PORT_FILE")]
    port_file: Option<PathBuf>,

    #[command(flatten)]
    server: ServerOptions,
}

/// An address as people write one: `127.0.0.1:8080`, `localhost:8080`, `8080`.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    let local = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    match local {
        Some(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        None => text.parse().map_err(|_| {
            "neither a port nor an address with one, such as 127.0.0.1:8080".to_owned()
        }),
    }
}

/// Serves until a signal comes.
pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let builder = options.server.builder(options.listen)?;
    runtime().map_err(Failure::to_start)?.block_on(async {
        // Listened to first: a signal that comes during the start ends it as cleanly as any.
        let mut signals = Signals::new().map_err(Failure::to_start)?;
        let server = builder.start().await.map_err(|error| {
            Failure::to_start(format_args!("--listen {}: {error}", options.listen))
        })?;
        let port_file = match &options.port_file {
            Some(path) => {
                Some(PortFile::write(path, server.address().port()).map_err(|error| {
                    Failure::of_use(format_args!("--port-file {}: {error}", path.display()))
                })?)
            }
            None => None,
        };
        writeln!(io::stdout(), "adapty-mock listening on {}", server.url())
            .map_err(|error| Failure::to_start(format_args!("standard output: {error}")))?;
        signals.next().await;
        let ended = either(server.finish(), signals.next()).await;
        drop(port_file);
        Ok(ended.map_or(ExitCode::SUCCESS, |signal| ExitCode::from(128 + signal.number())))
    })
}

/// Waits for the first to end, or for what the second gives.
async fn either<T>(first: impl Future<Output = ()>, second: impl Future<Output = T>) -> Option<T> {
    let (mut first, mut second) = (std::pin::pin!(first), std::pin::pin!(second));
    std::future::poll_fn(|context| {
        if first.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(None);
        }
        second.as_mut().poll(context).map(Some)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_and_localhost_are_the_loopback_address() {
        for text in ["8080", "localhost:8080", "127.0.0.1:8080"] {
            assert_eq!(address(text).unwrap().to_string(), "127.0.0.1:8080", "{text}");
        }
        assert_eq!(address("[::1]:8080").unwrap().to_string(), "[::1]:8080");
        for text in ["", "nowhere", "localhost", "127.0.0.1", "70000", "localhost:"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
