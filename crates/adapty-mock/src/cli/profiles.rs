//! `--profiles`: bodies from files.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use adapty_mock::{Builder, PutProfile, Served};

use super::failure::Failure;

/// How many profiles that are not whole are told of.
const TOLD_LIMIT: usize = 20;
/// How many fields of one are named.
const NAMED_LIMIT: usize = 5;

/// Adds the profile or the list of them in a file, or in each `.json` file of a folder in the order of their names.
/// Tells on standard error what a strict reader would miss in them.
pub(super) fn load(path: &Path, as_given: bool, mut builder: Builder) -> Result<Builder, Failure> {
    let mut added_before = 0;
    let mut told = Vec::new();
    for file in files(path).map_err(|error| failure(path, &error.to_string()))? {
        let body = fs::read(&file).map_err(|error| failure(&file, &error.to_string()))?;
        let added = match as_given {
            true => builder.profile_json_as_given(body),
            false => builder.profile_json(body),
        };
        builder = added.map_err(|what| failure(&file, &what))?;
        let added = builder.added_profiles(added_before);
        added_before += added.put;
        let broken = added.profiles.iter().enumerate().filter(|(_, profile)| !profile.is_whole());
        told.extend(broken.map(|(index, profile)| {
            format!("{}: profile {}: {}", file.display(), index + 1, gaps(profile, as_given))
        }));
    }
    // A terminal that is gone is no reason to serve nothing.
    let mut stderr = io::stderr();
    for line in told.iter().take(TOLD_LIMIT) {
        let _gone = writeln!(stderr, "adapty-mock: --profiles {line}");
    }
    if let Some(more @ 1..) = told.len().checked_sub(TOLD_LIMIT) {
        let _gone = writeln!(stderr, "adapty-mock: --profiles: {more} more profiles have gaps");
    }
    Ok(builder)
}

/// What a strict reader would miss in a profile, and in which form it is served if not in that asked for.
fn gaps(profile: &PutProfile, as_given: bool) -> String {
    let named = |fields: &[String], more: usize| {
        let more = more + fields.len().saturating_sub(NAMED_LIMIT);
        let mut named = fields.get(..NAMED_LIMIT).unwrap_or(fields).join(", ");
        if more > 0 {
            named += &format!(" and {more} more");
        }
        named
    };
    let mut told = Vec::new();
    if !profile.missing.is_empty() || profile.more > 0 {
        told.push(format!("missing {}", named(&profile.missing, profile.more)));
    }
    if !profile.unreadable.is_empty() {
        told.push(format!("not as documented {}", named(&profile.unreadable, 0)));
    }
    if profile.served == Served::AsGiven && !as_given {
        told.push("served as given under every edition".to_owned());
    }
    told.join("; ")
}

fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "json") {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "no file of this folder ends in .json",
        ));
    }
    files.sort();
    Ok(files)
}

fn failure(file: &Path, what: &str) -> Failure {
    Failure::of_use(format_args!("--profiles {}: {what}", file.display()))
}
