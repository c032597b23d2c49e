//! `/__admin/profiles`

use http::StatusCode;
use serde_json::json;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::profile::StoredProfile,
    reply::{Reason, Reply},
};

/// Who is there; or, for one identity, the body itself.
pub(super) fn list_or_get(request: &AdminRequest) -> Result<Reply, Mistake> {
    let Some(identity) = request.identity.clone() else {
        return Ok(done(&json!({"profiles": request.app.known()})));
    };
    let body = request.app.body(identity).ok_or(Mistake::NoSuchProfile)?;
    Ok(Reply::json(StatusCode::OK, body, Reason::Usual("admin")))
}

/// One profile, or a list of them; or any bytes for one identity. Served by edition where they read as
/// profiles, unless `?as=given` asks for more.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let as_given = match request.query.as_str() {
        "" => false,
        "as=given" => true,
        _ => return Err(Mistake::Query("only `as=given` is known here".to_owned())),
    };
    let stored = match request.identity.clone() {
        Some(identity) => vec![StoredProfile::given_for(identity, &request.body, as_given)],
        None => StoredProfile::read_all(&request.body, as_given).map_err(Mistake::Body)?,
    };
    Ok(done(&request.app.command(|state| state.put_profiles(stored))?))
}

/// Some fields of one profile, by JSON Merge Patch.
pub(super) fn patch(request: &AdminRequest) -> Result<Reply, Mistake> {
    let Some(identity) = &request.identity else {
        return Err(Mistake::Identity("an identity header says whose profile is patched"));
    };
    let patched = request.app.command(|state| state.patch_profile(identity, &request.body))?;
    Ok(done(&patched.ok_or(Mistake::NoSuchProfile)?))
}

pub(super) fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    match request.identity.clone() {
        Some(identity) if !request.app.remove_profile(identity.clone()) => {
            return Err(Mistake::NoSuchProfile);
        }
        Some(_) => {}
        None => request.app.remove_profiles(),
    }
    Ok(done(&json!({"deleted": true})))
}
