//! Does this user have access, and why.

use std::cmp::{Ordering, Reverse};
use std::fmt;
use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use crate::profile::{
    AccessLevel, CancellationReason, Environment, Offer, OfferCategory, OfferType, Profile, Store,
};

/// Whether a customer has access to a level at an instant, and what decided it.
///
/// Its `Display` is one line that can be read out to the customer.
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub enum Access<'p, 'id> {
    /// The customer has access.
    Granted {
        /// The row that decided: of those that grant, the one that lasts longest.
        level: &'p AccessLevel,
        /// For how long, and by what.
        why: Grant,
    },
    /// The customer has no access.
    Denied {
        /// The level that was asked for.
        level_id: &'id str,
        /// The row that came nearest to granting: the one that starts soonest, else the one that
        /// expired last; `None` if the profile has no row of this level.
        nearest: Option<&'p AccessLevel>,
        /// What was missing.
        why: Denial,
    },
}

/// For how long access is granted, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grant {
    /// The access never ends.
    Forever,
    /// The row ends at this instant, unless it is renewed; a policy's tolerance begins then.
    Until(OffsetDateTime),
    /// The last payment failed, and the store's grace period ends at this instant.
    ///
    /// The grace period is a snapshot of when the answer was made; the instant is the row's
    /// `expires_at`, which already includes it.
    InGracePeriodUntil(OffsetDateTime),
    /// The access has expired, and the policy tolerates that until this instant.
    ToleratedUntil(OffsetDateTime),
    /// The access has expired, and the policy takes the row's grace flag for more than its dates.
    ByGraceFlag,
}

/// Why access is denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// The profile has no row of this level, which is no proof that it never had one.
    NoSuchLevel,
    /// The access starts at this instant.
    StartsAt(OffsetDateTime),
    /// The row's dates leave no time for it: it ends before it starts, or as it starts. Once that
    /// end is past it has expired like any other.
    NeverActive,
    /// The access ended at this instant.
    ExpiredAt(OffsetDateTime),
    /// The access ended at this instant, and the reason given is a refund.
    ExpiredAfterRefundAt(OffsetDateTime),
}

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
    DatesWithTolerance(Duration),
    /// The sample of the vendor's guide for AI tools: a set `is_in_grace_period` grants whatever
    /// the dates, and `starts_at` is not looked at.
    ///
    /// It grants on a stale snapshot, and before the start.
    AiGuide,
}

/// A profile's answers under a chosen [`Policy`].
#[derive(Debug, Clone, Copy)]
pub struct UnderPolicy<'p> {
    profile: &'p Profile,
    policy: Policy,
}

impl Profile {
    /// Whether the customer has access to a level at an instant, by dates only.
    ///
    /// ```
    /// # use adapty_model::{Access, AccessLevel, Denial, Profile, time::{Duration, OffsetDateTime}};
    /// # let mut profile = Profile::new(adapty_model::uuid::Uuid::nil());
    /// # let end = OffsetDateTime::UNIX_EPOCH + Duration::days(365);
    /// profile.access_levels.push(AccessLevel::new("premium", end));
    ///
    /// assert!(profile.access("premium", end - Duration::SECOND).is_granted());
    /// match profile.access("premium", end) {
    ///     Access::Denied { why: Denial::ExpiredAt(when), .. } => assert_eq!(when, end),
    ///     other => panic!("{other}"),
    /// }
    /// let line = profile.access("premium", end).to_string();
    /// assert_eq!(line, "premium: denied, expired 1971-01-01 00:00:00 UTC");
    /// ```
    pub fn access<'p, 'id>(&'p self, level_id: &'id str, at: OffsetDateTime) -> Access<'p, 'id> {
        self.under(Policy::DatesOnly).access(level_id, at)
    }

    /// The levels active at an instant, by dates only: for each id the row that lasts longest.
    pub fn active_access_levels(&self, at: OffsetDateTime) -> impl Iterator<Item = &AccessLevel> {
        self.under(Policy::DatesOnly).active_access_levels(at)
    }

