//! What a customer's profile may be, by the answers and errors alone.

use std::collections::BTreeSet;

use adapty_transport::{
    Attempt, ErrorKind,
    adapty_model::{Profile, Repeat, time::OffsetDateTime},
};

/// The access level that is granted and revoked.
pub(crate) const LEVEL: &str = "soak";
/// The custom attribute that is written at creation.
pub(crate) const CREATED_BY: &str = "created_by";
/// How the ids of the transactions begin that are set.
pub(crate) const TRANSACTION: &str = "soak-";

/// What the writes make of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Facts {
    created_by: Option<String>,
    access: Access,
    transactions: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    #[default]
    None,
    Ended,
    Until(OffsetDateTime),
    ForEver,
}

impl Facts {
    pub(crate) fn of(profile: &Profile) -> Self {
        let now = OffsetDateTime::now_utc();
        let level = profile.access_levels.iter().find(|row| row.access_level_id == LEVEL);
        let access = match level.map(|row| row.expires_at) {
            None => Access::None,
            Some(None) => Access::ForEver,
            Some(Some(end)) if end <= now => Access::Ended,
            Some(Some(end)) => Access::Until(end),
        };
        let creator = profile.custom_attributes.iter().find(|one| one.key == CREATED_BY);
        let created_by = creator.and_then(|one| one.value.as_str()).map(str::to_owned);
        let transactions = profile
            .non_subscriptions
            .iter()
            .filter_map(|row| row.store_transaction_id.clone())
            .filter(|id| id.starts_with(TRANSACTION))
            .collect();
        Self { created_by, access, transactions }
    }
}

/// A change to a profile. Dates are in the future, and each is later than those of earlier calls.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    Create(String),
    Grant(Option<OffsetDateTime>),
    Revoke(Option<OffsetDateTime>),
    SetTransaction(String),
    Delete,
}

impl Write {
    pub(crate) fn repeat(&self) -> Repeat {
        match self {
            Self::Create(_) | Self::Grant(None) | Self::Revoke(None) => Repeat::OnlyIfUnseen,
            _ => Repeat::NotAfter500,
        }
    }

    /// What becomes of a profile, and whether it is refused.
    fn run(&self, facts: Option<&Facts>) -> Result<Option<Facts>, ErrorKind> {
        let mut facts = match (self, facts) {
            (Self::Create(_), None) => Facts::default(),
            (_, None) => return Err(ErrorKind::ProfileNotFound),
            (_, Some(facts)) => facts.clone(),
        };
        match self {
            Self::Create(by) => facts.created_by = Some(by.clone()),
            // A later grant takes nothing away.
            Self::Grant(end) => {
                facts.access = facts.access.max(end.map_or(Access::ForEver, Access::Until));
            }
            Self::Revoke(end) => {
                facts.access = match (facts.access, end) {
                    (Access::None, _) => return Err(ErrorKind::AccessLevelNotFound),
                    (Access::Ended, _) => return Err(ErrorKind::Status),
                    (Access::Until(earlier), Some(end)) if earlier < *end => {
                        return Err(ErrorKind::Status);
                    }
                    (_, Some(end)) => Access::Until(*end),
                    (_, None) => Access::Ended,
                }
            }
            Self::SetTransaction(id) => {
                facts.transactions.insert(id.clone());
            }
            Self::Delete => return Ok(None),
        }
        Ok(Some(facts))
    }
}

/// How a call ended.
#[derive(Debug)]
pub(crate) enum Said {
    /// With a profile.
    Profile(Facts),
    Deleted,
    /// With a refusal of the server's own; `None` where its reason was lost.
    Refused(Option<ErrorKind>),
    /// With an error that a fault accounts for.
    Failed,
}

/// Somebody whom one caller at a time reads and writes.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) id: String,
    /// Everything the profile may be; `None` is no profile.
    possible: BTreeSet<Option<Facts>>,
}

impl Customer {
    /// Has a profile that no call has changed.
    pub(crate) fn new(id: String) -> Self {
        Self { id, possible: BTreeSet::from([Some(Facts::default())]) }
    }

    /// Whether nothing is left open.
    pub(crate) fn is_certain(&self) -> bool {
        self.possible.len() == 1
    }

    /// Whether the profile may be this.
    pub(crate) fn may_be(&self, facts: Option<&Facts>) -> bool {
        self.possible.iter().any(|possible| possible.as_ref() == facts)
    }

    /// A read ended so. Whether that can be.
    pub(crate) fn was_read(&mut self, said: &Said) -> bool {
        self.possible.retain(|facts| match said {
            Said::Profile(seen) => facts.as_ref() == Some(seen),
            Said::Refused(kind) => {
                facts.is_none() && kind.is_none_or(|kind| kind == ErrorKind::ProfileNotFound)
            }
            Said::Deleted => false,
            Said::Failed => true,
        });
        !self.possible.is_empty()
    }

    /// A write ended so, after these failures. Whether that can be.
    pub(crate) fn was_written(&mut self, write: &Write, failed: &[Attempt], said: &Said) -> bool {
        let may_have_run = failed.iter().any(may_have_run);
        if may_have_run {
            // Twice does no more than once, or is not done.
            self.left_open(write);
        }
        let ended = std::mem::take(&mut self.possible);
        self.possible = ended
            .into_iter()
            .filter_map(|facts| match (said, write.run(facts.as_ref())) {
                (Said::Profile(seen), Ok(Some(after))) => (after == *seen).then_some(Some(after)),
                (Said::Deleted, Ok(None)) => Some(None),
                // By a request whose answer was lost.
                (Said::Deleted, Err(ErrorKind::ProfileNotFound)) => may_have_run.then_some(None),
                (Said::Refused(kind), Err(refusal)) => {
                    kind.is_none_or(|kind| kind == refusal).then_some(facts)
                }
                (Said::Failed, _) => Some(facts),
                _ => None,
            })
            .collect();
        !self.possible.is_empty()
    }

    /// A write may have happened, or may yet happen.
    pub(crate) fn left_open(&mut self, write: &Write) {
        let done = self.possible.iter().filter_map(|facts| write.run(facts.as_ref()).ok());
        let done: Vec<_> = done.collect();
        self.possible.extend(done);
    }
}

/// Whether the server may have acted on the request of an attempt that failed so: not where it said no.
fn may_have_run(failed: &Attempt) -> bool {
    let is_refused =
        failed.status.is_some_and(|status| matches!(status, 300..500) && status != 408);
    failed.may_have_reached_server && !is_refused
}
