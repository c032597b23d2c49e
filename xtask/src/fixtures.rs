//! The documents' bodies: indexed, unedited, each used somewhere for itself.

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
    let faults = faults(&bodies(&folder)?, &readme, &sources()?);
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n  ")) }
}

/// What is wrong with these bodies (name and checksum), held against the README and the sources.
fn faults(there: &BTreeMap<String, String>, readme: &str, sources: &str) -> Vec<String> {
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
        if !is_used(name, sources) {
            faults.push(format!("{name} is used nowhere, but perhaps as an entry of a list"));
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
        if path.extension().is_none_or(|extension| extension != "json" && extension != "txt") {
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
    names
        .filter(|name| name.ends_with(".json") || name.ends_with(".txt"))
        .map(str::to_owned)
        .collect()
}

/// The lines `sha256sum` prints.
fn checksums(readme: &str) -> BTreeMap<String, String> {
    let lines = readme.lines().filter_map(|line| line.split_once("  "));
    let sums = lines.filter(|(sum, _)| sum.len() == 64);
    sums.map(|(sum, name)| (name.to_owned(), sum.to_owned())).collect()
}

/// What a file is included or read by.
const READERS: [&str; 7] =
    ["include_str!", "include_bytes!", "fixture!", "fixture", "json_of", "open", "readFileSync"];

/// Whether a body is read by its name: that stands, with or without its ending and whatever folder,
/// as the first argument of a call or macro that reads, in code. A name in a list proves nothing: a loop over
/// the list may look at no body in particular.
fn is_used(name: &str, sources: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    sources.match_indices(stem).any(|(at, _)| {
        let line = sources[..at].rsplit('\n').next().unwrap_or_default().trim_start();
        if line.starts_with("//") || line.starts_with("# ") {
            return false;
        }
        let after = &sources[at + stem.len()..];
        let is_whole =
            after.starts_with('"') || after.starts_with(&format!("{}\"", &name[stem.len()..]));
        let before =
            sources[..at].rfind('"').map(|quote| (&sources[..quote], &sources[quote + 1..at]));
        let Some((before, folder)) = before.filter(|_| is_whole) else { return false };
        let is_folder = folder.is_empty() || folder.ends_with('/') && !folder.contains('\n');
        let call = before.trim_end().strip_suffix('(').unwrap_or_default();
        let is_read = READERS.iter().any(|reader| {
            let before = call.strip_suffix(reader);
            before.is_some_and(|before| {
                !before.ends_with(|it: char| it.is_alphanumeric() || it == '_')
            })
        });
        is_folder && is_read
    })
}

/// The text of all sources of all crates: code, tests, benchmarks, examples, other languages' suites.
fn sources() -> Result<String, String> {
    let mut text = String::new();
    let mut folders: Vec<_> = entries(&root().join("crates"))?;
    while let Some(path) = folders.pop() {
        let name = file_name(&path);
        if path.is_dir() {
            if name != "target" && name != "fixtures" {
                folders.extend(entries(&path)?);
            }
        } else if [".rs", ".py", ".mjs"].iter().any(|ending| name.ends_with(ending)) {
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
        finds("a.json", &edited, &readme(), "fixture(\"a.json\")", &["a.json was edited"]);
    }

    #[test]
    fn a_body_without_index_checksum_or_use_is_found() {
        let missing = ["a.json is not in the index", "a.json has no checksum"];
        finds("a.json", SUM, "", "fixture(\"a.json\")", &missing);
        let unused = ["a.json is used nowhere, but perhaps as an entry of a list"];
        finds("a.json", SUM, &readme(), "// a.json", &unused);
    }

    #[test]
    fn a_body_is_used_however_it_is_included() {
        for used in [
            "include_str!(\"../fixtures/a.json\")",
            "include_bytes!(\n    \"../../fixtures/a.json\"\n)",
            "fixture!(\"a\")",
            "fixture(\"a.json\")",
            "json_of(\"a.json\")",
            "open(\"fixtures/a.json\")",
        ] {
            assert!(is_used("a.json", used), "{used}");
        }
    }

    #[test]
    fn an_entry_of_a_list_is_no_use() {
        for unused in [
            "[\"a.json\"]",
            "const ALL: [&str; 2] = [\"b.json\", \"a.json\"];",
            "(grant(), \"a.json\")",
            "fixture(\"aa.json\")",
            "fixture(\"a.jsonl\")",
            "my_fixture(\"a.json\")",
            "// fixture a.json",
            "// fixture(\"a.json\")",
            "# open(\"a.json\")",
        ] {
            assert!(!is_used("a.json", unused), "{unused}");
        }
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
