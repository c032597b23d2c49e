//! The proxy that the usual variables of the environment name, and for which hosts.

use std::{ffi::OsString, net::IpAddr};

use crate::{error::Error, http::base_url::BaseUrl};

/// The URL of the proxy that `lookup`, given the name of a variable, finds for this host.
pub(crate) fn read(
    lookup: impl Fn(&str) -> Option<OsString>,
    base: &BaseUrl,
) -> Result<Option<String>, Error> {
    if !base.encrypted || base.is_loopback {
        return Ok(None);
    }
    let Some(proxy) = variable(&lookup, "HTTPS_PROXY", "https_proxy")? else { return Ok(None) };
    if let Some(exempt) = variable(&lookup, "NO_PROXY", "no_proxy")? {
        let host = base.host.trim_end_matches('.');
        let is_between = |char: char| char == ',' || char.is_whitespace();
        for entry in exempt.split(is_between).filter(|entry| !entry.is_empty()) {
            match exempts(entry, host, base.port) {
                Some(true) => return Ok(None),
                Some(false) => {}
                None => {
                    let message = format!("NO_PROXY has an entry that cannot be read: {entry:?}");
                    return Err(Error::configuration(message));
                }
            }
        }
    }
    // Without a scheme, as curl takes it, too.
    Ok(Some(if proxy.contains("://") { proxy } else { format!("http://{proxy}") }))
}

/// The value under either name. Set to nothing is not set, as everywhere for these variables.
fn variable(
    lookup: impl Fn(&str) -> Option<OsString>,
    upper: &'static str,
    lower: &'static str,
) -> Result<Option<String>, Error> {
    let text = |name: &'static str| match lookup(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(Error::configuration(format!("{name} is not UTF-8"))),
    };
    match (text(upper)?, text(lower)?) {
        (Some(one), Some(other)) if one != other => {
            Err(Error::configuration(format!("{upper} and {lower} are both set and differ")))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// Whether an entry of `NO_PROXY` means this host; `None` when it means nothing.
fn exempts(entry: &str, host: &str, port: u16) -> Option<bool> {
    if entry == "*" {
        return Some(true);
    }
    let address = host.parse::<IpAddr>().ok();
    if let Some((network, length)) = entry.split_once('/') {
        let (network, length) = (network.parse().ok()?, length.parse().ok()?);
        return is_in(address, network, length);
    }
    let bare = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']'));
    if let Ok(exempt) = bare.unwrap_or(entry).parse::<IpAddr>() {
        return Some(address == Some(exempt));
    }
    let (name, only_port) = match entry.rsplit_once(':') {
        Some((name, digits)) => (name, Some(digits.parse::<u16>().ok()?)),
        None => (entry, None),
    };
    let name = name.trim_start_matches("*.").trim_start_matches('.').trim_matches(['[', ']']);
    if name.is_empty() || name.contains(['/', '*', '@', ' ']) {
        return None;
    }
    let is_meant = match name.parse::<IpAddr>() {
        Ok(exempt) => address == Some(exempt),
        // An address is below no name, whatever its digits.
        Err(_) => address.is_none() && is_below(host, name),
    };
    Some(is_meant && only_port.is_none_or(|only| only == port))
}

/// Whether a host is this name or one below it.
fn is_below(host: &str, name: &str) -> bool {
    let Some(start) = host.len().checked_sub(name.len()) else { return false };
    let ends_so = host.is_char_boundary(start) && host[start..].eq_ignore_ascii_case(name);
    ends_so && (start == 0 || host[..start].ends_with('.'))
}

