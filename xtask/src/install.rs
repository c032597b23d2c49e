//! The README's line that installs the fake server, as written but for where it installs to.

use std::fs;
use std::process::Command;

use crate::step::{command, root};

const README: &str = "crates/adapty-mock/README.md";

/// Runs the line and asks what it installed for its version.
pub(crate) fn check() -> Result<(), String> {
    let readme =
        fs::read_to_string(root().join(README)).map_err(|error| format!("{README}: {error}"))?;
    let line = readme
        .lines()
        .find_map(|line| line.strip_prefix("cargo install "))
        .ok_or_else(|| format!("{README} has no line that installs"))?;
    let folder = std::env::temp_dir().join(format!("adapty-mock-install-{}", std::process::id()));
    let installed = command()
        .args(["install", "--quiet", "--root"])
        .arg(&folder)
        .args(line.split_whitespace())
        .status()
        .map_err(|error| format!("cargo did not start: {error}"))
        .and_then(|status| match status.success() {
            true => {
                version(&folder.join(format!("bin/adapty-mock{}", std::env::consts::EXE_SUFFIX)))
            }
            false => Err(format!("cargo install {line}: {status}")),
        });
    let removed = fs::remove_dir_all(&folder);
    installed.and(removed.map_err(|error| format!("{}: {error}", folder.display())))
}

fn version(program: &std::path::Path) -> Result<(), String> {
    let output = Command::new(program)
        .arg("--version")
        .output()
        .map_err(|error| format!("what was installed does not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected = format!("adapty-mock {}\n", env!("CARGO_PKG_VERSION"));
    if said == expected { Ok(()) } else { Err(format!("--version says {said:?}")) }
}
