//! `--profiles`: bodies from files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use adapty_mock::Builder;

use super::failure::Failure;

/// Adds the profile or the list of them in a file, or in each `.json` file of a folder in the order of their names.
pub(super) fn load(path: &Path, as_given: bool, mut builder: Builder) -> Result<Builder, Failure> {
    for file in files(path).map_err(|error| failure(path, &error.to_string()))? {
        let body = fs::read(&file).map_err(|error| failure(&file, &error.to_string()))?;
        let added = match as_given {
            true => builder.profile_json_as_given(body),
            false => builder.profile_json(body),
        };
        builder = added.map_err(|what| failure(&file, &what))?;
    }
    Ok(builder)
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
