//! What a decision says: granted or denied, by which row, and why.

use std::cmp::{Ordering, Reverse};
use std::fmt;

use time::{OffsetDateTime, UtcOffset};

use crate::profile::{
    AccessLevel, CancellationReason, Environment, Offer, OfferCategory, OfferType, Store,
};

/// Whether a customer has access to a level at an instant, and what decided it.
///
/// Its `Display` is one line that can be read out to the customer. With serde it is written, for logs and
/// answers, and not read: `{"access_level_id": "premium", "granted": true, "reason": "until", "at": date}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// The profile has the level from test purchases alone, which the policy does not count.
    SandboxOnly,
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
    /// told apart by all their fields, so that their order does not matter.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let tie = || self.level().map(fields).cmp(&other.level().map(fields));
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
                Denial::SandboxOnly => Rank::SandboxOnly,
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
    SandboxOnly,
    NeverActive,
    Expired(OffsetDateTime),
    Starts(Reverse<OffsetDateTime>),
    ByGraceFlag,
    Tolerated(OffsetDateTime),
    Until(OffsetDateTime),
    Forever,
}

/// Every field of a row, in an order that means nothing but is always the same.
fn fields(row: &AccessLevel) -> impl Ord + '_ {
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
            Self::SandboxOnly => f.write_str("only test purchases give it, and those do not count"),
        }
    }
}

/// An instant as a person reads it: `2025-01-10 11:34:40 UTC`.
pub(super) struct Readable(pub(super) OffsetDateTime);

impl fmt::Display for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.0.checked_to_offset(UtcOffset::UTC).unwrap_or(self.0);
        let (date, time) = (utc.date(), utc.time());
        let (hour, minute, second) = time.as_hms();
        write!(f, "{date} {hour:02}:{minute:02}:{second:02} UTC")
    }
}
