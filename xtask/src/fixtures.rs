//! The documents' bodies: indexed, unedited, each used by a test.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::step::root;

/// Holds the folder against its README and the tests against the folder.
pub(crate) fn check() -> Result<(), String> {
    let folder = root().join("fixtures");
    let readme = read(&folder.join("README.md"))?;
    let faults = faults(&bodies(&folder)?, &readme, &tests()?);
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n  ")) }
}

/// What is wrong with these bodies (name and checksum), held against the README and the tests.
fn faults(there: &BTreeMap<String, String>, readme: &str, tests: &str) -> Vec<String> {
    let (indexed, sums) = (index(readme), checksums(readme));
    let mut faults = Vec::new();
    for (name, sum) in there {
        if !indexed.contains(name) {
            faults.push(format!("{name} is not in the index"));
        }
        match sums.get(name) {
            None => faults.push(format!("{name} has no checksum")),
            Some(pinned) if pinned != sum => faults.push(format!("{name} was edited")),
            Some(_) => {}
        }
        if !tests.contains(&format!("\"{name}\"")) {
            faults.push(format!("{name} is used by no test"));
        }
    }
    for name in indexed.iter().chain(sums.keys()).filter(|name| !there.contains_key(*name)) {
        faults.push(format!("{name} is in the README and not there"));
    }
    if there.is_empty() {
        faults.push("there are no bodies".to_owned());
    }
    faults
}

/// Every body with its checksum.
fn bodies(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let mut bodies = BTreeMap::new();
    for path in entries(folder)? {
        let name = file_name(&path);
        if name == "README.md" {
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "json") {
            return Err(format!("{name} is neither a body nor the README"));
        }
        let bytes = fs::read(&path).map_err(|error| format!("{name}: {error}"))?;
        bodies.insert(name, hex(&Sha256::digest(bytes)));
    }
    Ok(bodies)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}"); // Writing to a String cannot fail.
        hex
    })
}

/// The files of the table whose rows start with a file's name.
fn index(readme: &str) -> BTreeSet<String> {
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `"));
    let names = rows.filter_map(|row| row.split('`').next());
    names.filter(|name| name.ends_with(".json")).map(str::to_owned).collect()
}

/// The lines `sha256sum` prints.
fn checksums(readme: &str) -> BTreeMap<String, String> {
    let lines = readme.lines().filter_map(|line| line.split_once("  "));
    let sums = lines.filter(|(sum, _)| sum.len() == 64);
    sums.map(|(sum, name)| (name.to_owned(), sum.to_owned())).collect()
}

/// The text of all integration tests.
fn tests() -> Result<String, String> {
    let mut text = String::new();
    let mut folders: Vec<_> = entries(&root().join("crates"))?;
    while let Some(path) = folders.pop() {
        if path.join("Cargo.toml").exists() {
            folders.extend(path.join("tests").exists().then(|| path.join("tests")));
        } else if path.is_dir() {
            folders.extend(entries(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text += &read(&path)?;
        }
    }
    Ok(text)
}

fn entries(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let explain = |error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(explain)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(explain)).collect()
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn readme() -> String {
        format!("| `a.json` | a body |\n\n{SUM}  a.json\n")
    }

    #[track_caller]
    fn finds(name: &str, sum: &str, readme: &str, tests: &str, fault: &[&str]) {
        let there = BTreeMap::from([(name.to_owned(), sum.to_owned())]);
        assert_eq!(faults(&there, readme, tests), fault);
    }

    #[test]
    fn a_body_that_is_indexed_unedited_and_used_is_well() {
        finds("a.json", SUM, &readme(), "fixture(\"a.json\")", &[]);
    }

    #[test]
    fn an_edited_body_is_found() {
        let edited = SUM.replace('0', "1");
        finds("a.json", &edited, &readme(), "\"a.json\"", &["a.json was edited"]);
    }

    #[test]
    fn a_body_without_index_checksum_or_test_is_found() {
        let missing = ["a.json is not in the index", "a.json has no checksum"];
        finds("a.json", SUM, "", "\"a.json\"", &missing);
        finds("a.json", SUM, &readme(), "// a.json", &["a.json is used by no test"]);
    }

    #[test]
    fn what_the_readme_names_has_to_be_there() {
        let gone = [
            "a.json is in the README and not there",
            "a.json is in the README and not there",
            "there are no bodies",
        ];
        assert_eq!(faults(&BTreeMap::new(), &readme(), ""), gone);
    }
}
