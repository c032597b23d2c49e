//! `/__admin/requests`: the journal.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json as object;

use super::request::{AdminRequest, Mistake, done, json, listed};
use crate::{app::App, journal::Filter, reply::Reply};

/// The longest that a request may wait.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

pub(super) fn list(request: &AdminRequest) -> Result<Reply, Mistake> {
    matching(&request.app, Filter::any())
}

pub(super) fn find(request: &AdminRequest) -> Result<Reply, Mistake> {
    matching(&request.app, request.read()?)
}

pub(super) fn count(request: &AdminRequest) -> Result<Reply, Mistake> {
    let count = request.app.count(&request.read()?);
    Ok(done(&object!({"count": count, "dropped": request.app.dropped_requests()})))
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
    Ok(done(&object!({"count": matching, "enough": matching >= count})))
}

/// The requests that a filter means, as they were when it was asked for.
fn matching(app: &App, filter: Filter) -> Result<Reply, Mistake> {
    let (entries, room, dropped) = app.command(|state| {
        let entries = state.journal.entries();
        let room = state.budget().reserve(entries.len() * size_of::<usize>());
        room.map(|room| (entries, room, state.journal.dropped()))
    })?;
    let requests = entries.into_iter().filter_map(move |entry| {
        let _kept = &room;
        let request = entry.request();
        filter.matches(&request).then(|| [json(&request)])
    });
    Ok(listed("{\"requests\":[", requests, format!("],\"dropped\":{dropped}}}")))
}
