//! `adapty-mock healthcheck`: whether a server answers, for images without another client.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use clap::Args;

use super::{failure::Failure, serve::address};

/// How long each step of the question may take.
const LIMIT: Duration = Duration::from_secs(1);

#[derive(Args)]
pub(super) struct Options {
    /// Where the server was told to listen: an address and a port, or a port alone for 127.0.0.1.
    #[arg(long, value_name = "ADDRESS", env = "ADAPTY_MOCK_LISTEN", value_parser = address)]
    listen: SocketAddr,
}

/// Ends with 0 when an adapty-mock answers there.
pub(super) fn run(options: &Options) -> Result<ExitCode, Failure> {
    if options.listen.port() == 0 {
        return Err(Failure::of_use(
            "--listen: port 0 is any free one; a health check needs its number",
        ));
    }
    match ask(reachable(options.listen)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(Failure::to_start(format_args!("{}: {error}", options.listen))),
    }
}

/// Whoever listens everywhere is asked here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, listen.port())
}

/// Asks over HTTP. Without its admin API the server answers 404, and is as well.
fn ask(server: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect_timeout(&server, LIMIT)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    match String::from_utf8_lossy(&answer).contains("\r\nadapty-mock-version: ") {
        true => Ok(()),
        false => Err(io::Error::other("who answers is no adapty-mock")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_listens_everywhere_is_asked_on_the_loopback_address() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.1:80", "192.0.2.1:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
