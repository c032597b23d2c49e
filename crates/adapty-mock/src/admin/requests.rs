//! `/__admin/requests`: the journal.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::App,
    journal::{Filter, Request},
    reply::Reply,
};

/// The longest that a request may wait.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

pub(super) fn list(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(listed(&request.app, &Filter::any()))
}

pub(super) fn find(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(listed(&request.app, &request.read()?))
}

pub(super) fn count(request: &AdminRequest) -> Result<Reply, Mistake> {
    let count = request.app.count(&request.read()?);
    Ok(done(&json!({"count": count, "dropped": request.app.dropped_requests()})))
}

/// Waits until so many requests have come.
pub(super) async fn wait(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wait {
        count: usize,
        limit_ms: u64,
        #[serde(default)]
        filter: Filter,
    }

    let Wait { count, limit_ms, filter } = request.read()?;
    let limit = Duration::from_millis(limit_ms);
    if limit > WAIT_LIMIT {
        return Err(Mistake::Body(format!("limit_ms: {limit_ms} is more than a minute")));
    }
    let matching = request.app.wait_for(count, &filter, limit).await;
    Ok(done(&json!({"count": matching, "enough": matching >= count})))
}

fn listed(app: &App, filter: &Filter) -> Reply {
    #[derive(Serialize)]
    struct Listed {
        requests: Vec<Request>,
        dropped: u64,
    }

    let mut requests = app.requests();
    requests.retain(|request| filter.matches(request));
    done(&Listed { requests, dropped: app.dropped_requests() })
}