/// Whether an address is in a network; `None` when a network of such a length cannot be.
fn is_in(address: Option<IpAddr>, network: IpAddr, length: u32) -> Option<bool> {
    let width = if network.is_ipv4() { 32 } else { 128 };
    let rest = u32::checked_sub(width, length)?;
    let bits = |address| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    };
    let prefix = |address| bits(address).checked_shr(rest).unwrap_or(0);
    Some(
        address
            .is_some_and(|it| it.is_ipv4() == network.is_ipv4() && prefix(it) == prefix(network)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "http://proxy.example:3128";

    fn proxy(url: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let base = BaseUrl::parse(url, true).unwrap();
        let lookup = |name: &str| {
            let (_, value) = variables.iter().find(|(it, _)| *it == name)?;
            Some(OsString::from(value))
        };
        read(lookup, &base).map_err(|error| error.to_string())
    }

    fn is_used(url: &str, exempt: &str) -> bool {
        proxy(url, &[("HTTPS_PROXY", PROXY), ("NO_PROXY", exempt)]).unwrap().is_some()
    }

    #[test]
    fn a_proxy_without_a_scheme_is_asked_by_http() {
        let named = proxy("https://api.adapty.io", &[("HTTPS_PROXY", "proxy.example:3128")]);
        assert_eq!(named, Ok(Some(PROXY.to_owned())));
    }

    #[test]
    fn either_spelling_names_the_proxy() {
        for name in ["HTTPS_PROXY", "https_proxy"] {
            let found = proxy(BaseUrl::DEFAULT, &[(name, PROXY)]);
            assert_eq!(found.unwrap().as_deref(), Some(PROXY), "{name}");
        }
        assert_eq!(proxy(BaseUrl::DEFAULT, &[]), Ok(None));
        assert_eq!(proxy(BaseUrl::DEFAULT, &[("HTTPS_PROXY", "")]), Ok(None));
        assert_eq!(proxy(BaseUrl::DEFAULT, &[("HTTP_PROXY", PROXY)]), Ok(None));
    }

    #[test]
    fn two_different_values_are_refused_by_name() {
        let two = [("HTTPS_PROXY", PROXY), ("https_proxy", "http://other.example")];
        let message = "HTTPS_PROXY and https_proxy are both set and differ";
        assert_eq!(proxy(BaseUrl::DEFAULT, &two), Err(message.to_owned()));
    }

    #[test]
    fn no_proxy_is_for_loopback_or_for_what_is_not_encrypted() {
        for url in ["https://localhost:1", "https://127.0.0.1", "http://gate.example"] {
            assert!(!is_used(url, ""), "{url}");
        }
        assert!(is_used("https://gate.example", ""));
    }

    #[test]
    fn a_host_is_exempt_by_its_name_one_above_it_its_address_or_a_range() {
        let url = "https://gate.example:8443";
        for exempt in [
            "*",
            "gate.example",
            "GATE.example",
            "example",
            ".example",
            "*.example",
            "a, example ",
            "gate.example:8443",
            ".example:8443",
        ] {
            assert!(!is_used(url, exempt), "{exempt}");
        }
        for exempt in ["", ",", "ate.example", "a.gate.example", "gate.example:443", "10.0.0.1"] {
            assert!(is_used(url, exempt), "{exempt}");
        }
        for exempt in ["10.1.2.3", "10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "10.1.2.3:443"] {
            assert!(!is_used("https://10.1.2.3", exempt), "{exempt}");
        }
        for exempt in ["10.1.2.4", "11.0.0.0/8", "::/0", "10.1.2.3:80", "1.2.3"] {
            assert!(is_used("https://10.1.2.3", exempt), "{exempt}");
        }
        for exempt in ["2001:db8::1", "2001:db8::/32", "[2001:db8::1]", "[2001:db8::1]:443"] {
            assert!(!is_used("https://[2001:db8::1]", exempt), "{exempt}");
        }
        assert!(is_used("https://[2001:db8::1]", "2001:db9::/32"));
    }

    #[test]
    fn entries_are_parted_by_commas_or_white_space() {
        assert!(!is_used("https://api.adapty.io", "localhost api.adapty.io"));
        assert!(!is_used("https://api.adapty.io", "localhost,\tapi.adapty.io ,"));
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_refused() {
        for entry in ["10.0.0.0/33", "::/129", "a/8", "a:b", "http://a", "a.*"] {
            let variables = [("HTTPS_PROXY", PROXY), ("NO_PROXY", entry)];
            let message = format!("NO_PROXY has an entry that cannot be read: {entry:?}");
            assert_eq!(proxy(BaseUrl::DEFAULT, &variables), Err(message));
        }
    }
}
