//! `/__admin/faults`

use serde_json::json as object;

use super::request::{AdminRequest, Mistake, done, json, listed};
use crate::{
    faults::{Plan, PlanLeft},
    reply::Reply,
};

/// What a plan takes of the budget while it is listed.
const ROW: usize = 128;

/// What is left of every plan; or, for one identity, of its own for every operation.
pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    if let Some(identity) = &request.identity {
        let left = request.app.command(|state| state.faults.left(Some(identity)));
        let left = left.into_iter().find(PlanLeft::is_for_every_operation);
        return Ok(match left {
            Some(left) => listed("", std::iter::once(left.json()), String::new()),
            None => done(&Plan::new()),
        });
    }
    let (plans, room) = request.app.command(|state| {
        let plans = state.faults.all_left();
        state.budget().reserve(plans.len() * ROW).map(|room| (plans, room))
    })?;
    let plans = plans.into_iter().map(move |(identity, left)| {
        let _kept = &room;
        let head = [b"{\"for\":".to_vec(), json(&identity), b",\"plan\":".to_vec()];
        head.into_iter().chain(left.json()).chain([b"}".to_vec()])
    });
    Ok(listed("{\"plans\":[", plans, "]}".to_owned()))
}

pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let plan: Plan = request.read()?;
    let steps = plan.steps.len();
    request.app.command(|state| state.faults.put(request.identity.clone(), plan))?;
    Ok(done(&object!({"steps": steps})))
}

pub(super) fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    match request.identity.clone() {
        Some(identity) => request.app.clear_faults_for(identity),
        None => request.app.clear_faults(),
    }
    Ok(done(&object!({"deleted": true})))
}
