//! Refund saver settings.

use http::StatusCode;
use serde::Serialize;
use uuid::Uuid;

use super::{
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{profile::StoredProfile, state::State},
    fixtures,
    reply::Reply,
};

pub(crate) const OPERATION: Operation = Operation {
    name: "refund_saver_settings",
    method: "GET",
    path: "/api/v2/server-side-api/purchase/profile/refund-saver/settings/",
    unauthorized: Reply::invalid_api_key,
    answer,
};

fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let stored = profile::find_or(state, request, no_such_profile)?;
    Ok(settings(&stored, "refund saver settings found"))
}

/// The documented 400: here a missing profile is no 404.
pub(super) fn no_such_profile() -> Reply {
    let body = fixtures::REFUND_SAVER_PROFILE_DOES_NOT_EXIST;
    Reply::documented(StatusCode::BAD_REQUEST, body, "no profile of this app has this id")
}

/// The settings as they are, without an envelope, and what was done.
pub(super) fn settings(stored: &StoredProfile, done: &'static str) -> Reply {
    #[derive(Serialize)]
    struct Answer {
        /// `null` for a body given for a customer's id, which has no profile id.
        profile_id: Option<Uuid>,
        settings: Settings,
    }

    #[derive(Serialize)]
    struct Settings {
        consent: Option<bool>,
        custom_preference: Option<&'static str>,
    }

    let known = stored.private.refund_saver;
    let settings = Settings { consent: known.consent, custom_preference: known.custom_preference };
    Reply::laid_out(&Answer { profile_id: stored.profile, settings }, done)
}
