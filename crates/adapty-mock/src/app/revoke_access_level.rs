//! What a revocation changes.
//!
//! Every row of the level ends with it, grants and purchases alike, with the reason `adapty_revoked`; one
//! that would begin later ends as it begins, as the legacy API says. That a level which has ended already
//! is refused as one that ends earlier is ours, and so is all that the documents leave open here: a revoked
//! level is given again by what is bought or granted later, a new transaction, another product or a repurchase
//! after a gap among it, and by nothing else that happens to a subscription.

use std::sync::Arc;

use adapty_model::time::OffsetDateTime;

use super::{
    profile::{StoredProfile, Unchangeable},
    purchases::REVOKED,
    send_events::ToSend,
    state::State,
};
use crate::{
    dates,
    profile_lists::{ACCESS_LEVELS, Lasts, Rows, date, lasts},
    raw_json::Object,
};

/// A revocation, its dates checked.
#[derive(Debug)]
pub(crate) struct Revocation {
    pub(crate) access_level_id: String,
    /// When the level ends.
    pub(crate) at: OffsetDateTime,
    /// The app's time at the request.
    pub(crate) now: OffsetDateTime,
}

/// Why a level is not revoked.
#[derive(Clone, Debug)]
pub(crate) enum NotRevoked {
    /// The profile has no row of it.
    NoSuchLevel,
    /// It ends before it would be revoked: then.
    EndsEarlier(OffsetDateTime),
    Unchangeable(Unchangeable),
}

impl From<Unchangeable> for NotRevoked {
    fn from(why: Unchangeable) -> Self {
        Self::Unchangeable(why)
    }
}

impl State {
    /// Ends a profile's access level.
    pub(crate) fn revoke_access_level(
        &mut self,
        stored: &StoredProfile,
        revocation: &Revocation,
    ) -> Result<Arc<StoredProfile>, NotRevoked> {
        let is_of_level = |row: &Object<'_>| {
            row.read(ACCESS_LEVELS.id).as_ref() == Some(&revocation.access_level_id)
        };
        let end = stored.read_data(|data| {
            let levels = Rows::read(data, ACCESS_LEVELS)?;
            Some(levels.rows.iter().filter(|row| is_of_level(row)).map(lasts).max())
        });
        match end.ok_or(Unchangeable::NoProfile)? {
            None => return Err(NotRevoked::NoSuchLevel),
            Some(Lasts::Until(end)) if end < revocation.at => {
                return Err(NotRevoked::EndsEarlier(end));
            }
            Some(_) => {}
        }
        let changed = self.change_profile(stored, |data| {
            let mut levels = Rows::read(data, ACCESS_LEVELS).ok_or(Unchangeable::NoProfile)?;
            for row in levels.rows.iter_mut().filter(|row| is_of_level(row)) {
                end_row(row, revocation);
            }
            levels.write(data);
            Ok(())
        })?;
        let event = ToSend::Level(revocation.access_level_id.clone(), None);
        self.send_events(&changed, None, vec![event]);
        Ok(changed)
    }
}

/// Ends a row, unless it ends earlier anyway.
fn end_row(row: &mut Object<'_>, revocation: &Revocation) {
    let start = date(row, "starts_at");
    let end = start.map_or(revocation.at, |start| start.max(revocation.at));
    if matches!(lasts(row), Lasts::Until(earlier) if earlier < end) {
        return;
    }
    row.put("expires_at", &dates::write(end));
    row.put("cancellation_reason", REVOKED);
    if revocation.at <= revocation.now {
        row.put("is_in_grace_period", &false);
    }
}
