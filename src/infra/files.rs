//! Files and directories that only their owner may read.
//!
//! Owns how they are made. Must not know what is in them.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// How many names are tried before giving up on a new file.
const TRIES: u32 = 16;

/// A file that is written beside its final place, and becomes visible there only when it is complete: [`NewFile::keep`]
/// or [`NewFile::keep_new`] renames it. Dropped without that, it is removed.
///
/// It is made with `O_EXCL` and mode 0600, so that a link that somebody put there is not followed. What stands at the
/// final place, even a link, is replaced by `keep` and not written through.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    /// Where it is now; `None` once it is kept.
    temporary: Option<PathBuf>,
    target: PathBuf,
}

impl NewFile {
    /// Begins a file that will be `target`. `salt` makes the temporary name hard to guess.
    ///
    /// # Errors
    /// The directory is missing or may not be written to, or `target` is a directory.
    pub fn create(target: &Path, salt: u64) -> io::Result<Self> {
        let Some(name) = target.file_name() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no name for a file"));
        };
        if target.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory stands there"));
        }
        for attempt in 0..TRIES {
            let mut temporary = std::ffi::OsString::from(".");
            temporary.push(name);
            temporary.push(format!(".{:016x}.tmp", salt.wrapping_add(u64::from(attempt))));
            let temporary = target.with_file_name(temporary);
            match private().write(true).create_new(true).open(&temporary) {
                Ok(file) => {
                    return Ok(Self { file, temporary: Some(temporary), target: target.to_owned() });
                }
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name for a temporary file"))
    }

    /// Makes it visible under its final name, with its bytes on the disk.
    ///
    /// # Errors
    /// What the system says; the file is removed then.
    pub fn keep(mut self) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        if let Some(temporary) = &self.temporary {
            std::fs::rename(temporary, &self.target)?;
        }
        self.temporary = None;
        Ok(std::mem::take(&mut self.target))
    }
}

impl NewFile {
    /// The same, but what stands at the final place stays: a file, a directory, or a link to anywhere.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or what the system says; the file is removed then.
    pub fn keep_new(mut self) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        if let Some(temporary) = &self.temporary {
            move_new(temporary, &self.target)?;
        }
        self.temporary = None;
        Ok(std::mem::take(&mut self.target))
    }
}

/// Gives a file another name, if nothing has that name.
fn move_new(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        // That the first name cannot be removed does not make the file worse.
        Ok(()) => {
            let _ = std::fs::remove_file(from);
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(error) => rename_new(from, to, error),
    }
}

/// For file systems without second names.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_new(from: &Path, to: &Path, _: io::Error) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_new(_: &Path, _: &Path, error: io::Error) -> io::Result<()> {
    Err(error)
}

