//! What a grant changes.
//!
//! That a level granted without a purchase has the store `adapty` and the product
//! `adapty_server_side_product` is documented for webhooks; the other fields, and that a later grant of
//! a level takes the place of the earlier one, are ours.

use std::sync::Arc;

use adapty_model::time::OffsetDateTime;
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    profile::{StoredProfile, Unchangeable},
    state::State,
};
use crate::{
    dates,
    editions::convert::lasts,
    raw_json::{Object, text},
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
    /// Whether the app has such an access level: `premium`, which always exists, and those of its
    /// profiles.
    pub(crate) fn has_access_level(&self, id: &str) -> bool {
        let has =
            |stored: &Arc<StoredProfile>| stored.access_level_ids().iter().any(|known| known == id);
        id == "premium" || self.profiles().iter().any(has)
    }

    /// Gives a profile an access level, or extends an earlier grant of it.
    pub(crate) fn grant_access_level(
        &mut self,
        stored: &Arc<StoredProfile>,
        grant: &Grant,
    ) -> Result<Arc<StoredProfile>, Unchangeable> {
        let now = OffsetDateTime::now_utc();
        let timestamp = self.next_timestamp(now);
        let changed = stored.changed(|data| {
            let levels = data.get("access_levels").map_or("null", RawValue::get);
            let levels = granted(levels, grant, now)?;
            data.put("access_levels", &levels);
            if data.get("timestamp").is_some() {
                data.put("timestamp", &timestamp);
            }
            Ok(())
        })?;
        self.replace_profile(stored, changed)
    }
}

/// The access levels with the granted one among them, in the form they have.
fn granted(
    levels: &str,
    grant: &Grant,
    now: OffsetDateTime,
) -> Result<Box<RawValue>, Unchangeable> {
    if levels == "null" {
        return Ok(text(&[row(grant, now, None)]));
    }
    if let Ok(mut rows) = serde_json::from_str::<Vec<Object>>(levels) {
        let is_earlier_grant = |row: &Object| {
            is_grant(row) && field(row, "access_level_id") == Some(grant.access_level_id.clone())
        };
        match rows.iter_mut().find(|row| is_earlier_grant(row)) {
            Some(earlier) => *earlier = row(grant, now, Some(earlier)),
            None => rows.push(row(grant, now, None)),
        }
        return Ok(text(&rows));
    }
    let mut rows: Object = serde_json::from_str(levels).map_err(|_| Unchangeable::NoProfile)?;
    let known = rows.get(&grant.access_level_id).map(RawValue::get).map(serde_json::from_str);
    let known: Option<Object> = known.transpose().map_err(|_| Unchangeable::NoProfile)?;
    let mut new = row(grant, now, known.as_ref().filter(|known| is_grant(known)));
    new.remove("access_level_id");
    // A dictionary has room for one row of an id: that of a purchase stays where it lasts longer.
    if known.is_none_or(|known| is_grant(&known) || lasts(&known) < lasts(&new)) {
        rows.put(&grant.access_level_id, &new);
    }
    Ok(text(&rows))
}

/// The row of a grant; one that extends an earlier grant keeps when that was made.
fn row(grant: &Grant, now: OffsetDateTime, earlier: Option<&Object>) -> Object {
    #[derive(Serialize)]
    struct Row<'a> {
        access_level_id: &'a str,
        store: &'a str,
        store_product_id: &'a str,
        store_base_plan_id: Option<&'a str>,
        store_transaction_id: Option<&'a str>,
        store_original_transaction_id: Option<&'a str>,
        offer: Option<&'a str>,
        starts_at: Option<String>,
        purchased_at: String,
        originally_purchased_at: String,
        expires_at: Option<String>,
        renewal_cancelled_at: Option<&'a str>,
        billing_issue_detected_at: Option<&'a str>,
        is_in_grace_period: bool,
        cancellation_reason: Option<&'a str>,
    }

    let now = dates::write(now);
    let originally = earlier.and_then(|earlier| field(earlier, "originally_purchased_at"));
    let row = text(&Row {
        access_level_id: &grant.access_level_id,
        store: "adapty",
        store_product_id: PRODUCT,
        store_base_plan_id: None,
        store_transaction_id: None,
        store_original_transaction_id: None,
        offer: None,
        starts_at: grant.starts_at.map(dates::write),
        originally_purchased_at: originally.unwrap_or_else(|| now.clone()),
        purchased_at: now,
        expires_at: grant.expires_at.map(dates::write),
        renewal_cancelled_at: None,
        billing_issue_detected_at: None,
        is_in_grace_period: false,
        cancellation_reason: None,
    });
    serde_json::from_str(row.get()).expect("a struct is written as an object")
}

fn is_grant(row: &Object) -> bool {
    field(row, "store_product_id").as_deref() == Some(PRODUCT)
}

fn field(row: &Object, name: &str) -> Option<String> {
    serde_json::from_str(row.get(name)?.get()).ok()
}