    /// The first instant after `after` at which any answer can change, by dates only; `None` if
    /// none ever does.
    ///
    /// Until then a cached profile answers as it does now, as far as the dates go: a purchase, a
    /// renewal or a refund can change the profile itself at any time.
    #[must_use]
    pub fn next_change(&self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        self.under(Policy::DatesOnly).next_change(after)
    }

    /// The same three answers under another policy.
    #[must_use]
    pub fn under(&self, policy: Policy) -> UnderPolicy<'_> {
        UnderPolicy { profile: self, policy }
    }
}

impl<'p> UnderPolicy<'p> {
    /// Whether the customer has access to a level at an instant.
    pub fn access<'id>(self, level_id: &'id str, at: OffsetDateTime) -> Access<'p, 'id> {
        let rows = self.profile.access_levels.iter();
        rows.filter(|level| level.access_level_id == level_id)
            .map(|level| self.policy.decide(level, level_id, at))
            .max_by(Access::compare)
            .unwrap_or(Access::Denied { level_id, nearest: None, why: Denial::NoSuchLevel })
    }

    /// The levels active at an instant: for each id the row that lasts longest.
    ///
    /// Each id is looked for among all rows, which suits the few that profiles have.
    pub fn active_access_levels(self, at: OffsetDateTime) -> impl Iterator<Item = &'p AccessLevel> {
        let rows = &self.profile.access_levels;
        rows.iter().enumerate().filter_map(move |(position, row)| {
            let id = &row.access_level_id;
            let first = rows[..position].iter().all(|earlier| earlier.access_level_id != *id);
            match first.then(|| self.access(id, at))? {
                Access::Granted { level, .. } => Some(level),
                Access::Denied { .. } => None,
            }
        })
    }

    /// The first instant after `after` at which any answer can change; `None` if none ever does.
    #[must_use]
    pub fn next_change(self, after: OffsetDateTime) -> Option<OffsetDateTime> {
        let rows = self.profile.access_levels.iter();
        let changes = rows.flat_map(|level| match self.policy {
            Policy::DatesOnly => [level.starts_at, level.expires_at, None],
            Policy::DatesWithTolerance(tolerance) => [
                level.starts_at,
                level.expires_at,
                level.expires_at.map(|end| later(end, tolerance)),
            ],
            Policy::AiGuide => [level.expires_at, None, None],
        });
        changes.flatten().filter(|change| *change > after).min()
    }
}

