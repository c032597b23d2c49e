//! Set refund saver settings.

use http::StatusCode;
use serde_json::{Map, Value};

use super::{
    body::{object, wrong},
    operation::{Operation, Request},
    profile,
    refund_saver_settings::{no_such_profile, settings},
};
use crate::{
    app::{
        refund_saver::{PREFERENCES, RefundSaverChange},
        state::State,
    },
    fixtures,
    reply::Reply,
};

pub(crate) const OPERATION: Operation = Operation {
    name: "set_refund_saver_settings",
    method: "POST",
    path: "/api/v2/server-side-api/purchase/profile/refund-saver/settings/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

/// In the order of the checks: identity, body, profile.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    profile::identity(request)?;
    let change = change(&object(request.body)?)?;
    let stored = profile::find_or(state, request, no_such_profile)?;
    let changed = state.set_refund_saver(&stored, change).map_err(profile::unchanged)?;
    Ok(settings(&changed))
}

fn change(fields: &Map<String, Value>) -> Result<RefundSaverChange, Reply> {
    let consent = match fields.get("consent") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::Bool(consent)) => Some(Some(*consent)),
        Some(_) => return Err(wrong("consent", "is neither true, false nor null")),
    };
    let custom_preference = match fields.get("custom_preference") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::String(word)) => match PREFERENCES.iter().find(|known| *known == word) {
            Some(known) => Some(Some(*known)),
            None => {
                let what = "is none of grant, no_preference, decline";
                return Err(wrong("custom_preference", what));
            }
        },
        Some(_) => return Err(wrong("custom_preference", "is neither a string nor null")),
    };
    if consent.is_none() && custom_preference.is_none() {
        let reason = "the body has neither consent nor custom_preference";
        let body = fixtures::REFUND_SAVER_INVALID;
        return Err(Reply::documented(StatusCode::BAD_REQUEST, body, reason));
    }
    Ok(RefundSaverChange { consent, custom_preference })
}
