//! Masking: the API key is in no entry, wherever a client put it.

use http::{HeaderMap, HeaderName, header};
use memchr::memmem;

/// The shortest key that is looked for outside its header.
const SHORTEST_KEY: usize = 8;
/// Headers that carry secrets; only their names are kept.
const SECRET_HEADERS: [&str; 5] =
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"];

/// Whether only the name of a header is kept.
pub(super) fn is_secret(name: &HeaderName) -> bool {
    SECRET_HEADERS.contains(&name.as_str())
}

/// Appends `part` with `***` in the place of the key.
pub(super) fn push(bytes: &mut Vec<u8>, part: &[u8], key: Option<&[u8]>) {
    let mut rest = part;
    while let Some(key) = key
        && let Some(at) = memmem::find(rest, key)
    {
        bytes.extend_from_slice(&rest[..at]);
        bytes.extend_from_slice(b"***");
        rest = &rest[at + key.len()..];
    }
    bytes.extend_from_slice(rest);
}

/// What stands where the key belongs, under whatever scheme; too short, it could be any word.
pub(super) fn key_in(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let key = value.rsplit(|byte| *byte == b' ').next()?;
    (key.len() >= SHORTEST_KEY).then_some(key)
}
