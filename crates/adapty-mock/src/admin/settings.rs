//! `/__admin/settings`

use super::request::{AdminRequest, Mistake, done};
use crate::{app::settings::SettingsChange, reply::Reply};

/// All of them.
pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(done(&request.app.settings()))
}

/// Changes those that the body has, all or none; the answer is all of them as they are then.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let change: SettingsChange = request.read()?;
    let set: Result<_, Mistake> = request.app.command(|state| {
        state.set_settings(change.of(state.settings().clone()))?;
        Ok(state.settings().clone())
    });
    Ok(done(&set?))
}
