//! Builds and checks the workspace. `cargo xtask ci` is the whole check.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod ci;
mod step;
mod arrows;
mod fixtures;
mod install;
mod purity;
mod suites;
mod targets;

use std::process::ExitCode;

use step::Step;

const HELP: &str = "\
Usage: cargo xtask <task> [<step>...]

Without a step, all of the task's steps are run, in order, up to the first that fails; with steps, only
those, in the same order.";

/// Each task by its name, with what it is for.
const TASKS: [(&str, &str, &[Step]); 3] = [
    ("ci", "every check", ci::STEPS),
    ("bench", "every benchmark beside its limits (minutes; wants a quiet machine)", ci::BENCHES),
    ("soak", "many reads and writes against random faults (minutes)", ci::SOAK),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let Some((name, names)) = arguments.split_first() else { return help() };
    if let Some((_, _, steps)) = TASKS.iter().find(|(task, ..)| task == name) {
        return match step::chosen(steps, names) {
            Ok(steps) => step::run_all(&steps),
            Err(why) => refuse(&why),
        };
    }
    match arguments[..] {
        ["help" | "--help" | "-h"] => help(),
        // Run by the step of that name, beside a fake Adapty.
        ["suites"] => match suites::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => {
                eprintln!("xtask: {why}");
                ExitCode::FAILURE
            }
        },
        _ => {
            refuse(&format!("no such task: {}; `cargo xtask help` lists them", arguments.join(" ")))
        }
    }
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("xtask: {why}");
    ExitCode::from(2)
}

fn help() -> ExitCode {
    println!("{HELP}");
    for (task, what, steps) in TASKS {
        println!("\ncargo xtask {task}: {what}");
        for Step { name, what, .. } in steps {
            println!("  {name:<12} {what}");
        }
    }
    ExitCode::SUCCESS
}
