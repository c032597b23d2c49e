//! `/__admin/profiles`

use std::sync::Arc;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json as object};
use uuid::Uuid;

use super::request::{AdminRequest, Mistake, done, json, listed};
use crate::{
    app::profile::StoredProfile,
    reply::{Reason, Reply},
};

/// Who is there, sorted; or, for one identity, the body itself.
pub(super) fn list_or_get(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Serialize)]
    struct Ids<'a> {
        customer_user_id: &'a Option<String>,
        profile_id: Option<Uuid>,
    }

    if let Some(identity) = request.identity.clone() {
        let body = request.app.body(identity).ok_or(Mistake::NoSuchProfile)?;
        return Ok(Reply::json(StatusCode::OK, body, Reason::Usual("admin")));
    }
    let (mut known, room) = request.app.command(|state| {
        let known: Vec<_> = state.profiles().iter().map(Arc::clone).collect();
        state.budget().reserve(known.capacity() * size_of::<usize>()).map(|room| (known, room))
    })?;
    known.sort_unstable_by(|one, other| {
        (&one.customer, one.profile).cmp(&(&other.customer, other.profile))
    });
    let ids = known.into_iter().map(move |stored| {
        let _kept = &room;
        [json(&Ids { customer_user_id: &stored.customer, profile_id: stored.profile })]
    });
    Ok(listed("{\"profiles\":[", ids, "]}".to_owned()))
}

/// One profile, or a list of them; or any bytes for one identity. Served by edition where they read as
/// profiles, unless `?as=given` asks for more.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let as_given = match request.parameter("as").as_deref() {
        None => false,
        Some("given") => true,
        Some(_) => return Err(Mistake::Parameter("as".to_owned(), "expected `given`".to_owned())),
    };
    let stored = match request.identity.clone() {
        Some(identity) => {
            let now = request.app.now();
            let given = StoredProfile::given_for(identity, &request.body, as_given, now);
            vec![given.map_err(Mistake::Body)?]
        }
        None => {
            let budget = request.app.command(|state| Arc::clone(state.budget()));
            StoredProfile::read_all(&request.body, as_given, request.app.now(), Some(&budget))?
        }
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
    Ok(done(&object!({"deleted": true})))
}

/// The `data` of a profile's body, as it was written.
pub(super) fn data(stored: &StoredProfile) -> Result<Value, Mistake> {
    let body: Value = serde_json::from_slice(&stored.written())
        .map_err(|error| Mistake::Body(format!("the profile's own body: {error}")))?;
    Ok(body.get("data").cloned().unwrap_or(Value::Null))
}
