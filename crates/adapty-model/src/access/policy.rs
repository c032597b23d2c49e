//! Policies: how one row becomes a decision, where teams disagree.

use std::time::Duration;

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
