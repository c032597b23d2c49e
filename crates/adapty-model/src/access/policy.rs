//! Policies: how one row becomes a decision, where teams disagree.

use std::time::Duration;

use time::OffsetDateTime;

use super::decision::{Access, Denial, Grant};
use crate::profile::AccessLevel;

/// How the rows of a profile become a decision, where teams disagree.
///
/// | at noon on 12 January | dates only | an hour's tolerance | production only | AI guide |
/// | --- | --- | --- | --- | --- |
/// | older pages' example, which ended as it started in 2022, grace flag set | denied | denied | denied | **granted** |
/// | newer page's example, no start, no end | granted | granted | granted | granted |
/// | example without levels | denied | denied | denied | denied |
/// | ends on the 13th | granted | granted | granted | granted |
/// | ends on the 13th, in a grace period | granted | granted | granted | granted |
/// | ends on the 13th, renewal cancelled, billing issue, reason refund | granted | granted | granted | granted |
/// | ended half an hour ago | denied | **granted** | denied | denied |
/// | ended half an hour ago, grace flag still set | denied | **granted** | denied | **granted** |
/// | ended this very instant | denied | **granted** | denied | denied |
/// | ended yesterday after a refund | denied | denied | denied | denied |
/// | starts this very instant | granted | granted | granted | granted |
/// | starts tomorrow | denied | denied | denied | **granted** |
/// | starts tomorrow, and another row ends on the 13th | granted | granted | granted | granted |
/// | ends on the 13th, stated to be a test | granted | granted | **denied** | granted |
/// | ends on the 13th, its subscription stated to be a test | granted | granted | **denied** | granted |
/// | a test that never ends, and another row ended half an hour ago | granted | granted | **denied** | granted |
///
/// With serde it is written and not read: `{"policy": "dates_only"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Policy {
    /// Granted from `starts_at` up to but not including `expires_at`, and nothing else counts.
    ///
    /// What the documents say of both dates; the vendor's own `is_active` of older versions and of
    /// webhooks is computed in this way.
    #[default]
    DatesOnly,
    /// The same, with `expires_at` later by this much: a store may notify Adapty of a renewal
    /// minutes after the old period ended.
    ///
    /// Only what may have been renewed late is tolerated: not a row that was refunded, nor one whose
    /// dates left it no time to be active.
    DatesWithTolerance(Duration),
    /// By dates only, and without the rows that are known to come from a test purchase: those that state
    /// `Sandbox`, or state nothing while the purchase behind them states it
    /// ([`Profile::environment_of`](crate::Profile::environment_of)).
    ///
    /// A row of which nothing is known counts: every grant without a purchase is one, and many rows of the
    /// newest documents are. [`UnderPolicy::passed_over`](crate::UnderPolicy::passed_over) lists what did
    /// not count, and `environment_of` says of the row that decided whether it is known to be real.
    ProductionOnly,
    /// The sample of the vendor's guide for AI tools: a set `is_in_grace_period` grants whatever
    /// the dates, and `starts_at` is not looked at.
    ///
    /// It grants on a stale snapshot, and before the start.
    AiGuide,
}

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
}
