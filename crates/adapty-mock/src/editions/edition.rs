//! Which documented wire format the answers take.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::wire_format::WireFormat;

/// Which edition of the documents an app's answers follow.
///
/// It decides the wire format of the built-in examples, of error bodies, and of every profile that reads as
/// one. JSON that is to be served as given, or is no profile, is so under every edition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Edition {
    /// Each built-in example as the document it comes from prints it; all else in the newest format.
    #[default]
    AsWritten,
    /// The "Get profile" page, older edition: `+0000` dates with microseconds, `""` for no base
    /// plan, `offer_category` and its like in subscriptions, an environment in access levels, and
    /// the error code `not_found`.
    OlderPage,
    /// The page "200: OK", older edition, taken at its tables' word: dictionaries instead of
    /// arrays, `null` instead of nothing. The page's own example shows arrays, so these bodies are
    /// ours. Errors are those of [`Edition::OlderPage`].
    OlderObjectsPage,
    /// The "Get profile" page, newer edition: arrays, `+00:00` dates, nulls spelled out.
    NewerPage,
    /// The vendor's OpenAPI file, the newest: the format of [`Edition::NewerPage`] with its own examples.
    #[serde(rename = "openapi")]
    OpenApi,
    /// A different one from answer to answer: older-page, older-objects-page, newer-page, openapi, and round again.
    Rotate,
}

impl Edition {
    const ALL: [(&'static str, Self); 6] = [
        ("as-written", Self::AsWritten),
        ("older-page", Self::OlderPage),
        ("older-objects-page", Self::OlderObjectsPage),
        ("newer-page", Self::NewerPage),
        ("openapi", Self::OpenApi),
        ("rotate", Self::Rotate),
    ];

    /// The wire format of an app's answer number `answered`; `None` leaves each body as written.
    pub(crate) fn wire_format(self, answered: u64) -> Option<WireFormat> {
        match self {
            Self::AsWritten => None,
            Self::OlderPage => Some(WireFormat::OlderPage),
            Self::OlderObjectsPage => Some(WireFormat::OlderObjectsPage),
            Self::NewerPage => Some(WireFormat::NewerPage),
            Self::OpenApi => Some(WireFormat::OpenApi),
            Self::Rotate => Some(match answered % 4 {
                0 => WireFormat::OlderPage,
                1 => WireFormat::OlderObjectsPage,
                2 => WireFormat::NewerPage,
                _ => WireFormat::OpenApi,
            }),
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find_map(|(name, edition)| (edition == self).then_some(*name));
        f.write_str(name.expect("every edition is in the list"))
    }
}

impl FromStr for Edition {
    type Err = UnknownEdition;

    /// Reads the names that [`Display`](fmt::Display) writes.
    fn from_str(text: &str) -> Result<Self, UnknownEdition> {
        let found =
            Self::ALL.iter().find_map(|(name, edition)| (*name == text).then_some(*edition));
        found.ok_or(UnknownEdition)
    }
}

/// A word that names no [`Edition`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownEdition;

impl fmt::Display for UnknownEdition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown edition, expected one of")?;
        for (at, (name, _)) in Edition::ALL.iter().enumerate() {
            write!(f, "{} {name}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownEdition {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_is_the_json_word() {
        for (name, edition) in Edition::ALL {
            assert_eq!(name.parse(), Ok(edition));
            assert_eq!(edition.to_string(), name);
            assert_eq!(serde_json::to_value(edition).unwrap(), name);
        }
    }

    #[test]
    fn an_unknown_name_is_told_the_known_ones() {
        assert_eq!(
            "newest".parse::<Edition>().unwrap_err().to_string(),
            "unknown edition, expected one of as-written, older-page, older-objects-page, newer-page, openapi, rotate"
        );
    }

    #[test]
    fn rotate_comes_round_after_four_answers() {
        let formats =
            |from| (from..from + 4).map(|n| Edition::Rotate.wire_format(n)).collect::<Vec<_>>();
        assert_eq!(formats(0), formats(4));
        assert_eq!(
            formats(0),
            [
                WireFormat::OlderPage,
                WireFormat::OlderObjectsPage,
                WireFormat::NewerPage,
                WireFormat::OpenApi
            ]
            .map(Some)
        );
    }
}
