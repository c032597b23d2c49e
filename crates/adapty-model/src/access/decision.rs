//! The decision: what one row says at an instant, under a policy. Its end is exclusive.

use std::time::Duration;

use time::OffsetDateTime;

use super::policy::Policy;
use super::reasons::{Access, Denial, Grant};
use crate::profile::AccessLevel;

impl Policy {
    /// Until when a row is tolerated after its end, if it is.
    pub(super) fn tolerated(self, level: &AccessLevel) -> Option<OffsetDateTime> {
        let Self::DatesWithTolerance(tolerance) = self else { return None };
        let end = level.expires_at?;
        let had_time = level.starts_at.is_none_or(|start| start < end);
        (had_time && !level.is_refunded()).then(|| later(end, tolerance))
    }

    /// What one row says at an instant.
    pub(super) fn decide<'p, 'id>(
        self,
        level: &'p AccessLevel,
        level_id: &'id str,
        at: OffsetDateTime,
    ) -> Access<'p, 'id> {
        #[cfg(test)]
        tests::DECISIONS.set(tests::DECISIONS.get() + 1);
        let granted = |why| Access::Granted { level, why };
        let denied = |why| Access::Denied { level_id, nearest: Some(level), why };
        let in_grace_period = level.was_in_grace_period();
        let before_start = match level.starts_at {
            Some(start) if at < start && self != Self::AiGuide => Some(start),
            _ => None,
        };
        let tolerated = self.tolerated(level).filter(|until| before_start.is_none() && at < *until);
        match (before_start, level.expires_at) {
            (Some(start), None) => denied(Denial::StartsAt(start)),
            (Some(start), Some(end)) if start < end => denied(Denial::StartsAt(start)),
            (Some(_), Some(end)) if at < end => denied(Denial::NeverActive),
            (None, None) => granted(Grant::Forever),
            (None, Some(end)) if at < end && in_grace_period => {
                granted(Grant::InGracePeriodUntil(end))
            }
            (None, Some(end)) if at < end => granted(Grant::Until(end)),
            (_, Some(end)) => match (self, tolerated) {
                (Self::AiGuide, _) if in_grace_period => granted(Grant::ByGraceFlag),
                (_, Some(until)) => granted(Grant::ToleratedUntil(until)),
                _ if level.is_refunded() => denied(Denial::ExpiredAfterRefundAt(end)),
                _ => denied(Denial::ExpiredAt(end)),
            },
        }
    }
}

/// An instant later by this much, no further than time goes.
fn later(instant: OffsetDateTime, by: Duration) -> OffsetDateTime {
    instant.saturating_add(by.try_into().unwrap_or(time::Duration::MAX))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::profile::Profile;

    thread_local! {
        pub(super) static DECISIONS: Cell<usize> = const { Cell::new(0) };
    }

    #[test]
    fn each_row_is_decided_once_for_the_list_of_active_levels() {
        const IDS: usize = 8_000;
        let mut profile = Profile::new(uuid::Uuid::nil());
        let levels = (0..IDS).map(|id| AccessLevel::new(format!("level {id}"), None));
        profile.access_levels.extend(levels);
        let active = profile.active_access_levels(OffsetDateTime::UNIX_EPOCH).count();
        assert_eq!((active, DECISIONS.get()), (IDS, IDS));
    }

    #[test]
    fn each_row_is_decided_anew_only_where_it_changes() {
        const ROWS: usize = 8_000;
        let mut profile = Profile::new(uuid::Uuid::nil());
        let start = OffsetDateTime::UNIX_EPOCH;
        let ends = (1_u32..).map(|n| start + Duration::from_secs(n.into())).take(ROWS);
        profile.access_levels.extend(ends.map(|end| AccessLevel::new("premium", end)));
        DECISIONS.set(0);
        let changes = profile.timeline(OffsetDateTime::UNIX_EPOCH).len();
        assert_eq!((changes, DECISIONS.get()), (1, 2 * ROWS));
    }
}
