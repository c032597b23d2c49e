//! What is said of profiles that were put.

use serde::Serialize;

use crate::editions::newest::Gaps;

/// How many fields one answer names at most.
pub(super) const NAMED_LIMIT: usize = 1000;

/// What became of profiles that a test gave as JSON: as JSON itself, the answer of
/// `PUT /__admin/profiles`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Put {
    /// How many they are.
    pub put: usize,
    /// Each of them, in the order given.
    pub profiles: Vec<PutProfile>,
}

/// One profile that was put, and what a client that takes the newest documents at their word would miss
/// in it.
///
/// Nothing of it is refused: broken answers are worth testing. A profile that is whole has two empty
/// lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PutProfile {
    /// In which form it is served.
    pub served: Served,
    /// The documented fields that are not there, by path: `data.access_levels[0].store`.
    pub missing: Vec<String>,
    /// The fields that are something else than in the documents, by path; as JSON absent where there is
    /// none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
    /// How many fields more are missing or unreadable than the 1000 that one answer names; as JSON absent
    /// where it is 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// A token that was put, and what a client that takes the newest documents at their word would miss in the
/// rows that it imports, as the answer of `/__admin/stripe-tokens` and `/__admin/paddle-tokens` says it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct PutToken {
    put: usize,
    /// By path: `purchase.access_levels[0].expires_at`; `None` where nothing is imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreadable: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    more: usize,
}

impl PutToken {
    pub(super) fn of_purchase(gaps: Gaps) -> Self {
        let Gaps { missing, unreadable, more, .. } = gaps;
        Self { put: 1, missing: Some(missing), unreadable, more }
    }

    pub(super) fn of_refusal() -> Self {
        Self { put: 1, ..Self::default() }
    }
}

/// In which form a profile is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub enum Served {
    /// In that of the app's edition; under `as-written` in its own bytes.
    #[serde(rename = "by edition")]
    ByEdition,
    /// In its own bytes under every edition: it was to be so, or it does not read as a profile.
    #[serde(rename = "as given")]
    AsGiven,
}

impl Put {
    /// What is said of profiles, each of which is told how many fields it may name.
    pub(crate) fn of(profiles: impl Iterator<Item = impl FnOnce(usize) -> PutProfile>) -> Self {
        let mut left = NAMED_LIMIT;
        let profiles = profiles.map(|profile| {
            let profile = profile(left);
            left -= profile.missing.len() + profile.unreadable.len();
            profile
        });
        let profiles: Vec<_> = profiles.collect();
        Self { put: profiles.len(), profiles }
    }
}

impl PutProfile {
    /// Whether a client finds in it all that the newest documents show.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.unreadable.is_empty() && self.more == 0
    }

    pub(super) fn new(served: Served, gaps: Gaps) -> Self {
        let Gaps { missing, unreadable, more, .. } = gaps;
        Self { served, missing, unreadable, more }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(more: &usize) -> bool {
    *more == 0
}
