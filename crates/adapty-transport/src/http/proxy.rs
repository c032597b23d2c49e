//! The way through an HTTP proxy: a tunnel by `CONNECT` (RFC 9110), also for a base URL without
//! encryption, so that the proxy sees nothing of a call.

use hyper::{Uri, http::uri::Scheme};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::base_url::BaseUrl;
use crate::error::{Error, ErrorKind};

/// The most bytes of a proxy's answer.
const MAX_ANSWER: usize = 16 * 1024;

/// A proxy, and what it is asked for. It may hold a password, and is never shown.
pub(crate) struct Proxy {
    /// A name, or an IP address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    request: String,
}

impl Proxy {
    /// The way to `target` through the proxy at `url`. No message quotes that.
    pub(crate) fn parse(url: &str, target: &BaseUrl) -> Result<Self, Error> {
        let refuse = |why: &'static str| Err(Error::configuration(why));
        let Ok(uri) = url.parse::<Uri>() else {
            return refuse("the proxy's URL is not a URL");
        };
        if uri.scheme() != Some(&Scheme::HTTP) {
            return refuse("the proxy's URL does not begin with http://");
        }
        let Some(authority) = uri.authority() else {
            return refuse("the proxy's URL has no host");
        };
        if uri.path_and_query().is_some_and(|rest| rest != "/") || url.contains('#') {
            return refuse("the proxy's URL has a path, a query or a fragment");
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return refuse("the proxy's URL has no host");
        }
        let (login, place) = match authority.as_str().rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, authority.as_str()),
        };
        let port = match (&place[authority.host().len()..], authority.port_u16()) {
            ("", _) => 80,
            (_, Some(port)) if port != 0 => port,
            _ => return refuse("the proxy URL's port is not a number from 1 to 65535"),
        };
        let target = match target.host.contains(':') {
            true => format!("[{}]:{}", target.host, target.port),
            false => format!("{}:{}", target.host, target.port),
        };
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n");
        if let Some(login) = login {
            let Some(login) = percent_decoded(login) else {
                return refuse("the proxy URL's user name or password is not percent-encoded");
            };
            request += &format!("proxy-authorization: Basic {}\r\n", base64(&login));
        }
        Ok(Self { host: host.to_owned(), port, request: request + "\r\n" })
    }

    /// Asks for the tunnel; what goes over the stream afterwards goes to the target.
    pub(super) async fn open_tunnel(&self, stream: &mut TcpStream) -> Result<(), Error> {
        let broke = |cause: std::io::Error| {
            Error::new(ErrorKind::Connect, "the connection to the proxy broke").caused_by(cause)
        };
        stream.write_all(self.request.as_bytes()).await.map_err(broke)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            // One byte at a time: what follows the answer is the target's. It is short, and rare.
            match stream.read_u8().await {
                Ok(byte) if answer.len() < MAX_ANSWER => answer.push(byte),
                Ok(_) => return Err(unreadable()),
                Err(cause) => return Err(broke(cause)),
            }
        }
        match status(&answer) {
            Some(200..=299) => Ok(()),
            Some(407) => Err(Error::configuration(
                "the proxy wants another user name or password than its URL has (status 407)",
            )),
            Some(status) => {
                let message = format!("the proxy opened no connection (status {status})");
                Err(Error::new(ErrorKind::Connect, message))
            }
            None => Err(unreadable()),
        }
    }
}

fn unreadable() -> Error {
    Error::new(ErrorKind::Connect, "the proxy's answer is not readable HTTP")
}

fn status(answer: &[u8]) -> Option<u16> {
    let rest = answer.strip_prefix(b"HTTP/1.1 ").or_else(|| answer.strip_prefix(b"HTTP/1.0 "))?;
    std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok()
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    Some(decoded)
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let of = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for place in 0..4 {
            let six = (bits >> (18 - 6 * place)) & 63;
            text.push(match place <= chunk.len() {
                true => char::from(ALPHABET[six as usize]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Proxy, String> {
        let target = BaseUrl::parse(BaseUrl::DEFAULT, false).unwrap();
        Proxy::parse(url, &target).map_err(|error| error.to_string())
    }

    #[test]
    fn the_tunnel_is_asked_for_by_host_and_port() {
        let proxy = read("http://proxy.example:3128").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 3128));
        let request = "CONNECT api.adapty.io:443 HTTP/1.1\r\nhost: api.adapty.io:443\r\n\r\n";
        assert_eq!(proxy.request, request);
        let proxy = read("http://[::1]/").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("::1", 80));
        let target = BaseUrl::parse("https://[::2]:8443", false).unwrap();
        let proxy = Proxy::parse("http://proxy.example", &target).unwrap();
        assert!(proxy.request.starts_with("CONNECT [::2]:8443 HTTP/1.1\r\nhost: [::2]:8443\r\n"));
    }

    #[test]
    fn a_user_name_and_a_password_are_decoded_and_sent_as_basic_authentication() {
        let proxy = read("http://Aladdin:open%20sesame@proxy.example:3128").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("proxy.example", 3128));
        // The example of RFC 7617.
        let header = "\r\nproxy-authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
        assert!(proxy.request.ends_with(header));
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xFB, 0xFF]), "+/8=");
    }

    #[test]
    fn a_proxy_that_cannot_be_is_refused_without_being_shown() {
        for (url, why) in [
            ("", "the proxy's URL is not a URL"),
            ("proxy.example:3128", "the proxy's URL does not begin with http://"),
            ("https://secret@proxy.example", "the proxy's URL does not begin with http://"),
            ("socks5://proxy.example", "the proxy's URL does not begin with http://"),
            ("http://a/path", "the proxy's URL has a path, a query or a fragment"),
            ("http://a/?q", "the proxy's URL has a path, a query or a fragment"),
            ("http://a/#f", "the proxy's URL has a path, a query or a fragment"),
            ("http://a:0", "the proxy URL's port is not a number from 1 to 65535"),
            ("http://a:70000", "the proxy URL's port is not a number from 1 to 65535"),
            ("http://u:p%4@a", "the proxy URL's user name or password is not percent-encoded"),
            ("http://u:%zz@a", "the proxy URL's user name or password is not percent-encoded"),
        ] {
            assert_eq!(read(url).err().as_deref(), Some(why), "{url}");
        }
    }

    #[test]
    fn a_status_is_three_digits_of_http_1() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\n\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.0 407 Auth\r\n\r\n"), Some(407));
        for other in ["HTTP/2 200\r\n\r\n", "\r\n\r\n", "HTTP/1.1 2\r\n\r\n", "SSH-2.0\r\n\r\n"] {
            assert_eq!(status(other.as_bytes()), None, "{other}");
        }
    }
}
