//! Set refund saver settings.

use http::StatusCode;
use serde_json::Value;

use super::{
    fields::{Fields, invalid_in_texts},
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
    let change = change(&Fields::read_or(request.body, invalid_in_texts)?)?;
    let stored = profile::find_or(state, request, no_such_profile)?;
    let changed = state.set_refund_saver(&stored, change).map_err(profile::unchanged)?;
    Ok(settings(&changed, "refund saver settings set"))
}

fn change(fields: &Fields) -> Result<RefundSaverChange, Reply> {
    let consent = match fields.value("consent") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(Value::Bool(consent)) => Some(Some(*consent)),
        Some(_) => return Err(fields.wrong("consent", "is neither true, false nor null")),
    };
    let preference = fields.optional_word("custom_preference", &PREFERENCES)?;
    let known = preference.and_then(|word| PREFERENCES.into_iter().find(|known| *known == word));
    let custom_preference = fields.value("custom_preference").map(|_| known);
    if consent.is_none() && custom_preference.is_none() {
        let reason = "the body has neither consent nor custom_preference";
        let body = fixtures::REFUND_SAVER_INVALID;
        return Err(Reply::documented(StatusCode::BAD_REQUEST, body, reason));
    }
    Ok(RefundSaverChange { consent, custom_preference })
}
