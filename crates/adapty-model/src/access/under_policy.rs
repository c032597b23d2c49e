//! The questions a profile answers, and those it answers under another policy.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::policy::Policy;
use super::reasons::{Access, Denial};
use super::sandbox::Sandbox;
use crate::profile::{AccessLevel, Profile};

/// The instant asked about is an [`OffsetDateTime`] or what becomes one, such as the standard library's
/// `SystemTime`.
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
    pub fn access<'p, 'id>(
        &'p self,
        level_id: &'id str,
        at: impl Into<OffsetDateTime>,
    ) -> Access<'p, 'id> {
        self.under(Policy::DatesOnly).access(level_id, at)
    }

    /// The levels active at an instant, by dates only: for each id the row that lasts longest.
    pub fn active_access_levels<I: Into<OffsetDateTime>>(
        &self,
        at: I,
    ) -> impl Iterator<Item = &AccessLevel> + use<'_, I> {
        self.under(Policy::DatesOnly).active_access_levels(at)
    }

    /// The first instant after `after` at which any answer can change, by dates only; `None` if
    /// none ever does.
    ///
    /// Until then a cached profile answers as it does now, as far as the dates go: a purchase, a
    /// renewal or a refund can change the profile itself at any time.
    #[must_use]
    pub fn next_change(&self, after: impl Into<OffsetDateTime>) -> Option<OffsetDateTime> {
        self.under(Policy::DatesOnly).next_change(after)
    }

    /// The same three answers under another policy.
    #[must_use]
    pub fn under(&self, policy: Policy) -> UnderPolicy<'_> {
        UnderPolicy { profile: self, policy }
    }
}

/// A profile's answers under a chosen [`Policy`].
#[derive(Debug, Clone, Copy)]
pub struct UnderPolicy<'p> {
    profile: &'p Profile,
    policy: Policy,
}

impl<'p> UnderPolicy<'p> {
    /// Whether the customer has access to a level at an instant.
    pub fn access<'id>(self, level_id: &'id str, at: impl Into<OffsetDateTime>) -> Access<'p, 'id> {
        let at = at.into();
        let sandbox = self.sandbox();
        self.rows(level_id)
            .map(|level| self.decide(&sandbox, level, level_id, at))
            .max_by(Access::compare)
            .unwrap_or(Access::Denied { level_id, nearest: None, why: Denial::NoSuchLevel })
    }

    /// The levels active at an instant: for each id the row that lasts longest.
    pub fn active_access_levels<I: Into<OffsetDateTime>>(
        self,
        at: I,
    ) -> impl Iterator<Item = &'p AccessLevel> + use<'p, I> {
        let at = at.into();
        let sandbox = self.sandbox();
        let mut decided: Vec<Access<'p, 'p>> = Vec::new();
        let mut positions = HashMap::new();
        for level in &self.profile.access_levels {
            let access = self.decide(&sandbox, level, &level.access_level_id, at);
            let position = *positions.entry(&level.access_level_id).or_insert(decided.len());
            match decided.get_mut(position) {
                Some(known) if known.compare(&access).is_lt() => *known = access,
                Some(_) => {}
                None => decided.push(access),
            }
        }
        let granted = decided.into_iter().filter(Access::is_granted);
        granted.filter_map(|access| access.level())
    }

    /// The first instant after `after` at which any answer can change; `None` if none ever does.
    #[must_use]
    pub fn next_change(self, after: impl Into<OffsetDateTime>) -> Option<OffsetDateTime> {
        let after = after.into();
        let sandbox = self.sandbox();
        let rows = self.levels().filter(|level| !sandbox.has(level));
        rows.flat_map(|level| self.changes(level)).filter(|change| *change > after).min()
    }

    /// The rows of a level that the policy does not count, whatever their dates: those known to come from
    /// a test purchase, under [`Policy::ProductionOnly`]; none under any other.
    pub fn passed_over<'id>(
        self,
        level_id: &'id str,
    ) -> impl Iterator<Item = &'p AccessLevel> + use<'p, 'id> {
        let sandbox = self.sandbox();
        self.rows(level_id).filter(move |level| sandbox.has(level))
    }

    pub(super) fn levels(self) -> impl Iterator<Item = &'p AccessLevel> {
        self.profile.access_levels.iter()
    }

    fn rows<'id>(self, level_id: &'id str) -> impl Iterator<Item = &'p AccessLevel> + use<'p, 'id> {
        self.levels().filter(move |level| level.access_level_id == level_id)
    }

    /// The instants at which what a row says can change.
    pub(super) fn changes(
        self,
        level: &AccessLevel,
    ) -> impl Iterator<Item = OffsetDateTime> + use<> {
        let changes = match self.policy {
            Policy::DatesOnly | Policy::ProductionOnly => [level.starts_at, level.expires_at, None],
            Policy::DatesWithTolerance(_) => {
                [level.starts_at, level.expires_at, self.policy.tolerated(level)]
            }
            Policy::AiGuide => [level.expires_at, None, None],
        };
        changes.into_iter().flatten()
    }

    pub(super) fn sandbox(self) -> Sandbox<'p> {
        Sandbox::new(self.profile, self.policy)
    }

    /// What one row says at an instant.
    pub(super) fn decide<'id>(
        self,
        sandbox: &Sandbox<'p>,
        level: &'p AccessLevel,
        level_id: &'id str,
        at: OffsetDateTime,
    ) -> Access<'p, 'id> {
        if sandbox.has(level) {
            return Access::Denied { level_id, nearest: Some(level), why: Denial::SandboxOnly };
        }
        self.policy.decide(level, level_id, at)
    }
}
