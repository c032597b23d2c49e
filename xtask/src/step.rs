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

/// The steps of these names, in their own order; all of them without a name.
pub(crate) fn chosen<'s>(steps: &'s [Step], names: &[&str]) -> Result<Vec<&'s Step>, String> {
    if let Some(unknown) = names.iter().find(|name| steps.iter().all(|step| step.name != **name)) {
        let known: Vec<_> = steps.iter().map(|step| step.name).collect();
        return Err(format!("no such step: {unknown}, expected some of {}", known.join(", ")));
    }
    let is_chosen = |step: &&Step| names.is_empty() || names.contains(&step.name);
    Ok(steps.iter().filter(is_chosen).collect())
}

/// Runs steps in order, printing each and the time it took, up to the first that fails.
pub(crate) fn run_all(steps: &[&Step]) -> ExitCode {
    if all_pass(steps) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn all_pass(steps: &[&Step]) -> bool {
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
    println!("{} steps passed in {:.0} s", steps.len(), start.elapsed().as_secs_f64());
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

    fn own(name: &'static str, run: fn() -> Result<(), String>) -> Step {
        Step { name, what: "a check", run: Run::Own(run) }
    }

    #[test]
    fn the_first_failure_ends_the_run() {
        let [good, bad] = [own("good", || Ok(())), own("bad", || Err("no".to_owned()))];
        let never = own("never", || panic!("is not run"));
        assert!(all_pass(&[&good, &good]));
        assert!(!all_pass(&[&bad, &never]));
    }

    #[test]
    fn steps_are_chosen_by_name_and_keep_their_order() {
        let steps = ["a", "b", "c"].map(|name| own(name, || Ok(())));
        let names = |names: &[&str]| chosen_names(&steps, names);
        assert_eq!(names(&[]).unwrap(), ["a", "b", "c"]);
        assert_eq!(names(&["c", "a"]).unwrap(), ["a", "c"]);
        assert_eq!(names(&["d"]).unwrap_err(), "no such step: d, expected some of a, b, c");
    }

    fn chosen_names(steps: &[Step], names: &[&str]) -> Result<Vec<&'static str>, String> {
        chosen(steps, names).map(|steps| steps.iter().map(|step| step.name).collect())
    }

    #[test]
    fn a_cargo_that_fails_is_a_failure() {
        assert!(cargo(&["--version"], None).is_ok());
        let why = cargo(&["no-such-subcommand"], None).unwrap_err();
        assert!(why.starts_with("cargo no-such-subcommand: exit status"), "{why}");
    }
}