impl Policy {
    /// What one row says at an instant.
    fn decide<'p, 'id>(
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
        match (before_start, level.expires_at) {
            (Some(start), None) => denied(Denial::StartsAt(start)),
            (Some(start), Some(end)) if start < end => denied(Denial::StartsAt(start)),
            (Some(_), Some(end)) if at < end => denied(Denial::NeverActive),
            (None, None) => granted(Grant::Forever),
            (None, Some(end)) if at < end && in_grace_period => {
                granted(Grant::InGracePeriodUntil(end))
            }
            (None, Some(end)) if at < end => granted(Grant::Until(end)),
            (before_start, Some(end)) => match self {
                Self::AiGuide if in_grace_period => granted(Grant::ByGraceFlag),
                Self::DatesWithTolerance(tolerance)
                    if before_start.is_none() && at < later(end, tolerance) =>
                {
                    granted(Grant::ToleratedUntil(later(end, tolerance)))
                }
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

impl<'p> Access<'p, '_> {
    /// Whether the customer has access.
    #[must_use]
    pub fn is_granted(&self) -> bool {
        matches!(self, Self::Granted { .. })
    }

    /// The row that decided, if there is one.
    #[must_use]
    pub fn level(&self) -> Option<&'p AccessLevel> {
        match self {
            Self::Granted { level, .. } => Some(level),
            Self::Denied { nearest, .. } => *nearest,
        }
    }

    /// Which of two rows' answers is the profile's: the greater one. Rows that say the same are
    /// told apart by all their members, so that their order does not matter.
    fn compare(&self, other: &Self) -> Ordering {
        let tie = || self.level().map(members).cmp(&other.level().map(members));
        self.rank().cmp(&other.rank()).then_with(tie)
    }

    fn rank(&self) -> Rank {
        match self {
            Self::Granted { why, .. } => match why {
                Grant::Forever => Rank::Forever,
                Grant::Until(end) | Grant::InGracePeriodUntil(end) => Rank::Until(*end),
                Grant::ToleratedUntil(end) => Rank::Tolerated(*end),
                Grant::ByGraceFlag => Rank::ByGraceFlag,
            },
            Self::Denied { why, .. } => match why {
                Denial::StartsAt(start) => Rank::Starts(Reverse(*start)),
                Denial::ExpiredAt(end) | Denial::ExpiredAfterRefundAt(end) => Rank::Expired(*end),
                Denial::NeverActive => Rank::NeverActive,
                Denial::NoSuchLevel => Rank::NoRow,
            },
        }
    }
}

/// How much a row's answer counts, least first: grants above denials; among grants how long they
/// last, among denials how near they come.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    NoRow,
    NeverActive,
    Expired(OffsetDateTime),
    Starts(Reverse<OffsetDateTime>),
    ByGraceFlag,
    Tolerated(OffsetDateTime),
    Until(OffsetDateTime),
    Forever,
}

/// Every member of a row, in an order that means nothing but is always the same.
fn members(row: &AccessLevel) -> impl Ord + '_ {
    let AccessLevel {
        access_level_id,
        store,
        store_product_id,
        store_base_plan_id,
        store_transaction_id,
        store_original_transaction_id,
        offer,
        environment,
        starts_at,
        purchased_at,
        originally_purchased_at,
        expires_at,
        renewal_cancelled_at,
        billing_issue_detected_at,
        is_in_grace_period,
        cancellation_reason,
    } = row;
    let offer = offer.as_ref().map(|Offer { category, r#type, id }| {
        let category = category.as_ref().map(OfferCategory::as_str);
        (category, r#type.as_ref().map(OfferType::as_str), id)
    });
    let words = (
        is_in_grace_period,
        cancellation_reason.as_ref().map(CancellationReason::as_str),
        store.as_ref().map(Store::as_str),
        environment.as_ref().map(Environment::as_str),
    );
    let texts = (
        access_level_id,
        store_product_id,
        store_base_plan_id,
        store_transaction_id,
        store_original_transaction_id,
    );
    let dates = (
        starts_at,
        purchased_at,
        originally_purchased_at,
        expires_at,
        renewal_cancelled_at,
        billing_issue_detected_at,
    );
    (words, dates, texts, offer)
}

impl fmt::Display for Access<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted { level, why } => write!(f, "{}: granted {why}", level.access_level_id),
            Self::Denied { level_id, why, .. } => write!(f, "{level_id}: denied, {why}"),
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forever => f.write_str("for ever"),
            Self::Until(end) => write!(f, "until {}", Readable(*end)),
            Self::InGracePeriodUntil(end) => {
                write!(f, "in a grace period until {}", Readable(*end))
            }
            Self::ToleratedUntil(end) => {
                write!(f, "although expired, which is tolerated until {}", Readable(*end))
            }
            Self::ByGraceFlag => f.write_str("although expired, by the grace flag alone"),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchLevel => f.write_str("the profile has no such access level"),
            Self::StartsAt(start) => write!(f, "starts {}", Readable(*start)),
            Self::NeverActive => f.write_str("its dates leave no time between start and end"),
            Self::ExpiredAt(end) => write!(f, "expired {}", Readable(*end)),
            Self::ExpiredAfterRefundAt(end) => {
                write!(f, "expired after a refund {}", Readable(*end))
            }
        }
    }
}

/// An instant as a person reads it: `2025-01-10 11:34:40 UTC`.
struct Readable(OffsetDateTime);

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.0.checked_to_offset(UtcOffset::UTC).unwrap_or(self.0);
        let (date, time) = (utc.date(), utc.time());
        let (hour, minute, second) = time.as_hms();
        write!(f, "{date} {hour:02}:{minute:02}:{second:02} UTC")
    }
}
