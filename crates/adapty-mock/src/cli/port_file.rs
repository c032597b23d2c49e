//! `--port-file`: whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Write},
    os::fd::AsRawFd,
    path::{Path, PathBuf},
};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

/// The file that names the port; taken away when dropped.
pub(super) struct PortFile(PathBuf);

impl PortFile {
    /// Writes the port and a line feed, in the place of any file of that name.
    pub(super) fn write(path: &Path, port: u16) -> io::Result<Self> {
        let folder =
            path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        match nameless(folder) {
            Ok(mut file) => {
                writeln!(file, "{port}")?;
                name(&file, path)?;
            }
            // Not every file system has files without a name.
            Err(_) => {
                let beside = beside(path);
                fs::write(&beside, format!("{port}\n"))?;
                fs::rename(&beside, path)?;
            }
        }
        Ok(Self(path.to_owned()))
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        // Somebody may have taken it away already.
        let _gone = fs::remove_file(&self.0);
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
