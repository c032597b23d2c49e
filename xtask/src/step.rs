//! One step of a task, and how steps are run.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// A check by name.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) run: Run,
}

/// How a step is run.
pub(crate) enum Run {
    /// `cargo` with these arguments.
    Cargo(&'static [&'static str]),
    /// `cargo` with these arguments, and a variable in its environment.
    CargoWith((&'static str, &'static str), &'static [&'static str]),
    /// A check of our own.
    Own(fn() -> Result<(), String>),
}

/// Runs steps in order, printing each and the time it took, up to the first that fails.
pub(crate) fn run_all(steps: &[Step]) -> ExitCode {
    if all_pass(steps) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all_pass(steps: &[Step]) -> bool {
    let start = Instant::now();
    for (number, Step { name, what, run }) in steps.iter().enumerate() {
        println!("[{}/{}] {name}: {what}", number + 1, steps.len());
        let step = Instant::now();
        let outcome = match run {
            Run::Cargo(arguments) => cargo(arguments, None),
            Run::CargoWith(variable, arguments) => cargo(arguments, Some(*variable)),
            Run::Own(check) => check(),
        };
        if let Err(why) = outcome {
            eprintln!("[{}/{}] {name} failed: {why}", number + 1, steps.len());
            return false;
        }
        println!("[{}/{}] {name}: {:.1} s", number + 1, steps.len(), step.elapsed().as_secs_f64());
    }
    println!("all {} steps passed in {:.0} s", steps.len(), start.elapsed().as_secs_f64());
    true
}

fn cargo(arguments: &[&str], variable: Option<(&str, &str)>) -> Result<(), String> {
    let status = command()
        .args(arguments)
        .envs(variable)
        .status()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {}: {status}", arguments.join(" "))) }
}

/// The cargo that runs this program, at the root of the workspace.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(run: fn() -> Result<(), String>) -> Step {
        Step { name: "own", what: "a check", run: Run::Own(run) }
    }

    #[test]
    fn the_first_failure_ends_the_run() {
        assert!(all_pass(&[own(|| Ok(())), own(|| Ok(()))]));
        assert!(!all_pass(&[own(|| Err("no".to_owned())), own(|| panic!("is not run"))]));
    }

    #[test]
    fn a_cargo_that_fails_is_a_failure() {
        assert!(cargo(&["--version"], None).is_ok());
        let why = cargo(&["no-such-subcommand"], None).unwrap_err();
        assert!(why.starts_with("cargo no-such-subcommand: exit status"), "{why}");
    }
}
