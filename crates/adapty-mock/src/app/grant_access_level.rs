//! What a grant changes.
//!
//! That a level granted without a purchase has the store `adapty` and the product
//! `adapty_server_side_product` is documented for webhooks. The other fields are ours, and so is how a later
//! grant of a level extends one that lasts: the one row is from the earlier start to the later end, so that no
//! grant takes away what another gave. A grant after one that has ended or was revoked begins anew.

use std::sync::Arc;

use adapty_model::time::OffsetDateTime;

use super::{
    profile::{StoredProfile, Unchangeable},
    purchases::{LevelRow, REVOKED},
    send_events::ToSend,
    state::State,
};
use crate::{
    dates,
    profile_lists::{ACCESS_LEVELS, Lasts, Rows, date, lasts},
    raw_json::Object,
};

const PRODUCT: &str = "adapty_server_side_product";

/// A grant, its dates checked.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) access_level_id: String,
    pub(crate) starts_at: Option<OffsetDateTime>,
    pub(crate) expires_at: Option<OffsetDateTime>,
}

impl State {
    /// Gives a profile an access level, or extends an earlier grant of it that lasts.
    pub(crate) fn grant_access_level(
        &mut self,
        stored: &StoredProfile,
        grant: &Grant,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let now = self.now();
        let granted = self.change_profile(stored, |data| {
            let mut levels = Rows::read(data, ACCESS_LEVELS).ok_or(Unchangeable::NoProfile)?;
            let is_earlier = |row: &&mut Object<'_>| {
                is_grant(row) && row.read(ACCESS_LEVELS.id).as_ref() == Some(&grant.access_level_id)
            };
            match levels.rows.iter_mut().find(is_earlier) {
                Some(earlier) => {
                    *earlier = match grant.extending(earlier, now) {
                        Some(extended) => row(&extended, now, Some(earlier)),
                        None => row(grant, now, None),
                    }
                }
                None => levels.rows.push(row(grant, now, None)),
            }
            levels.write(data);
            Ok(())
        })?;
        let event = ToSend::Level(grant.access_level_id.clone(), None);
        self.send_events(&granted, None, vec![event]);
        Ok(granted)
    }
}

impl Grant {
    /// This grant and the earlier one of a row as one; `None` where that has ended, was revoked, or has dates
    /// that cannot be read.
    fn extending(&self, earlier: &Object<'_>, now: OffsetDateTime) -> Option<Self> {
        let is_revoked = earlier.read::<String>("cancellation_reason").as_deref() == Some(REVOKED);
        let end = match lasts(earlier) {
            Lasts::Forever => None,
            Lasts::Until(end) if now < end => Some(end),
            Lasts::Until(_) | Lasts::NotStated => return None,
        };
        let start = match earlier.get("starts_at").is_none_or(|start| start.get() == "null") {
            true => None,
            false => Some(date(earlier, "starts_at")?),
        };
        (!is_revoked).then(|| Self {
            access_level_id: self.access_level_id.clone(),
            // No start is the earliest, no end the latest.
            starts_at: self.starts_at.min(start),
            expires_at: self.expires_at.zip(end).map(|(end, other)| end.max(other)),
        })
    }
}

/// The row of a grant; one that extends an earlier grant keeps when that was made.
pub(super) fn row(
    grant: &Grant,
    now: OffsetDateTime,
    earlier: Option<&Object<'_>>,
) -> Object<'static> {
    let level = LevelRow::new(&grant.access_level_id, "adapty", PRODUCT, now);
    let originally = earlier.and_then(|earlier| earlier.read("originally_purchased_at"));
    Object::of(&LevelRow {
        starts_at: grant.starts_at.map(dates::write),
        originally_purchased_at: originally.unwrap_or_else(|| level.purchased_at.clone()),
        expires_at: grant.expires_at.map(dates::write),
        ..level
    })
}

fn is_grant(row: &Object<'_>) -> bool {
    row.read::<String>("store_product_id").as_deref() == Some(PRODUCT)
}
