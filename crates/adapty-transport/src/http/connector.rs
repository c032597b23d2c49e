//! Opening a connection: name, TCP, a tunnel and TLS within the connect timeout.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{TcpStream, lookup_host},
    task::JoinSet,
    time::timeout,
};

use super::{
    base_url::BaseUrl,
    connection::Connection,
    proxy::Proxy,
    stream::Stream,
    tls::{self, Tls},
};
use crate::error::{Error, ErrorKind, Limit};

/// How long one address of a host is tried alone before the next is tried beside it (RFC 8305).
const ADDRESS_HEAD_START: Duration = Duration::from_millis(250);

/// Opens connections to one host, perhaps through a proxy.
pub(crate) struct Connector {
    /// Whom TCP reaches: the host, or the proxy.
    host: String,
    port: u16,
    proxy: Option<Proxy>,
    tls: Option<Tls>,
    limit: Duration,
}

impl Connector {
    pub(crate) fn new(base: &BaseUrl, tls: Option<Tls>, limit: Duration) -> Self {
        Self { host: base.host.clone(), port: base.port, proxy: None, tls, limit }
    }

    pub(crate) fn through(mut self, proxy: Proxy) -> Self {
        self.host.clone_from(&proxy.host);
        self.port = proxy.port;
        self.proxy = Some(proxy);
        self
    }

    /// Name, TCP, the proxy's tunnel and TLS, all within the connect timeout.
    pub(crate) async fn connect(&self) -> Result<Connection, Error> {
        let passed = |_| {
            let message = format!("no connection within the connect timeout of {:?}", self.limit);
            Error::new(ErrorKind::Connect, message).at_limit(Limit::Connect)
        };
        let stream = timeout(self.limit, self.open()).await.map_err(passed)??;
        Connection::over(stream).await
    }

    async fn open(&self) -> Result<Stream, Error> {
        let refused =
            |cause: io::Error| Error::new(ErrorKind::Connect, "no connection").caused_by(cause);
        let mut tcp = self.reach().await.map_err(refused)?;
        tcp.set_nodelay(true).map_err(refused)?;
        if let Some(proxy) = &self.proxy {
            proxy.open_tunnel(&mut tcp).await?;
        }
        let Some(tls) = &self.tls else {
            return Ok(Stream::Plain(tcp));
        };
        match tls.handshake(tcp).await {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(cause) if tls::is_refusal(&cause) => {
                Err(Error::new(ErrorKind::Tls, "no secure connection").caused_by(cause))
            }
            Err(cause) => Err(refused(cause)),
        }
    }

    async fn reach(&self) -> io::Result<TcpStream> {
        if let Ok(address) = self.host.parse::<IpAddr>() {
            return TcpStream::connect((address, self.port)).await;
        }
        let found = lookup_host((self.host.as_str(), self.port)).await?;
        first_to_answer(alternating(found)).await
    }
}

/// IPv6 and IPv4 in turn, beginning with the resolver's first choice.
fn alternating(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let addresses: Vec<_> = addresses.collect();
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut ours, mut others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    ours.reverse();
    others.reverse();
    let mut mixed = Vec::with_capacity(ours.len() + others.len());
    while !(ours.is_empty() && others.is_empty()) {
        mixed.extend(ours.pop());
        mixed.extend(others.pop());
    }
    mixed
}

/// Tries each address after the other's head start or failure, and keeps the first that answers.
/// The rest end with this future.
async fn first_to_answer(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let mut waiting = addresses.into_iter();
    let mut tried = JoinSet::new();
    loop {
        let next = waiting.next();
        let is_last = next.is_none();
        if let Some(address) = next {
            tried.spawn(TcpStream::connect(address));
        }
        let finished = if is_last {
            tried.join_next().await
        } else {
            match timeout(ADDRESS_HEAD_START, tried.join_next()).await {
                Ok(finished) => finished,
                Err(_) => continue,
            }
        };
        match finished {
            Some(Ok(Ok(stream))) => return Ok(stream),
            Some(Ok(Err(cause))) => failure = cause,
            Some(Err(cause)) => failure = io::Error::other(cause),
            None => return Err(failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        net::{TcpListener, TcpSocket},
        time::Instant,
    };

    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn the_two_families_take_turns_from_the_resolvers_first_choice_on() {
        let found = addresses(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        let mixed = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
        assert_eq!(alternating(found.into_iter()), mixed);
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_no_connection() {
        let error = first_to_answer(Vec::new()).await.unwrap_err();
        assert_eq!(error.to_string(), "the name has no address");
    }

    #[tokio::test]
    async fn an_address_that_refuses_gives_way_to_the_next() {
        let deaf = TcpSocket::new_v4().unwrap();
        deaf.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = open.local_addr().unwrap();
        let found = vec![deaf.local_addr().unwrap(), address];
        assert_eq!(first_to_answer(found).await.unwrap().peer_addr().unwrap(), address);
    }

    /// An address where nobody is ever let in, and what keeps it so.
    async fn silent_address() -> (SocketAddr, Vec<TcpStream>, TcpListener) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(stream) = timeout(MOMENT, TcpStream::connect(address)).await {
            waiting.push(stream.unwrap());
            assert!(waiting.len() < 64, "the backlog has no end");
        }
        (address, waiting, listener)
    }

    #[tokio::test]
    async fn an_address_that_is_silent_does_not_keep_the_next_from_being_tried() {
        let (silent, _waiting, _listener) = silent_address().await;
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let found = vec![silent, open.local_addr().unwrap()];
        tokio::time::pause();
        let began = Instant::now();
        let reached = first_to_answer(found).await.unwrap();
        assert_eq!(reached.peer_addr().unwrap(), open.local_addr().unwrap());
        assert!((250..255).contains(&began.elapsed().as_millis()));
    }

    #[tokio::test]
    async fn an_address_that_answers_at_once_is_the_only_one_tried() {
        let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let found = vec![first.local_addr().unwrap(), second.local_addr().unwrap()];
        let reached = first_to_answer(found).await.unwrap();
        assert_eq!(reached.peer_addr().unwrap(), first.local_addr().unwrap());
        assert!(timeout(MOMENT, second.accept()).await.is_err());
    }
}
