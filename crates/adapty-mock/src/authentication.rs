//! Authentication: the API key of a request.

use http::{HeaderMap, header::AUTHORIZATION};

use crate::reply::Refusal;

/// The longest key that is looked at.
const KEY_LIMIT: usize = 512;

/// The key of a request: `Authorization: Api-Key <key>`, written exactly so.
pub(crate) fn key(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Refusal::NoKey)?;
    if values.next().is_some() {
        return Err(Refusal::RepeatedKey);
    }
    let value = value.to_str().map_err(|_| Refusal::OtherScheme)?;
    let Some(rest) = value.strip_prefix("Api-Key") else {
        let bearer =
            value.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case("bearer"));
        return Err(if bearer { Refusal::BearerScheme } else { Refusal::OtherScheme });
    };
    match rest.strip_prefix(' ') {
        _ if rest.trim().is_empty() => Err(Refusal::EmptyKey),
        Some(key) if key.len() > KEY_LIMIT => Err(Refusal::KeyTooLong),
        Some(key) if !key.starts_with(' ') => Ok(key),
        _ => Err(Refusal::OtherScheme),
    }
}
