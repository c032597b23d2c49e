//! What every operation of virtual currencies checks.

use http::StatusCode;

use crate::{app::state::State, fixtures, reply::Reply};

/// The documented 403 where virtual currencies are off, which comes behind identity and JSON, and before all
/// that the operation is about (ours).
pub(super) fn enabled(state: &State) -> Result<(), Reply> {
    match state.currencies.are_enabled {
        true => Ok(()),
        false => Err(Reply::documented(
            StatusCode::FORBIDDEN,
            fixtures::FEATURE_NOT_ENABLED,
            "virtual currencies are switched off for this app",
        )),
    }
}
