//! The command line: what may be said, and what each way of ending means.

mod serve;
mod exec;
mod healthcheck;
mod server_options;
mod profiles;
mod port_file;
mod signals;
mod failure;

use std::{env, ffi::OsString, process::ExitCode};

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
    /// Ask a server whether it answers, and end with 0 if so and with 1 if not.
    Healthcheck(healthcheck::Options),
}

/// Runs the command.
pub(crate) fn run() -> ExitCode {
    let command = without_empty_environment(CommandLine::command());
    let arguments = options_after_subcommand(&command, env::args_os().collect());
    let matches = command.get_matches_from(arguments);
    let CommandLine { command, serve } =
        CommandLine::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let ended = match command {
        None => serve::run(&serve),
        Some(Command::Serve(options)) => serve::run(&options),
        Some(Command::Exec(options)) => exec::run(&options),
        Some(Command::Healthcheck(options)) => healthcheck::run(&options),
    };
    ended.unwrap_or_else(|failure| {
        say(format_args!("{failure}"));
        failure.code
    })
}

/// Options are as good before the subcommand as after it: they are moved behind it.
fn options_after_subcommand(
    command: &clap::Command,
    mut arguments: Vec<OsString>,
) -> Vec<OsString> {
    let takes_value = |long: &str| {
        let option = command.get_arguments().find(|option| option.get_long() == Some(long));
        option.is_some_and(|option| option.get_action().takes_values())
    };
    let names_subcommand = |argument: Option<&OsString>| {
        argument.is_some_and(|argument| command.find_subcommand(argument).is_some())
    };
    let mut at = 1;
    while let Some(argument) = arguments.get(at).and_then(|argument| argument.to_str()) {
        match argument.strip_prefix("--") {
            // What is asked of the whole program, or what is no option.
            Some("" | "help" | "version") => break,
            // A value that was forgotten: no address is the name of a subcommand.
            Some("listen") if names_subcommand(arguments.get(at + 1)) => at += 1,
            Some(long) => at += if takes_value(long) { 2 } else { 1 },
            None => {
                if names_subcommand(arguments.get(at)) {
                    arguments[1..=at].rotate_right(1);
                }
                break;
            }
        }
    }
    arguments
}

/// A variable set to nothing is as good as none: that is how many a CI says "unset".
fn without_empty_environment(command: clap::Command) -> clap::Command {
    let forget = |arg: Arg| {
        let is_empty = |name| env::var_os(name).is_some_and(|value| value.is_empty());
        if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg }
    };
    ["serve", "exec", "healthcheck"]
        .into_iter()
        .fold(command, |command, name| {
            command.mut_subcommand(name, |subcommand| subcommand.mut_args(forget))
        })
        .mut_args(forget)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(line: &str) -> String {
        let arguments = line.split(' ').map(OsString::from).collect();
        let moved = options_after_subcommand(&CommandLine::command(), arguments);
        moved.join(" ".as_ref()).into_string().unwrap()
    }

    #[test]
    fn options_before_the_subcommand_go_behind_it() {
        for (said, meant) in [
            ("it --edition openapi exec -- true", "it exec --edition openapi -- true"),
            (
                "it --api-key=a --no-admin exec --api-key b -- c",
                "it exec --api-key=a --no-admin --api-key b -- c",
            ),
            ("it --profiles exec exec -- true", "it exec --profiles exec -- true"),
            ("it --listen exec -- true", "it exec --listen -- true"),
            ("it --listen 8080 serve", "it serve --listen 8080"),
        ] {
            assert_eq!(moved(said), meant);
        }
        for unmoved in [
            "it",
            "it --profiles exec",
            "it exec -- serve",
            "it -- exec",
            "it --help exec",
            "it a exec",
            "it -V exec",
        ] {
            assert_eq!(moved(unmoved), unmoved);
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
