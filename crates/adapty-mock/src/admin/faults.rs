//! `/__admin/faults`

use adapty_model::Identity;
use serde_json::json;

use super::request::{AdminRequest, Mistake, done};
use crate::{faults::Plan, reply::Reply};

/// What is left of every plan; or, for one identity, of its own for every operation.
pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    if let Some(identity) = request.identity.clone() {
        return Ok(done(&request.app.faults_left_for(identity)));
    }
    let of = |(identity, plan): (Option<Identity>, Plan)| json!({"for": identity, "plan": plan});
    let plans: Vec<_> = request.app.fault_plans().into_iter().map(of).collect();
    Ok(done(&json!({"plans": plans})))
}

pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let plan: Plan = request.read()?;
    let steps = plan.steps.len();
    let put = request.app.command(|state| state.faults.put(request.identity.clone(), plan));
    put.map_err(Mistake::Body)?;
    Ok(done(&json!({"steps": steps})))
}

pub(super) fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    match request.identity.clone() {
        Some(identity) => request.app.clear_faults_for(identity),
        None => request.app.clear_faults(),
    }
    Ok(done(&json!({"deleted": true})))
}
