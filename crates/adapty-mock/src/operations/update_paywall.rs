//! Update paywall: the remote configs that are sent take the place of all that were there.

use std::collections::HashSet;

use http::StatusCode;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    fields::Fields,
    get_paywall::{find, found},
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{paywalls::RemoteConfig, state::State},
    fixtures,
    reply::Reply,
};

pub(crate) const OPERATION: Operation = Operation {
    name: "update_paywall",
    method: "PUT",
    path: "/api/v2/server-side-api/paywalls/{paywall_id}/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

/// In the order of the checks: body, paywall.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let configs = remote_configs(&Fields::read(request.body)?)?;
    let paywall = find(state, request)?;
    let updated = state.update_paywall(&paywall, &configs).map_err(profile::unchanged)?;
    Ok(found(&updated, "paywall updated"))
}

/// The configs, of which there is one at least: that an empty list gets the documented 400, too, is ours. The
/// documents say that `data` is JSON as text, and not how any other text is answered.
fn remote_configs(fields: &Fields) -> Result<Vec<RemoteConfig>, Reply> {
    let nothing =
        |reason| Reply::documented(StatusCode::BAD_REQUEST, fixtures::PAYWALL_INVALID, reason);
    if fields.value("remote_configs").is_none_or(Value::is_null) {
        return Err(nothing("the body has no remote_configs"));
    }
    let mut locales = HashSet::new();
    let mut read = Vec::new();
    for config in fields.objects("remote_configs")? {
        let locale = config.id("locale")?;
        if !locales.insert(locale.clone()) {
            return Err(config.wrong("locale", "is there twice"));
        }
        let data = config.text("data")?;
        if serde_json::from_str::<IgnoredAny>(&data).is_err() {
            return Err(config.wrong("data", "is not JSON"));
        }
        read.push(RemoteConfig { locale, data });
    }
    match read.is_empty() {
        true => Err(nothing("remote_configs is empty")),
        false => Ok(read),
    }
}