impl Write for NewFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.file.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // Nothing is to be done about a file that cannot be removed.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// A file for reading and writing in `directory` that has no name any more: it is gone when it is closed, however the
/// process ends.
///
/// # Errors
/// The directory is missing or may not be written to.
pub fn unnamed(directory: &Path, salt: u64) -> io::Result<File> {
    for attempt in 0..TRIES {
        let path = directory.join(format!(".logdeck.{:016x}.tmp", salt.wrapping_add(u64::from(attempt))));
        match private().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => {
                std::fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name for a temporary file"))
}

/// Makes a directory, and those above it, for its owner alone (0700). One that is there is left as it is.
///
/// # Errors
/// It cannot be made, or something else than a directory stands there.
pub fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Options for a file that only its owner may read and write (0600).
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// The names in a directory, those of directories with a `/` behind them, hidden ones last: at most `limit`. Names that
/// nobody can type (not UTF-8, with control characters) are left out; a directory that cannot be read has none.
pub fn typeable_names(directory: &Path, limit: usize) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else { return Vec::new() };
    let name = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().ok().filter(|name| !name.contains(char::is_control))?;
        let is_directory = std::fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir());
        Some(if is_directory { name + "/" } else { name })
    };
    let mut names: Vec<_> = entries.filter_map(|entry| name(entry.ok()?)).take(limit).collect();
    names.sort_by(|a, b| (a.starts_with('.'), a).cmp(&(b.starts_with('.'), b)));
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        fs,
        io::{Read, Seek},
        os::unix::fs::{PermissionsExt, symlink},
    };

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_kept_file_is_private_and_complete() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out.json");
        let mut file = NewFile::create(&target, 7).unwrap();
        file.write_all(b"text").unwrap();
        assert!(!target.exists(), "not before it is complete");
        assert_eq!(file.keep().unwrap(), target);
        assert_eq!((fs::read(&target).unwrap(), mode(&target)), (b"text".to_vec(), 0o600));
        assert_eq!(names(dir.path()), ["out.json"]);
    }

    #[test]
    fn a_link_in_the_way_is_replaced_and_its_goal_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (goal, target) = (dir.path().join("goal"), dir.path().join("out"));
        fs::write(&goal, "precious").unwrap();
        symlink(&goal, &target).unwrap();
        // A link under the temporary name, too: the next name is taken.
        symlink(&goal, dir.path().join(".out.0000000000000007.tmp")).unwrap();
        let mut file = NewFile::create(&target, 7).unwrap();
        file.write_all(b"new").unwrap();
        file.keep().unwrap();
        assert_eq!(fs::read(&goal).unwrap(), b"precious");
        assert!(!fs::symlink_metadata(&target).unwrap().is_symlink());
        assert_eq!(fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn a_new_name_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (goal, target) = (dir.path().join("goal"), dir.path().join("out"));
        let keep = |how: fn(&Path, &Path) -> io::Result<()>| {
            let from = dir.path().join("from");
            fs::write(&from, "new").unwrap();
            how(&from, &target)
        };
        let forms: [fn(&Path, &Path) -> io::Result<()>; 2] =
            [move_new, |from, to| rename_new(from, to, io::ErrorKind::Unsupported.into())];
        for how in forms {
            symlink(&goal, &target).unwrap();
            assert_eq!(keep(how).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert!(!goal.exists(), "the link is not followed");
            fs::remove_file(&target).unwrap();
            fs::write(&target, "old").unwrap();
            assert_eq!(keep(how).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&target).unwrap(), b"old");
            fs::remove_file(&target).unwrap();
            keep(how).unwrap();
            assert_eq!((fs::read(&target).unwrap(), names(dir.path())), (b"new".to_vec(), vec!["out".to_owned()]));
            fs::remove_file(&target).unwrap();
        }
        let mut file = NewFile::create(&target, 7).unwrap();
        file.write_all(b"text").unwrap();
        fs::write(&target, "came first").unwrap();
        assert_eq!(file.keep_new().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(dir.path()), ["out"]);
    }

    #[test]
    fn what_is_not_kept_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(NewFile::create(&dir.path().join("out"), 1).unwrap());
        let mut file = unnamed(dir.path(), 1).unwrap();
        file.write_all(b"spooled").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "spooled");
        assert!(names(dir.path()).is_empty());
        assert!(NewFile::create(dir.path(), 1).is_err(), "a directory stands there");
        assert!(NewFile::create(&dir.path().join("missing/out"), 1).is_err());
    }

    #[test]
    fn directories_are_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        private_directory(&path).unwrap();
        private_directory(&path).unwrap();
        assert_eq!((mode(&path), mode(&dir.path().join("a"))), (0o700, 0o700));
        fs::write(dir.path().join("file"), "").unwrap();
        assert!(private_directory(&dir.path().join("file")).is_err());
    }

    #[test]
    fn names_can_be_typed_and_hidden_ones_come_last() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.log", "a.log", ".hidden", "tab\tbed"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        std::fs::create_dir(dir.path().join("logs")).unwrap();
        assert_eq!(typeable_names(dir.path(), 9), ["a.log", "b.log", "logs/", ".hidden"]);
        assert_eq!(typeable_names(dir.path(), 2).len(), 2);
        assert_eq!(typeable_names(&dir.path().join("none"), 9), [""; 0]);
    }
}
