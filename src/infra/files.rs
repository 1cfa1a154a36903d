//! Files and directories that only their owner may read.
//!
//! Owns how they are made. Must not know what is in them.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions},
    io,
    io::{Seek, Write},
    os::{
        fd::AsRawFd,
        unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

/// How many names are tried before giving up on a new file.
const TRIES: u32 = 16;

/// A file that becomes visible at its final place only when it is complete: [`NewFile::keep`] or [`NewFile::keep_new`]
/// put it there. Dropped without that, it is removed.
///
/// Until then it has no name where the system knows such files, so that nothing is left of it however the process ends;
/// elsewhere it has a name beside its final place. It is made with mode 0600, and a link that somebody put there is not
/// followed. What stands at the final place, even a link, is replaced by `keep` and not written through.
#[derive(Debug)]
pub struct NewFile {
    file: File,
    place: Place,
    target: PathBuf,
    salt: u64,
}

/// Where a new file is.
#[derive(Debug)]
enum Place {
    /// Nowhere.
    Nameless,
    /// Under a temporary name.
    Named(PathBuf),
    /// Where it belongs.
    Kept,
}

impl NewFile {
    /// Begins a file that will be `target`. `salt` makes a temporary name hard to guess.
    ///
    /// # Errors
    /// The directory is missing or may not be written to, or `target` is a directory.
    pub fn create(target: &Path, salt: u64) -> io::Result<Self> {
        if target.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no name for a file"));
        }
        if target.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "a directory stands there"));
        }
        let nameless = if Path::new(OWN_FILES).is_dir() { nameless(directory_of(target)) } else { None };
        let Some(file) = nameless else { return Self::named(target, salt) };
        Ok(Self { file, place: Place::Nameless, target: target.to_owned(), salt })
    }

    fn named(target: &Path, salt: u64) -> io::Result<Self> {
        let open = |path: &Path| private().read(true).write(true).create_new(true).open(path);
        let (file, path) = under_a_free_name(target, salt, open)?;
        Ok(Self { file, place: Place::Named(path), target: target.to_owned(), salt })
    }

    /// Makes it visible under its final name, with its bytes on the disk.
    ///
    /// # Errors
    /// What the system says; the file is removed then.
    pub fn keep(self) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        self.keep_soon()
    }

    /// The same without waiting for the disk: for what is checked when it is read and can be had again.
    ///
    /// # Errors
    /// What the system says; the file is removed then.
    pub fn keep_soon(mut self) -> io::Result<PathBuf> {
        std::fs::rename(self.temporary()?, &self.target)?;
        self.place = Place::Kept;
        Ok(std::mem::take(&mut self.target))
    }

    /// The same, but what stands at the final place stays: a file, a directory, or a link to anywhere.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`], or what the system says; the file is removed then.
    pub fn keep_new(mut self) -> io::Result<PathBuf> {
        self.file.sync_all()?;
        if matches!(self.place, Place::Nameless) {
            match give_name(&self.file, &self.target) {
                Ok(()) => self.place = Place::Kept,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
                Err(_) => {}
            }
        }
        if !matches!(self.place, Place::Kept) {
            let temporary = self.temporary()?;
            move_new(&temporary, &self.target)?;
            self.place = Place::Kept;
        }
        Ok(std::mem::take(&mut self.target))
    }

    /// Another handle to it, for what has to stay open, such as a lock.
    ///
    /// # Errors
    /// What the system says: too many files are open.
    pub fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Its temporary name, which it gets if it has none.
    fn temporary(&mut self) -> io::Result<PathBuf> {
        if matches!(self.place, Place::Nameless) {
            self.place = match under_a_free_name(&self.target, self.salt, |path| give_name(&self.file, path)) {
                Ok(((), path)) => Place::Named(path),
                // A file system that cannot name it later.
                Err(_) => self.copied()?,
            };
        }
        match &self.place {
            Place::Named(path) => Ok(path.clone()),
            Place::Nameless | Place::Kept => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Copies its bytes into a file with a name.
    fn copied(&mut self) -> io::Result<Place> {
        let mut copy = Self::named(&self.target, self.salt)?;
        self.file.rewind()?;
        io::copy(&mut self.file, &mut copy.file)?;
        copy.file.sync_all()?;
        Ok(std::mem::replace(&mut copy.place, Place::Kept))
    }
}

/// The process's open files, by number.
const OWN_FILES: &str = "/proc/self/fd";

/// A file for reading and writing in `directory` that never had a name; `None` where there are no such files.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn nameless(directory: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    open(directory, flags, Mode::RUSR | Mode::WUSR).ok().map(File::from)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn nameless(_: &Path) -> Option<File> {
    None
}

