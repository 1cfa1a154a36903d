//! A private directory of files that are found by a key, bounded in bytes and age.
//!
//! Owns their names (a hash of the key, so that a stranger's text is never a path), their removal, and that no link is
//! followed. Must not know what is in them.

use super::files::{NewFile, closed_directory, open_plain};
use crate::model::Timestamp;
use crate::model::time::SECOND;
use crate::ports::Clock;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

/// One hour and one day in nanoseconds.
const HOUR: i64 = 3600 * SECOND;
pub(super) const DAY: i64 = 24 * HOUR;

/// The directory.
pub(super) struct Shelf {
    directory: PathBuf,
    suffix: &'static str,
    /// Nanoseconds after which a file that nobody used goes.
    age: i64,
    clock: Arc<dyn Clock>,
    salt: AtomicU64,
    /// Bytes of its files, as last counted, with those written since.
    held: AtomicU64,
}

/// Whether waiting for the disk is worth it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sync {
    /// It is complete on the disk when it is seen.
    Wait,
    /// It is checked when it is read.
    Soon,
}

impl Shelf {
    /// Makes the directory if there is none, and closes it to others. Removes what is too old.
    pub(super) fn open(
        directory: PathBuf,
        suffix: &'static str,
        age: i64,
        clock: Arc<dyn Clock>,
        salt: u64,
    ) -> io::Result<Self> {
        // Files are removed in it, which must not happen wherever a link leads.
        if std::fs::symlink_metadata(&directory).is_ok_and(|about| about.is_symlink()) {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "a link stands in its place"));
        }
        closed_directory(&directory)?;
        Ok(Self { directory, suffix, age, clock, salt: AtomicU64::new(salt), held: AtomicU64::new(0) })
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Another number for temporary names.
    pub(super) fn salt(&self) -> u64 {
        self.salt.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
    }

    /// Bytes of its files.
    pub(super) fn held(&self) -> u64 {
        self.held.load(Ordering::SeqCst)
    }

    fn path(&self, key: &str) -> PathBuf {
        self.directory.join(format!("{}.{}", hash(key.as_bytes()), self.suffix))
    }

    /// The file of this key. Something else under its name is removed.
    pub(super) fn get(&self, key: &str) -> Option<File> {
        let path = self.path(key);
        match open_plain(&path) {
            Ok(file) if !self.is_stale(&file.metadata().ok()?) => Some(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            _ => {
                self.remove(key);
                None
            }
        }
    }

    /// Says that a file was used now, so that others go before it.
    pub(super) fn touch(&self, file: &File) {
        let nanos = u64::try_from(self.now().0).unwrap_or(0);
        // A file whose time cannot be set goes earlier.
        let _ = file.set_modified(UNIX_EPOCH + Duration::from_nanos(nanos));
    }

    pub(super) fn remove(&self, key: &str) {
        // Without effect on a directory; a link goes, what it leads to stays.
        let _ = std::fs::remove_file(self.path(key));
    }

    /// Puts a file in the place of an earlier one at once.
    pub(super) fn put(
        &self,
        key: &str,
        bytes: u64,
        sync: Sync,
        write: impl FnOnce(&mut NewFile) -> io::Result<()>,
    ) -> io::Result<()> {
        let path = self.path(key);
        let mut file = NewFile::create(&path, self.salt())?;
        write(&mut file)?;
        match sync {
            Sync::Wait => file.keep()?,
            Sync::Soon => file.keep_soon()?,
        };
        self.touch(&File::open(path)?);
        self.held.fetch_add(bytes, Ordering::SeqCst);
        Ok(())
    }

    /// Removes what is too old, leftovers, and then the longest unused until the rest has at most `limit` bytes.
    pub(super) fn prune(&self, limit: u64) {
        let Ok(entries) = std::fs::read_dir(&self.directory) else { return };
        let (mut files, mut sum) = (Vec::new(), 0);
        for entry in entries.flatten() {
            // Does not follow a link.
            let (Ok(about), Ok(name)) = (entry.metadata(), entry.file_name().into_string()) else { continue };
            let path = entry.path();
            let goes = match self.kind(&name) {
                // Nobody else's business, so neither is removing it.
                Kind::Foreign => continue,
                Kind::Leftover => about.is_file() && self.since(&about) > HOUR,
                Kind::Ours => !about.is_dir() && (!about.is_file() || self.is_stale(&about)),
            };
            if goes {
                let _ = std::fs::remove_file(path);
            } else if about.is_file() {
                sum += about.len();
                files.push((changed(&about), about.len(), path));
            }
        }
        files.sort();
        for (_, bytes, path) in files {
            if sum <= limit {
                break;
            }
            if std::fs::remove_file(path).is_ok() {
                sum -= bytes;
            }
        }
        self.held.store(sum, Ordering::SeqCst);
    }

    fn kind(&self, name: &str) -> Kind {
        let is_ours = |name: &str| {
            let stem = name.strip_suffix(self.suffix).and_then(|name| name.strip_suffix('.'));
            stem.is_some_and(|stem| stem.len() == 64 && stem.bytes().all(|b| b.is_ascii_hexdigit()))
        };
        let temporary =
            name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")).and_then(|n| n.rsplit_once('.'));
        match temporary {
            _ if is_ours(name) => Kind::Ours,
            Some((target, _)) if is_ours(target) => Kind::Leftover,
            _ => Kind::Foreign,
        }
    }

    /// Nanoseconds since a file was written or used.
    fn since(&self, about: &Metadata) -> i64 {
        self.now().0.saturating_sub(changed(about))
    }

    /// Too old, or from a time that is yet to come, so that nobody knows how old.
    fn is_stale(&self, about: &Metadata) -> bool {
        !(-DAY..=self.age).contains(&self.since(about))
    }
}

