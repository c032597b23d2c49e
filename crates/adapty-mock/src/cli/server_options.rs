//! The options of the server, however it is run.

use std::{
    collections::HashSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use adapty_mock::{Builder, Edition, MockServer, Settings};
use clap::{Args, builder::BoolishValueParser};

use super::{failure::Failure, profiles};

/// What the server is like, however it is run.
#[derive(Args)]
pub(super) struct ServerOptions {
    /// A JSON file of a profile or a list of them, or a folder of such files, for every app; a later
    /// file takes the place of an earlier one for the same profile.
    #[arg(long, value_name = "FILE-or-FOLDER", env = "ADAPTY_MOCK_PROFILES")]
    profiles: Option<PathBuf>,

    /// Serve the profiles of --profiles byte for byte as given, whatever the edition.
    #[arg(long, env = "ADAPTY_MOCK_PROFILES_AS_GIVEN", value_parser = BoolishValueParser::new())]
    profiles_as_given: bool,

    /// A key that is let in, and the app it opens (by itself: one of its own). All other keys get
    /// the documented 401. May be repeated; commas part several.
    #[arg(
        long = "api-key",
        value_name = "KEY[=APP]",
        env = "ADAPTY_MOCK_API_KEY",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(super) api_keys: Vec<String>,

    /// Which edition of the documents the answers follow: as-written, older-page, older-objects-page, newer-page,
    /// openapi, or rotate.
    #[arg(long, default_value_t = Edition::AsWritten, env = "ADAPTY_MOCK_EDITION")]
    edition: Edition,

    /// A JSON file with the settings every app starts with, as `GET /__admin/settings` writes them; one
    /// that is absent has its default.
    #[arg(long, value_name = "FILE", env = "ADAPTY_MOCK_SETTINGS")]
    settings: Option<PathBuf>,

    /// Where every app sends its webhook events, beginning with http://; no verification request is
    /// sent.
    #[arg(long, value_name = "URL", env = "ADAPTY_MOCK_WEBHOOK_URL")]
    webhook_url: Option<String>,

    /// The whole text of the header Authorization of those events.
    #[arg(
        long,
        value_name = "VALUE",
        env = "ADAPTY_MOCK_WEBHOOK_AUTHORIZATION",
        hide_env_values = true,
        requires = "webhook_url"
    )]
    webhook_authorization: Option<String>,

    /// How many requests each app's journal keeps; 0 is none.
    #[arg(long, value_name = "N", default_value = "1000", env = "ADAPTY_MOCK_JOURNAL_LIMIT", value_parser = count)]
    journal_limit: usize,

    /// How much the server keeps for its clients, all apps together: bytes, or with KiB, MiB or GiB.
    #[arg(long, value_name = "BYTES", default_value = "512MiB", env = "ADAPTY_MOCK_MEMORY_LIMIT")]
    memory_limit: Bytes,

    /// Answer nothing under /__admin/, nor /livez and /readyz.
    #[arg(long, env = "ADAPTY_MOCK_NO_ADMIN", value_parser = BoolishValueParser::new())]
    no_admin: bool,
}

impl ServerOptions {
    /// A server of these options.
    pub(super) fn builder(&self, address: SocketAddr) -> Result<Builder, Failure> {
        let mut builder = MockServer::builder()
            .listen(address)
            .edition(self.edition)
            .journal_limit(self.journal_limit)
            .memory_limit(self.memory_limit.0)
            .admin(!self.no_admin);
        if let Some(path) = &self.settings {
            builder = builder.settings(read_settings(path)?);
        }
        if let Some(url) = &self.webhook_url {
            let webhook = builder.webhook(url, self.webhook_authorization.as_deref());
            // The message begins with `url` or `authorization`, and shows neither.
            builder = webhook.map_err(|what| Failure::of_use(format_args!("--webhook-{what}")))?;
        }
        let mut keys = HashSet::new();
        for listed in &self.api_keys {
            let (key, app) = listed.split_once('=').unwrap_or((listed, ""));
            // A message may be seen by many, so none shows the key.
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Failure::of_use("--api-key: a key is visible ASCII, and not empty"));
            }
            if app.contains('=') {
                return Err(Failure::of_use("--api-key: an app's name has no `=`"));
            }
            if !keys.insert(key) {
                return Err(Failure::of_use("--api-key: a key is listed twice"));
            }
            builder =
                if app.is_empty() { builder.api_key(key) } else { builder.api_key_of(key, app) };
        }
        match &self.profiles {
            Some(path) => profiles::load(path, self.profiles_as_given, builder),
            None => Ok(builder),
        }
    }
}

fn read_settings(path: &Path) -> Result<Settings, Failure> {
    let mistake = |what| Failure::of_use(format_args!("--settings {}: {what}", path.display()));
    let text = fs::read(path).map_err(|error| mistake(error.to_string()))?;
    Settings::from_json(&text).map_err(mistake)
}

/// A number of requests.
fn count(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", usize::MAX))
}

/// A number of bytes: `1048576`, `1024KiB`, `1 MiB`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bytes(usize);

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "neither a whole number of bytes nor one of KiB, MiB or GiB";
        const TOO_MANY: &str = "more bytes than there can be";
        let units = [("KiB", 1024), ("MiB", 1024 * 1024), ("GiB", 1024 * 1024 * 1024)];
        let unit = units.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (number, bytes) = unit.unwrap_or((text, 1_usize));
        let number = number.trim_end();
        if number.is_empty() || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(WRONG);
        }
        let number: usize = number.parse().map_err(|_| TOO_MANY)?;
        number.checked_mul(bytes).map(Self).ok_or(TOO_MANY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_plain_or_with_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("1048576", 1 << 20),
            ("64KiB", 64 << 10),
            ("1 MiB", 1 << 20),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "MiB", "-1", "1.5GiB", "1MB", "1mib", "0x10", "+1"] {
            let told = "neither a whole number of bytes nor one of KiB, MiB or GiB";
            assert_eq!(text.parse::<Bytes>(), Err(told), "{text}");
        }
        for text in ["99999999999999999999", "99999999999999999GiB"] {
            assert_eq!(text.parse::<Bytes>(), Err("more bytes than there can be"), "{text}");
        }
    }
}
