//! `--port-file`: whole or not at all.

use std::{
    ffi::OsString,
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process,
};

/// The file that names the port; taken away when dropped, unless it names another by then.
pub(super) struct PortFile {
    path: PathBuf,
    text: String,
}

impl PortFile {
    /// Writes the port and a line feed, in the place of any file of that name.
    pub(super) fn write(path: &Path, port: u16) -> io::Result<Self> {
        let text = format!("{port}\n");
        if fs::symlink_metadata(path).is_ok_and(|known| !known.is_file()) {
            return Err(io::Error::new(
                ErrorKind::AlreadyExists,
                "there is something that is no file",
            ));
        }
        let beside = beside(path);
        let written = fs::write(&beside, &text).and_then(|()| fs::rename(&beside, path));
        if let Err(error) = written {
            let _gone = fs::remove_file(&beside);
            return Err(error);
        }
        Ok(Self { path: path.to_owned(), text })
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        // Another server may have written its own since, or somebody taken it away.
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _gone = fs::remove_file(&self.path);
        }
    }
}

/// A name in the same folder that no other server writes to, even one that starts now.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{}.new", process::id()));
    PathBuf::from(name)
}
