//! Revoke access level.

use adapty_model::time::OffsetDateTime;
use http::StatusCode;

use super::{
    access_level::{self, replaced},
    fields::Fields,
    operation::{Operation, Request},
    profile,
};
use crate::{
    app::{
        profile::StoredProfile,
        revoke_access_level::{NotRevoked, Revocation},
        state::State,
    },
    dates, fixtures,
    reply::{self, Reply, stated},
};

pub(crate) const OPERATION: Operation = Operation {
    name: "revoke_access_level",
    method: "POST",
    path: "/api/v2/server-side-api/purchase/profile/revoke/access-level/",
    unauthorized: Reply::unauthorized,
    answer,
};

/// In the order of the checks: identity, body, its date, access level, profile, the profile's level.
fn answer(state: &mut State, request: &Request<'_>) -> Result<Reply, Reply> {
    let format = state.next_wire_format();
    let identity = profile::identity(request)?;
    let fields = Fields::read(request.body)?;
    let access_level_id = fields.id("access_level_id")?;
    let revoke_at = fields.optional_date("revoke_at")?;
    let now = state.now();
    if revoke_at.is_some_and(|at| at <= now) {
        let reason = stated("revoke_at is not later than the app's time");
        return Err(Reply::json(StatusCode::BAD_REQUEST, fixtures::VALUE_ERROR, reason));
    }
    access_level::check(state, &access_level_id)?;
    let stored = profile::find_for_purchase(state, &identity, format)?;
    let revocation = Revocation { access_level_id, at: revoke_at.unwrap_or(now), now };
    match state.revoke_access_level(&stored, &revocation) {
        Ok(revoked) => Ok(reply::profile(revoked.body(format), "access level revoked")),
        Err(NotRevoked::NoSuchLevel) => Err(no_such_level(&stored, &revocation)),
        Err(NotRevoked::EndsEarlier(end)) => Err(ends_earlier(&revocation, end)),
        Err(NotRevoked::Unchangeable(why)) => Err(profile::unchanged(why)),
    }
}

fn no_such_level(stored: &StoredProfile, revocation: &Revocation) -> Reply {
    // A body that was given for a customer's id alone has no profile id to name.
    let profile = stored.profile.map_or_else(|| "unknown".to_owned(), |id| id.to_string());
    let words = [
        ("478b2e7f-d557-4b8b-9c5f-cbd46fc2dee2", profile.as_str()),
        ("premium", &revocation.access_level_id),
    ];
    let body = replaced(&fixtures::PROFILE_PAID_ACCESS_LEVEL_DOES_NOT_EXIST, &words);
    Reply::json(StatusCode::BAD_REQUEST, body, stated("the profile has no such access level"))
}

fn ends_earlier(revocation: &Revocation, end: OffsetDateTime) -> Reply {
    let spelt = |date| dates::write(date).replace('T', " ");
    let words = [
        ("2029-08-29 09:33:42+00:00", &*spelt(revocation.at)),
        ("2028-08-29 09:33:42+00:00", &*spelt(end)),
    ];
    let body = replaced(&fixtures::REVOCATION_DATE_MORE_THAN_EXPIRATION_DATE, &words);
    let reason = match end <= revocation.now {
        true => "the access level has ended already",
        false => "revoke_at is later than the access level ends",
    };
    Reply::json(StatusCode::BAD_REQUEST, body, stated(reason))
}
