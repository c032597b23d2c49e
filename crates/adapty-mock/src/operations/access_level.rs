//! The access level that a request names, or that its product gives.

use bytes::Bytes;
use http::StatusCode;

use crate::{
    app::state::State,
    fixtures,
    reply::{Reply, stated},
};

/// Whether the app has it; the documented 400 where it has not, byte for byte for the level the
/// document names.
pub(super) fn check(state: &State, id: &str) -> Result<(), Reply> {
    if state.has_access_level(id) {
        return Ok(());
    }
    let body = replaced(&fixtures::PAID_ACCESS_LEVEL_DOES_NOT_EXIST, &[("premium", id)]);
    let reason = stated("the app has no such access level");
    Err(Reply::json(StatusCode::BAD_REQUEST, body, reason))
}

/// A documented body with other words, as JSON writes them, in the place of some.
pub(super) fn replaced(documented: &Bytes, words: &[(&str, &str)]) -> Bytes {
    let mut text = String::from_utf8_lossy(documented).into_owned();
    for (from, to) in words {
        let to = serde_json::Value::from(*to).to_string();
        let to = to.strip_prefix('"').and_then(|to| to.strip_suffix('"')).unwrap_or_default();
        // The code may have the same word, and keeps it.
        text = text.replace(&format!("`{from}`"), &format!("`{to}`"));
        text = text.replace(&format!("({from})"), &format!("({to})"));
    }
    Bytes::from(text)
}
