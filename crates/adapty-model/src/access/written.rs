//! Answers and policies as a log or an answer of one's own has them: written, and never read.

use serde::ser::{Serialize, SerializeMap, Serializer};
use time::OffsetDateTime;

use super::policy::Policy;
use super::reasons::{Access, Denial, Grant};
use crate::json;

/// `{"access_level_id": "premium", "granted": true, …}` and what the reason writes; no other field of the
/// row that decided, some of which are ids.
impl Serialize for Access<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (id, granted, reason) = match self {
            Self::Granted { level, why } => (level.access_level_id.as_str(), true, why.written()),
            Self::Denied { level_id, why, .. } => (*level_id, false, why.written()),
        };
        let mut map = serializer.serialize_map(Some(2 + reason.len()))?;
        map.serialize_entry("access_level_id", id)?;
        map.serialize_entry("granted", &granted)?;
        reason.write(&mut map)?;
        map.end()
    }
}

/// `{"reason": "until", "at": date}`; also `forever`, `in_grace_period`, `tolerated`, and `by_grace_flag`.
/// `at` is the variant's instant, left out where it has none.
impl Serialize for Grant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(serializer)
    }
}

/// `{"reason": "expired", "at": date}`; also `no_such_level`, `starts`, `never_active`,
/// `expired_after_refund`, and `sandbox_only`. `at` is the variant's instant, left out where it has none.
impl Serialize for Denial {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(serializer)
    }
}

/// `{"policy": "dates_only"}`; also `production_only`, `ai_guide`, and `dates_with_tolerance`, beside
/// which `tolerance_seconds` is a number.
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, tolerance) = match self {
            Self::DatesOnly => ("dates_only", None),
            Self::DatesWithTolerance(tolerance) => ("dates_with_tolerance", Some(tolerance)),
            Self::ProductionOnly => ("production_only", None),
            Self::AiGuide => ("ai_guide", None),
        };
        let mut map = serializer.serialize_map(Some(1 + usize::from(tolerance.is_some())))?;
        map.serialize_entry("policy", name)?;
        match tolerance {
            Some(whole) if whole.subsec_nanos() == 0 => {
                map.serialize_entry("tolerance_seconds", &whole.as_secs())?;
            }
            Some(tolerance) => {
                map.serialize_entry("tolerance_seconds", &tolerance.as_secs_f64())?;
            }
            None => {}
        }
        map.end()
    }
}

struct Reason(&'static str, Option<OffsetDateTime>);

impl Reason {
    fn len(&self) -> usize {
        1 + usize::from(self.1.is_some())
    }

    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        struct Date(OffsetDateTime);

        impl Serialize for Date {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                json::date::serialize(&self.0, serializer)
            }
        }

        map.serialize_entry("reason", self.0)?;
        self.1.map_or(Ok(()), |at| map.serialize_entry("at", &Date(at)))
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        self.write(&mut map)?;
        map.end()
    }
}

impl Grant {
    fn written(self) -> Reason {
        match self {
            Self::Forever => Reason("forever", None),
            Self::Until(end) => Reason("until", Some(end)),
            Self::InGracePeriodUntil(end) => Reason("in_grace_period", Some(end)),
            Self::ToleratedUntil(end) => Reason("tolerated", Some(end)),
            Self::ByGraceFlag => Reason("by_grace_flag", None),
        }
    }
}

impl Denial {
    fn written(self) -> Reason {
        match self {
            Self::NoSuchLevel => Reason("no_such_level", None),
            Self::StartsAt(start) => Reason("starts", Some(start)),
            Self::NeverActive => Reason("never_active", None),
            Self::ExpiredAt(end) => Reason("expired", Some(end)),
            Self::ExpiredAfterRefundAt(end) => Reason("expired_after_refund", Some(end)),
            Self::SandboxOnly => Reason("sandbox_only", None),
        }
    }
}
