//! `/__admin/requests`: the journal.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json as object};

use super::request::{AdminRequest, Mistake, done, json, listed};
use crate::{
    app::{App, other_keys::OtherKeyCounts},
    journal::Filter,
    reply::Reply,
};

/// The longest that a request may wait.
const WAIT_LIMIT: Duration = Duration::from_secs(60);

pub(super) fn list(request: &AdminRequest) -> Result<Reply, Mistake> {
    matching(&request.app, Filter::any())
}

pub(super) fn find(request: &AdminRequest) -> Result<Reply, Mistake> {
    let filter: Filter = request.read()?;
    filter.check().map_err(Mistake::Body)?;
    matching(&request.app, filter)
}

pub(super) fn count(request: &AdminRequest) -> Result<Reply, Mistake> {
    let filter: Filter = request.read()?;
    filter.check().map_err(Mistake::Body)?;
    let count = request.app.count(&filter);
    let dropped = request.app.dropped_requests();
    Ok(noted(request, object!({"count": count, "dropped": dropped})))
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
    filter.check().map_err(|what| Mistake::Body(format!("filter.{what}")))?;
    let matching = request.app.wait_for(count, &filter, limit).await;
    Ok(noted(request, object!({"count": matching, "enough": matching >= count})))
}

/// The answer, with a note of what came under other keys if anything did: nobody looks for it there.
fn noted(request: &AdminRequest, mut answer: Value) -> Reply {
    if let Some(note) = note(&request.app) {
        answer["note"] = note.into();
    }
    done(&answer)
}

fn note(app: &App) -> Option<String> {
    app.other_keys_since(&OtherKeyCounts::default())
}

/// The requests that a filter means, as they were when it was asked for.
fn matching(app: &App, filter: Filter) -> Result<Reply, Mistake> {
    let (entries, room, dropped) = app.command(|state| {
        let entries = state.journal().entries();
        let room = state.budget().reserve(entries.len() * size_of::<usize>());
        room.map(|room| (entries, room, state.journal().dropped()))
    })?;
    let requests = entries.into_iter().filter_map(move |entry| {
        let _kept = &room;
        let request = entry.request();
        filter.matches(&request).then(|| [json(&request)])
    });
    let note =
        note(app).map_or_else(String::new, |note| format!(",\"note\":{}", Value::from(note)));
    let end = format!("],\"dropped\":{dropped}{note}}}");
    Ok(listed("{\"requests\":[", requests, end))
}
