//! The model's dependencies: exactly these, so that depending on it costs next to nothing.

use std::collections::BTreeSet;

use crate::step::command;

/// The whole tree on Linux, the crate itself first.
const TREE: [&str; 18] = [
    "adapty-model",
    // Asked for.
    "serde",
    "serde_json",
    "time",
    "uuid",
    // What those bring.
    "deranged",
    "itoa",
    "memchr",
    "num-conv",
    "powerfmt",
    "proc-macro2",
    "quote",
    "serde_core",
    "serde_derive",
    "syn",
    "time-core",
    "unicode-ident",
    "zmij",
];

pub(crate) fn check() -> Result<(), String> {
    let arguments = ["tree", "--locked", "-p", "adapty-model", "--edges", "normal,build"];
    let output = command()
        .args(arguments)
        .args(["--prefix", "none", "--format", "{p}"])
        .output()
        .map_err(|error| format!("cargo tree did not start: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let printed = String::from_utf8_lossy(&output.stdout);
    let there: BTreeSet<&str> =
        printed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let may: BTreeSet<&str> = TREE.into_iter().collect();
    if there == may {
        return Ok(());
    }
    let new: Vec<_> = there.difference(&may).collect();
    let gone: Vec<_> = may.difference(&there).collect();
    Err(format!("adapty-model's dependencies are not what they may be: new {new:?}, gone {gone:?}"))
}
