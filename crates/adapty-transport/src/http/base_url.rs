//! The address of the API, read and checked.

use std::net::IpAddr;

use hyper::{Uri, header::HeaderValue, http::uri::Scheme};

use crate::error::Error;

/// Where the API is: an origin and, behind a gateway, a path in front of the API's own.
#[derive(Clone, Debug)]
pub(crate) struct BaseUrl {
    pub(crate) encrypted: bool,
    pub(crate) is_loopback: bool,
    /// A name, or an IP address without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The value of the `Host` header.
    pub(crate) authority: HeaderValue,
    /// Empty, or begins with a slash and does not end with one.
    pub(crate) prefix: String,
}

impl BaseUrl {
    pub(crate) const DEFAULT: &str = "https://api.adapty.io";

    /// No message quotes the URL, which may hold a password.
    pub(crate) fn parse(text: &str, unencrypted_anywhere: bool) -> Result<Self, Error> {
        let refuse = |why: &'static str| Err(Error::configuration(why));
        if text.contains(['?', '#']) {
            return refuse("the base URL has a query or a fragment");
        }
        let Ok(uri) = text.parse::<Uri>() else {
            return refuse("the base URL is not a URL");
        };
        let encrypted = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return refuse("the base URL does not begin with https:// or http://"),
        };
        let Some(authority) = uri.authority() else {
            return refuse("the base URL has no host");
        };
        if authority.as_str().contains('@') {
            return refuse("the base URL has a user name or a password in it");
        }
        let host = authority.host().trim_matches(['[', ']']);
        if host.is_empty() {
            return refuse("the base URL has no host");
        }
        let rest = &authority.as_str()[authority.host().len()..];
        let port = match (rest, authority.port_u16()) {
            ("", _) if encrypted => 443,
            ("", _) => 80,
            (_, Some(port)) if port != 0 => port,
            _ => return refuse("the base URL's port is not a number from 1 to 65535"),
        };
        let is_loopback = is_loopback(host);
        if !encrypted && !unencrypted_anywhere && !is_loopback {
            return refuse(
                "the base URL would send the API key unencrypted; use https, or allow it by name",
            );
        }
        Ok(Self {
            encrypted,
            is_loopback,
            host: host.to_owned(),
            port,
            authority: HeaderValue::from_str(authority.as_str())
                .expect("an authority that was read is a header value"),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

impl BaseUrl {
    /// The address as it was given, without a slash at its end.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        let authority = self.authority.to_str().unwrap_or_default();
        format!("{scheme}://{authority}{}", self.prefix)
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> BaseUrl {
        BaseUrl::parse(text, false).unwrap()
    }

    fn refused(text: &str) -> String {
        BaseUrl::parse(text, false).unwrap_err().to_string()
    }

    #[test]
    fn the_default_is_the_documented_host() {
        let url = read(BaseUrl::DEFAULT);
        assert!(url.encrypted);
        assert_eq!((url.host.as_str(), url.port), ("api.adapty.io", 443));
        assert_eq!(url.prefix, "");
    }

    #[test]
    fn a_path_in_front_is_kept_without_its_last_slash() {
        assert_eq!(read("https://gate.example/adapty/").prefix, "/adapty");
        assert_eq!(read("https://gate.example/a/b").prefix, "/a/b");
        assert_eq!(read("https://gate.example/").prefix, "");
    }

    #[test]
    fn the_host_header_is_the_authority_as_written() {
        assert_eq!(read("https://gate.example:8443").authority, "gate.example:8443");
        assert_eq!(read("http://[::1]:8080").authority, "[::1]:8080");
        assert_eq!(read("http://[::1]:8080").host, "::1");
    }

    #[test]
    fn unencrypted_is_for_loopback_unless_allowed_by_name() {
        for text in ["http://127.0.0.1:1", "http://127.8.8.8", "http://[::1]", "http://LocalHost"] {
            assert!(!read(text).encrypted, "{text}");
        }
        for text in ["http://api.adapty.io", "http://localhost.evil.example", "http://10.0.0.1"] {
            assert!(refused(text).contains("unencrypted"), "{text}");
            assert!(BaseUrl::parse(text, true).is_ok(), "{text}");
        }
    }

    const BAD: &[(&str, &str)] = &[
        ("", "the base URL is not a URL"),
        ("/path", "the base URL does not begin with https:// or http://"),
        ("api.adapty.io", "the base URL does not begin with https:// or http://"),
        ("ftp://api.adapty.io", "the base URL does not begin with https:// or http://"),
        ("https://user:pass@api.adapty.io", "the base URL has a user name or a password in it"),
        ("https://api.adapty.io?a=b", "the base URL has a query or a fragment"),
        ("https://api.adapty.io/#a", "the base URL has a query or a fragment"),
        ("https://api.adapty.io:0", "the base URL's port is not a number from 1 to 65535"),
        ("https://api.adapty.io:", "the base URL's port is not a number from 1 to 65535"),
        ("https://api.adapty.io:70000", "the base URL's port is not a number from 1 to 65535"),
        ("https://api adapty io", "the base URL is not a URL"),
        ("https://", "the base URL is not a URL"),
    ];

    #[test]
    fn a_bad_url_is_refused_for_what_is_wrong_with_it() {
        for (text, why) in BAD {
            assert_eq!(refused(text), *why, "{text}");
        }
    }
}
