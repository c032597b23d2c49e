//! The command line: what may be said, and what each way of ending means.

mod serve;
mod exec;
mod server_options;
mod profiles;
mod port_file;
mod signals;
mod failure;

use std::{env, process::ExitCode};

use clap::{Arg, CommandFactory, FromArgMatches, Parser, Subcommand, builder::Resettable};

use self::failure::say;

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
