//! Policies: how one row becomes a decision, where teams disagree.

use std::time::Duration;

use time::OffsetDateTime;

use super::decision::{Access, Denial, Grant};
use crate::profile::AccessLevel;

/// How the rows of a profile become a decision, where teams disagree.
///
/// | at noon on 12 January | dates only | an hour's tolerance | AI guide |
/// | --- | --- | --- | --- |
/// | older pages' example, which ended as it started in 2022, grace flag set | denied | denied | **granted** |
/// | newer page's example, no start, no end | granted | granted | granted |
/// | example without levels | denied | denied | denied |
/// | ends on the 13th | granted | granted | granted |
/// | ends on the 13th, in a grace period | granted | granted | granted |
/// | ends on the 13th, renewal cancelled, billing issue, reason refund | granted | granted | granted |
/// | ended half an hour ago | denied | **granted** | denied |
/// | ended half an hour ago, grace flag still set | denied | **granted** | **granted** |
/// | ended this very instant | denied | **granted** | denied |
/// | ended yesterday after a refund | denied | denied | denied |
/// | starts this very instant | granted | granted | granted |
/// | starts tomorrow | denied | denied | **granted** |
/// | starts tomorrow, and another row ends on the 13th | granted | granted | granted |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
