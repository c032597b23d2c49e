//! The test suites of other languages, all at once against one fake Adapty.

use std::env;
use std::io;
use std::process::{Child, Command};

use crate::step::{command, root};

/// What is run, each beside the others.
const SUITES: [(&str, &[&str]); 2] = [
    ("python3", &["-m", "unittest", "discover", "-s", "crates/adapty-mock/tests/python"]),
    (
        "node",
        &[
            "--test",
            "crates/adapty-mock/tests/node/first.test.mjs",
            "crates/adapty-mock/tests/node/gate.test.mjs",
            "crates/adapty-mock/tests/node/samples.test.mjs",
            "crates/adapty-mock/tests/node/lifecycle.test.mjs",
            "crates/adapty-mock/tests/node/writes.test.mjs",
        ],
    ),
];

/// Runs [`run`] beside a server: `adapty-mock exec` starts it and tells this program where it is.
pub(crate) fn check() -> Result<(), String> {
    let this = env::current_exe().map_err(|error| format!("this program's path: {error}"))?;
    let status = command()
        .args(["run", "--locked", "--quiet", "-p", "adapty-mock", "--features", "cli", "--"])
        .args(["exec", "--"])
        .arg(this)
        .arg("suites")
        .status()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the suites ended with {status}")) }
}

/// Runs every suite whose interpreter is there. One that is not is named, and fails the run where
/// `CI` is set.
pub(crate) fn run() -> Result<(), String> {
    let mut faults = Vec::new();
    let running: Vec<(&str, Child)> = SUITES
        .iter()
        .filter_map(|(interpreter, arguments)| {
            let suite = Command::new(interpreter)
                .args(*arguments)
                .current_dir(root())
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .spawn();
            match suite {
                Ok(suite) => return Some((*interpreter, suite)),
                Err(error) if error.kind() == io::ErrorKind::NotFound && !in_ci() => {
                    eprintln!("{interpreter} is not on this machine: its suite was not run");
                }
                Err(error) => faults.push(format!("{interpreter}: {error}")),
            }
            None
        })
        .collect();
    for (interpreter, mut suite) in running {
        match suite.wait() {
            Ok(status) if status.success() => {}
            Ok(status) => faults.push(format!("{interpreter}: {status}")),
            Err(error) => faults.push(format!("{interpreter}: {error}")),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join(", ")) }
}

fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty())
}
