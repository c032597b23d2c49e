//! What to send, for those who send it themselves.

use std::borrow::Cow;
use std::fmt;

use super::spec::Method;
use crate::identity::IdentityError;
use crate::json::WriteError;

/// Everything of a request but where it goes and by whose key: that is
/// `https://api.adapty.io` and the header `Authorization: Api-Key <key>`.
///
/// [`Debug`](fmt::Debug) hides the values of headers and the body, which name a customer.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path and the query, percent-encoded, to be put behind the host as they are.
    pub target: Cow<'static, str>,
    /// The header lines, each name once and in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if there is one.
    pub body: Option<Vec<u8>>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

/// A path and a query in one.
pub(super) fn target(
    path: Cow<'static, str>,
    query: &[(&'static str, String)],
) -> Cow<'static, str> {
    if query.is_empty() {
        return path;
    }
    let mut target = path.into_owned();
    for (position, (name, value)) in query.iter().enumerate() {
        target.push(if position == 0 { '?' } else { '&' });
        percent_encode(name, &mut target);
        target.push('=');
        percent_encode(value, &mut target);
    }
    Cow::Owned(target)
}

/// Writes all but RFC 3986's unreserved characters as `%XX`.
fn percent_encode(text: &str, target: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                target.push(char::from(byte));
            }
            _ => {
                let [high, low] = [byte >> 4, byte & 0xF];
                let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
                target.extend(['%', digit(high), digit(low)]);
            }
        }
    }
}

/// Why an operation cannot be sent; nothing of it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum RequestError {
    /// The identity cannot travel in a header unchanged.
    Identity(IdentityError),
    /// The header of this name cannot travel unchanged.
    Header(&'static str),
    /// The body has no JSON form.
    Body(WriteError),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(_) => f.write_str("the identity cannot be sent"),
            Self::Header(name) => write!(f, "the header {name} cannot be sent"),
            Self::Body(_) => f.write_str("the body cannot be written"),
        }
    }
}

impl std::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Identity(error) => Some(error),
            Self::Header(_) => None,
            Self::Body(error) => Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_without_a_query_stays_as_it_is() {
        assert_eq!(target(Cow::Borrowed("/a/"), &[]), "/a/");
    }

    #[test]
    fn all_but_unreserved_characters_of_a_query_are_percent_encoded() {
        let query = [("page[number]", "2".to_owned()), ("cursor", "a+/=é ~".to_owned())];
        let encoded = "/a/?page%5Bnumber%5D=2&cursor=a%2B%2F%3D%C3%A9%20~";
        assert_eq!(target(Cow::Borrowed("/a/"), &query), encoded);
    }
}
