//! The command line: what may be said, and what each way of ending means.

mod exec;
mod port_file;
mod profiles;
mod serve;
mod signals;

use std::{
    collections::HashSet,
    env, fmt,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use adapty_mock::{Builder, Edition, MockServer};
use clap::{
    Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand,
    builder::{BoolishValueParser, Resettable},
};

/// A fake Adapty server for tests.
///
/// Every option can also be set in the environment, where nothing is as good as unset; an option
/// given wins over the environment.
///
/// Ends with 0 after SIGINT or SIGTERM, with 1 when it cannot start, with 2 after a mistake in the
/// options, and with 130 or 143 when a second SIGINT or SIGTERM cuts it short. `exec` ends as its
/// command did: with its exit code, or 128 + n after signal n; with 127 when there is no such
/// command, 126 when it cannot be run, and 125 when the server cannot start.
#[derive(Parser)]
#[command(name = "adapty-mock", version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until told to stop; this is what happens without a subcommand.
    Serve(serve::Options),
    /// Run a command beside a server of its own, with ADAPTY_API_URL and ADAPTY_API_KEY set.
    Exec(exec::Options),
}

/// What the server is like, however it is run.
#[derive(Args)]
struct Server {
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
    api_keys: Vec<String>,

    /// Which edition of the documents the answers follow: as-written, older-page, older-objects-page, newer-page,
    /// openapi, or rotate.
    #[arg(long, default_value_t = Edition::AsWritten, env = "ADAPTY_MOCK_EDITION")]
    edition: Edition,

    /// How many requests each app's journal keeps; 0 is none.
    #[arg(long, value_name = "N", default_value_t = 1000, env = "ADAPTY_MOCK_JOURNAL_LIMIT")]
    journal_limit: usize,

    /// Answer nothing under /__admin/, nor /livez and /readyz.
    #[arg(long, env = "ADAPTY_MOCK_NO_ADMIN", value_parser = BoolishValueParser::new())]
    no_admin: bool,
}

/// Runs the command.
pub(crate) fn run() -> ExitCode {
    let matches = without_empty_environment(CommandLine::command()).get_matches();
    let CommandLine { command, serve } =
        CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let ended = match command {
        None => serve::run(&serve),
        Some(Command::Serve(options)) => serve::run(&options),
        Some(Command::Exec(options)) => exec::run(&options),
    };
    ended.unwrap_or_else(|failure| {
        say(format_args!("{failure}"));
        failure.code
    })
}

/// A variable set to nothing is as good as none: that is how many a CI says "unset".
fn without_empty_environment(command: clap::Command) -> clap::Command {
    let forget = |arg: Arg| {
        let is_empty = |name| env::var_os(name).is_some_and(|value| value.is_empty());
        if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg }
    };
    ["serve", "exec"]
        .into_iter()
        .fold(command, |command, name| {
            command.mut_subcommand(name, |subcommand| subcommand.mut_args(forget))
        })
        .mut_args(forget)
}

impl Server {
    fn builder(&self, address: SocketAddr) -> Result<Builder, Failure> {
        let mut builder = MockServer::builder()
            .listen(address)
            .edition(self.edition)
            .journal_limit(self.journal_limit)
            .admin(!self.no_admin);
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

/// Why the command ends badly, in words and as an exit code.
struct Failure {
    what: String,
    code: ExitCode,
}

impl Failure {
    /// A mistake in the options.
    fn of_use(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), code: ExitCode::from(2) }
    }

    /// The server cannot start.
    fn to_start(what: impl fmt::Display) -> Self {
        Self { what: what.to_string(), code: ExitCode::FAILURE }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Says one thing on standard error.
fn say(what: fmt::Arguments<'_>) {
    // If nobody listens there is nobody else to tell.
    let _unheard = writeln!(io::stderr(), "adapty-mock: {what}");
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::to_start)
}
