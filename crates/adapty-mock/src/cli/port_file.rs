//! `--port-file`: whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Write},
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match nameless(folder.unwrap_or(Path::new("."))) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                name(&file, path)?;
            }
            // Not every file system has files without a name.
            Err(_) => {
                let beside = beside(path);
                fs::write(&beside, &text)?;
                fs::rename(&beside, path)?;
            }
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

/// A file that is in no folder yet: whoever is killed now leaves nothing behind.
fn nameless(folder: &Path) -> io::Result<File> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(folder, flags, Mode::from_raw_mode(0o644))?))
}

fn name(file: &File, path: &Path) -> io::Result<()> {
    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    let link = || rustix::fs::linkat(CWD, &nameless, CWD, path, AtFlags::SYMLINK_FOLLOW);
    match link() {
        Err(rustix::io::Errno::EXIST) => {
            fs::remove_file(path)?;
            Ok(link()?)
        }
        linked => Ok(linked?),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".new");
    PathBuf::from(name)
}
