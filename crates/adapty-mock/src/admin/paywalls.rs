//! `/__admin/paywalls`

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use uuid::Uuid;

use super::request::{AdminRequest, Mistake, done};
use crate::{app::paywalls::Paywall, reply::Reply};

/// Every paywall, whole.
pub(super) fn list(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Serialize)]
    struct Listed {
        paywalls: Vec<Box<RawValue>>,
    }

    let paywalls = request.app.command(|state| state.paywalls.all().to_vec());
    let read = |body: &Bytes| serde_json::from_slice::<Box<RawValue>>(body).ok();
    let bodies: Vec<_> = paywalls.iter().filter_map(|paywall| read(&paywall.body)).collect();
    Ok(done(&Listed { paywalls: bodies }))
}

/// One paywall, or a list of them, each served as given.
pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    let paywalls = if request.body.trim_ascii_start().starts_with(b"[") {
        let bodies: Vec<Box<RawValue>> = request.read()?;
        let given = |(at, body): (usize, Box<RawValue>)| {
            let body = Bytes::from(String::from(Box::<str>::from(body)));
            Paywall::given(body).map_err(|what| Mistake::Body(format!("[{at}]: {what}")))
        };
        bodies.into_iter().enumerate().map(given).collect::<Result<_, _>>()?
    } else {
        vec![Paywall::given(request.body.clone()).map_err(Mistake::Body)?]
    };
    let count = paywalls.len();
    request.app.command(|state| state.put_paywalls(paywalls)).map_err(Mistake::Body)?;
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
