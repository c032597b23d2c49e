//! `/__admin/edition`

use serde::Deserialize;
use serde_json::json;

use super::request::{AdminRequest, Mistake, done};
use crate::{editions::Edition, reply::Reply};

pub(super) fn get(request: &AdminRequest) -> Result<Reply, Mistake> {
    Ok(done(&json!({"edition": request.app.edition()})))
}

pub(super) fn put(request: &AdminRequest) -> Result<Reply, Mistake> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Chosen {
        edition: Edition,
    }

    let Chosen { edition } = request.read()?;
    request.app.set_edition(edition);
    Ok(done(&json!({"edition": edition})))
}
