//! Update paywall: the remote configs that are sent take the place of all that were there.

use std::collections::HashSet;

use http::StatusCode;
use serde_json::{Map, Value};

use super::{
    body::{object, wrong},
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
    let configs = remote_configs(object(request.body)?)?;
    let paywall = find(state, request)?;
    let updated = state.update_paywall(&paywall, &configs).map_err(profile::unchanged)?;
    Ok(found(&updated))
}

/// An empty list is a list too, and leaves none (ours).
fn remote_configs(mut fields: Map<String, Value>) -> Result<Vec<RemoteConfig>, Reply> {
    let configs = match fields.remove("remote_configs") {
        Some(Value::Array(configs)) => configs,
        None | Some(Value::Null) => {
            let (body, reason) = (fixtures::PAYWALL_INVALID, "the body has no remote_configs");
            return Err(Reply::documented(StatusCode::BAD_REQUEST, body, reason));
        }
        Some(_) => return Err(wrong("remote_configs", "is no array")),
    };
    let mut locales = HashSet::new();
    let mut read = Vec::with_capacity(configs.len());
    for (at, config) in configs.into_iter().enumerate() {
        let field = |name: &str| format!("remote_configs.{at}.{name}");
        let Value::Object(mut config) = config else {
            return Err(wrong(&format!("remote_configs.{at}"), "is no object"));
        };
        let (locale, data) = match (config.remove("locale"), config.remove("data")) {
            (Some(Value::String(locale)), Some(Value::String(data))) => (locale, data),
            (Some(Value::String(_)), _) => return Err(wrong(&field("data"), "is not a string")),
            _ => return Err(wrong(&field("locale"), "is not a string")),
        };
        if locale.is_empty() {
            return Err(wrong(&field("locale"), "is empty"));
        }
        if !locales.insert(locale.clone()) {
            return Err(wrong(&field("locale"), "is there twice"));
        }
        read.push(RemoteConfig { locale, data });
    }
    Ok(read)
}
