//! The options of the server, however it is run.

use std::{
    collections::HashSet,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use adapty_mock::{Builder, Edition, MockServer, Settings};
use clap::{Args, builder::BoolishValueParser};

use super::{failure::Failure, profiles};

/// What the server is like, however it is run.
#[derive(Args)]
pub(super) struct ServerOptions {
    /// A JSON body, or a folder of them, served as given to every app; a later file takes the
    /// place of an earlier one for the same profile.
    #[arg(long, value_name = "FILE-or-FOLDER", env = "ADAPTY_MOCK_PROFILES")]
    profiles: Option<PathBuf>,

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

    /// How many requests each app's journal keeps; 0 is none.
    #[arg(long, value_name = "N", default_value_t = 1000, env = "ADAPTY_MOCK_JOURNAL_LIMIT")]
    journal_limit: usize,

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
            .admin(!self.no_admin);
        if let Some(path) = &self.settings {
            builder = builder.settings(read_settings(path)?);
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
            Some(path) => profiles::load(path, builder),
            None => Ok(builder),
        }
    }
}

fn read_settings(path: &Path) -> Result<Settings, Failure> {
    let mistake = |what| Failure::of_use(format_args!("--settings {}: {what}", path.display()));
    let text = fs::read(path).map_err(|error| mistake(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| mistake(error.to_string()))
}
