//! `/__admin/profiles`

use bytes::Bytes;
use http::StatusCode;
use serde_json::{json, value::RawValue};

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::profile::StoredProfile,
    relative_dates,
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

/// One body, or a list of them, each served as given; or any bytes for one identity.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let now = request.app.now();
    let given = |body| StoredProfile::given(relative_dates::resolve(body, now)?);
    let stored = if let Some(identity) = request.identity.clone() {
        vec![StoredProfile::given_for(identity, request.body.clone())]
    } else if request.body.trim_ascii_start().starts_with(b"[") {
        let bodies: Vec<Box<RawValue>> = request.read()?;
        let given = |(at, body): (usize, Box<RawValue>)| {
            let body = Bytes::from(String::from(Box::<str>::from(body)));
            given(body).map_err(|what| Mistake::Body(format!("[{at}]: {what}")))
        };
        bodies.into_iter().enumerate().map(given).collect::<Result<_, _>>()?
    } else {
        vec![given(request.body.clone()).map_err(Mistake::Body)?]
    };
    let count = stored.len();
    request.app.command(|state| state.put_profiles(stored)).map_err(Mistake::Body)?;
    Ok(done(&json!({"put": count})))
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