/// What a name in the directory tells.
enum Kind {
    Ours,
    Leftover,
    Foreign,
}

/// When a file was last written or used, in nanoseconds since 1970.
fn changed(about: &Metadata) -> i64 {
    let since = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// SHA-256 in hex.
pub(super) fn hash(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::sync::atomic::AtomicI64;

    /// A clock that is set by hand.
    #[derive(Default)]
    pub(crate) struct Hand(AtomicI64);

    impl Hand {
        /// Stands at a day in 2026.
        pub(crate) fn new() -> Arc<Self> {
            Arc::new(Self(AtomicI64::new(1_790_000_000 * SECOND)))
        }

        pub(crate) fn pass(&self, nanos: i64) {
            self.0.fetch_add(nanos, Ordering::SeqCst);
        }
    }

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
    }

    fn put(shelf: &Shelf, key: &str, len: usize) {
        shelf.put(key, len as u64, Sync::Soon, |file| file.write_all(&vec![b'x'; len])).unwrap();
    }

    fn has(shelf: &Shelf, keys: &str) -> String {
        keys.chars().filter(|key| shelf.get(&key.to_string()).is_some()).collect()
    }

    #[test]
    fn the_longest_unused_go() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Hand::new());
        let shelf = Shelf::open(dir.path().join("a/b"), "x", 30 * DAY, clock.clone(), 7).unwrap();
        for key in ["a", "b", "c", "d"] {
            put(&shelf, key, 100);
            clock.pass(SECOND);
        }
        shelf.touch(&shelf.get("a").unwrap());
        assert_eq!(shelf.held(), 400);
        shelf.prune(250);
        assert_eq!((has(&shelf, "abcd"), shelf.held()), ("ad".into(), 200));
        clock.pass(30 * DAY);
        put(&shelf, "e", 1);
        assert_eq!(has(&shelf, "ae"), "ae");
        clock.pass(2 * SECOND);
        shelf.prune(1000);
        assert_eq!((has(&shelf, "abcde"), shelf.held()), ("e".into(), 1));
        clock.pass(-2 * DAY);
        assert_eq!(has(&shelf, "e"), "", "from a time to come");
    }

    #[test]
    fn files_are_private_and_names_no_paths() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Hand::new());
        let place = dir.path().join("shelf");
        std::fs::create_dir(&place).unwrap();
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
        let shelf = Shelf::open(place.clone(), "x", DAY, clock, 7).unwrap();
        let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        for key in ["../../escaped", "/etc/passwd", "", "a\0b"] {
            put(&shelf, key, 1);
            assert!(shelf.get(key).is_some());
        }
        let files: Vec<_> = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!((files.len(), mode(&place)), (4, 0o700));
        assert!(files.iter().all(|path| mode(path) == 0o600));
    }

    #[test]
    fn links_and_leftovers_go_and_strangers_stay() {
        let (dir, clock) = (tempfile::tempdir().unwrap(), Hand::new());
        let shelf = Shelf::open(dir.path().join("shelf"), "x", 10_000 * DAY, clock.clone(), 7).unwrap();
        let theirs = dir.path().join("theirs");
        std::fs::write(&theirs, "theirs").unwrap();
        for key in ["read", "pruned"] {
            symlink(&theirs, shelf.path(key)).unwrap();
        }
        assert!(shelf.get("read").is_none() && std::fs::symlink_metadata(shelf.path("read")).is_err());
        let leftover = shelf.directory().join(format!(".{}.x.0000000000000007.tmp", hash(b"a")));
        std::fs::write(&leftover, "half").unwrap();
        shelf.touch(&File::open(&leftover).unwrap());
        std::fs::write(shelf.directory().join("notes.txt"), "mine").unwrap();
        std::fs::create_dir(shelf.path("directory")).unwrap();
        shelf.prune(1000);
        assert!(std::fs::symlink_metadata(shelf.path("pruned")).is_err() && leftover.exists());
        clock.pass(2 * HOUR);
        shelf.prune(0);
        assert!(!leftover.exists() && shelf.directory().join("notes.txt").exists() && theirs.exists());
        assert!(shelf.get("directory").is_none());
        put(&shelf, "read", 3);
        assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "theirs");

        symlink(dir.path(), dir.path().join("link")).unwrap();
        assert!(Shelf::open(dir.path().join("link"), "x", DAY, clock, 7).is_err());
    }
}
