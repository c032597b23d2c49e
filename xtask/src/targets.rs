//! The systems that `adapty-mock` builds for beside the one that this runs on.

use std::env;
use std::path::Path;
use std::process::Command;

use crate::step::command;

/// One row a system; several where one is as good as the other.
const SYSTEMS: [(&str, &[&str]); 3] = [
    ("Linux", &["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]),
    ("macOS", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
    ("Windows", &["x86_64-pc-windows-msvc", "x86_64-pc-windows-gnu"]),
];

/// Checks the library and the command for every target whose standard library is there. A target that is
/// not there is no fault of the code, so it fails nothing, and is named.
pub(crate) fn check() -> Result<(), String> {
    for (system, targets) in SYSTEMS {
        let mut unchecked = Vec::new();
        for target in targets {
            if !is_installed(target)? {
                unchecked.push(*target);
                continue;
            }
            check_target(target)?;
            println!("{system}: {target} checked");
        }
        for target in &unchecked {
            eprintln!(
                "{system}: {target} NOT checked; `rustup target add {target}` makes it possible"
            );
        }
        if unchecked.len() == targets.len() {
            eprintln!("{system} was NOT checked");
        }
    }
    Ok(())
}

/// Whether there is a standard library for the target.
fn is_installed(target: &str) -> Result<bool, String> {
    let output = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "target-libdir", "--target", target])
        .output()
        .map_err(|error| format!("rustc did not start: {error}"))?;
    if !output.status.success() {
        return Err(format!("{target}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

fn check_target(target: &str) -> Result<(), String> {
    let status = command()
        .args(["clippy", "--locked", "--quiet", "-p", "adapty-mock", "--features", "cli"])
        .args(["--target", target, "--", "-D", "warnings"])
        .status()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("adapty-mock does not build for {target}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_found_where_its_library_is() {
        let installed: Vec<_> = SYSTEMS
            .iter()
            .flat_map(|(_, targets)| *targets)
            .filter(|target| is_installed(target).unwrap())
            .collect();
        // Its own at least, since this test was built.
        assert!(!installed.is_empty());
        assert!(is_installed("no-such-target").is_err());
    }
}
