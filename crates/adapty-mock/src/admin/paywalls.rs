//! `/__admin/paywalls`

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::request::{AdminRequest, Mistake, done, listed};
use crate::{app::paywalls::Paywall, reply::Reply};

/// What a paywall takes of the budget while it is listed.
const ROW: usize = size_of::<usize>();
/// How much of a long body is sent at a time.
const PIECE: usize = 16 * 1024;

/// Every paywall, whole.
pub(super) fn list(request: &AdminRequest) -> Result<Reply, Mistake> {
    let (paywalls, room) = request.app.command(|state| {
        let paywalls = state.paywalls.all().to_vec();
        state.budget().reserve(paywalls.len() * ROW).map(|room| (paywalls, room))
    })?;
    let paywalls = paywalls.into_iter().map(move |paywall| {
        let _kept = &room;
        let starts = (0..paywall.body.len()).step_by(PIECE);
        starts.map(move |at| paywall.body[at..paywall.body.len().min(at + PIECE)].to_vec())
    });
    Ok(listed("{\"paywalls\":[", paywalls, "]}".to_owned()))
}

/// One paywall, or a list of them, each served as given.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let paywalls = Paywall::all_given(&request.body).map_err(Mistake::Body)?;
    let count = paywalls.len();
    request.app.command(|state| state.put_paywalls(paywalls))?;
    Ok(done(&json!({"put": count})))
}

/// The one that the body names by its `paywall_id`, or without a body all.
pub(super) fn delete(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Named {
        paywall_id: Uuid,
    }

    if request.body.is_empty() {
        request.app.remove_paywalls();
    } else {
        let Named { paywall_id } = request.read()?;
        if !request.app.remove_paywall(paywall_id) {
            return Err(Mistake::Body("paywall_id: no paywall of this app has this id".to_owned()));
        }
    }
    Ok(done(&json!({"deleted": true})))
}
