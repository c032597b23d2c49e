//! `/__admin/requests`: the journal.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::request::{AdminRequest, Mistake, done};
use crate::{
    app::{App, other_keys::OtherKeyCounts},
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
    let dropped = request.app.dropped_requests();
    Ok(noted(request, json!({"count": count, "dropped": dropped})))
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
    Ok(noted(request, json!({"count": matching, "enough": matching >= count})))
}

/// The answer, with a note of what came under other keys if anything did: nobody looks for it there.
fn noted(request: &AdminRequest, mut answer: Value) -> Reply {
    if let Some(note) = request.app.other_keys_since(&OtherKeyCounts::default()) {
        answer["note"] = note.into();
    }
    done(&answer)
}

fn listed(app: &App, filter: &Filter) -> Reply {
    #[derive(Serialize)]
    struct Listed {
        requests: Vec<Request>,
        dropped: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }

    let mut requests = app.requests();
    requests.retain(|request| filter.matches(request));
    let note = app.other_keys_since(&OtherKeyCounts::default());
    done(&Listed { requests, dropped: app.dropped_requests(), note })
}
