//! Builds and checks the workspace. `cargo xtask ci` is the whole check.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod ci;
mod step;
mod fixtures;
mod install;
mod purity;
mod suites;

use std::process::ExitCode;

use step::Step;

const HELP: &str = "\
Usage: cargo xtask <task>

Tasks:
  ci      Every check, in order, stopping at the first that fails
  bench   Every benchmark beside its limits (minutes; wants a quiet machine)
  soak    Many calls against random faults (minutes)

`cargo xtask ci` runs:";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] | ["help" | "--help" | "-h"] => help(),
        ["ci"] => step::run_all(ci::STEPS),
        ["bench"] => step::run_all(ci::BENCHES),
        ["soak"] => step::run_all(ci::SOAK),
        // Run by the step of that name, beside a fake Adapty.
        ["suites"] => match suites::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("xtask: {why}");
                ExitCode::FAILURE
            }
        },
        _ => {
            eprintln!("xtask: no such task: {}; `cargo xtask` lists them", arguments.join(" "));
            ExitCode::from(2)
        }
    }
}

fn help() -> ExitCode {
    println!("{HELP}");
    for Step { name, what, .. } in ci::STEPS {
        println!("  {name:<12} {what}");
    }
    ExitCode::SUCCESS
}