/// Gives a nameless file a name that nothing has.
fn give_name(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD, linkat};
    let own = Path::new(OWN_FILES).join(file.as_raw_fd().to_string());
    Ok(linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

/// The directory in which a file is.
fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes something under a temporary name beside `target` that nothing has yet.
fn under_a_free_name<T>(target: &Path, salt: u64, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(T, PathBuf)> {
    for attempt in 0..TRIES {
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(target.file_name().unwrap_or_default());
        temporary.push(format!(".{:016x}.tmp", salt.wrapping_add(u64::from(attempt))));
        let temporary = target.with_file_name(temporary);
        match make(&temporary) {
            Ok(made) => return Ok((made, temporary)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name for a temporary file"))
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
        if let Place::Named(temporary) = &self.place {
            // Nothing is to be done about a file that cannot be removed.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// A file for reading and writing in `directory` that has no name: it is gone when it is closed, however the process
/// ends. `salt` makes a name hard to guess that it has for a moment where the system knows no files without one.
///
/// # Errors
/// The directory is missing or may not be written to.
pub fn unnamed(directory: &Path, salt: u64) -> io::Result<File> {
    nameless(directory).map_or_else(|| unlinked(directory, salt), Ok)
}

fn unlinked(directory: &Path, salt: u64) -> io::Result<File> {
    let open = |path: &Path| private().read(true).write(true).create_new(true).open(path);
    let (file, path) = under_a_free_name(&directory.join("logdeck"), salt, open)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

/// Makes a directory, and those above it, for its owner alone (0700). One that is there is left as it is.
///
/// # Errors
/// It cannot be made, or something else than a directory stands there.
pub fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The same, but one that is there is closed to others (0700).
///
/// # Errors
/// It cannot be made or closed, or something else than a directory stands there.
pub fn closed_directory(path: &Path) -> io::Result<()> {
    private_directory(path)?;
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Opens a file for reading, if it is one: no link is followed, and no pipe is waited for.
///
/// # Errors
/// There is none, something else than a file stands there, or it may not be read.
pub fn open_plain(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let is_file = file.metadata()?.is_file();
    if is_file { Ok(file) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "this is no file")) }
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
    use std::{fs, io::Read, os::unix::fs::symlink};

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Both ways to begin a file: as the system can, and with a name.
    const WAYS: [fn(&Path, u64) -> io::Result<NewFile>; 2] = [NewFile::create, NewFile::named];
    const KEEPS: [fn(NewFile) -> io::Result<PathBuf>; 3] = [NewFile::keep, NewFile::keep_soon, NewFile::keep_new];

    #[test]
    fn a_kept_file_is_private_and_complete() {
        for (begin, keep) in WAYS.iter().flat_map(|begin| KEEPS.map(|keep| (begin, keep))) {
            let dir = tempfile::tempdir().unwrap();
            let target = dir.path().join("out.json");
            let mut file = begin(&target, 7).unwrap();
            file.write_all(b"text").unwrap();
            assert!(!target.exists(), "not before it is complete");
            assert_eq!(keep(file).unwrap(), target);
            assert_eq!((fs::read(&target).unwrap(), mode(&target)), (b"text".to_vec(), 0o600));
            assert_eq!(names(dir.path()), ["out.json"]);
        }
    }

    #[test]
    fn what_is_not_complete_has_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let Some(_) = nameless(dir.path()) else {
            eprintln!("skipped: this file system has no files without a name; with them, none is seen too early");
            return;
        };
        let mut file = NewFile::create(&dir.path().join("out"), 7).unwrap();
        file.write_all(b"text").unwrap();
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn what_cannot_be_named_later_is_copied() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("out.json");
        let mut file = NewFile::create(&target, 7).unwrap();
        file.write_all(b"text").unwrap();
        file.place = file.copied().unwrap();
        assert_eq!(mode(&file.temporary().unwrap()), 0o600);
        file.keep().unwrap();
        assert_eq!((fs::read(&target).unwrap(), names(dir.path())), (b"text".to_vec(), vec!["out.json".to_owned()]));
    }

    #[test]
    fn a_file_without_a_directory_goes_into_the_current_one() {
        let check = |path: &str, expected: &str| assert_eq!(directory_of(Path::new(path)), Path::new(expected));
        check("out", ".");
        check("a/out", "a");
        check("/out", "/");
    }

    #[test]
    fn a_link_in_the_way_is_replaced_and_its_goal_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (goal, target) = (dir.path().join("goal"), dir.path().join("out"));
        fs::write(&goal, "precious").unwrap();
        // A link under the temporary name, too: the next name is taken.
        symlink(&goal, dir.path().join(".out.0000000000000007.tmp")).unwrap();
        for begin in WAYS {
            let _ = fs::remove_file(&target);
            symlink(&goal, &target).unwrap();
            let mut file = begin(&target, 7).unwrap();
            file.write_all(b"new").unwrap();
            file.keep().unwrap();
            assert_eq!(fs::read(&goal).unwrap(), b"precious");
            assert!(!fs::symlink_metadata(&target).unwrap().is_symlink());
            assert_eq!(fs::read(&target).unwrap(), b"new");
        }
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
        for begin in WAYS {
            let mut file = begin(&target, 7).unwrap();
            file.write_all(b"text").unwrap();
            fs::write(&target, "came first").unwrap();
            assert_eq!(file.keep_new().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(
                (names(dir.path()), fs::read(&target).unwrap()),
                (vec!["out".to_owned()], b"came first".to_vec())
            );
            fs::remove_file(&target).unwrap();
        }
    }

    #[test]
    fn what_is_not_kept_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        for begin in WAYS {
            drop(begin(&dir.path().join("out"), 1).unwrap());
            assert!(begin(&dir.path().join("missing/out"), 1).is_err());
        }
        for make in [unnamed, unlinked] {
            let mut file = make(dir.path(), 1).unwrap();
            file.write_all(b"spooled").unwrap();
            file.rewind().unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            assert_eq!((text.as_str(), file.metadata().unwrap().permissions().mode() & 0o777), ("spooled", 0o600));
        }
        assert!(names(dir.path()).is_empty());
        assert!(NewFile::create(dir.path(), 1).is_err(), "a directory stands there");
        assert!(unnamed(&dir.path().join("missing"), 1).is_err());
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
    fn a_directory_that_others_can_read_is_closed() {
        let home = tempfile::tempdir().unwrap();
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).unwrap();
        closed_directory(home.path()).unwrap();
        assert_eq!(mode(home.path()), 0o700);
    }

    #[test]
    fn only_plain_files_are_opened() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "text").unwrap();
        symlink(dir.path().join("file"), dir.path().join("link")).unwrap();
        assert!(open_plain(&dir.path().join("file")).is_ok());
        for name in ["link", "none", "."] {
            assert!(open_plain(&dir.path().join(name)).is_err(), "{name}");
        }
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
