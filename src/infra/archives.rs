//! Logs of finished runs, kept between runs of logdeck, and the space that downloads may take.
//!
//! Owns the one bound for both. Must not know what a log says.

use super::files::unnamed;
use super::shelf::{DAY, Shelf, Sync};
use crate::ports::Clock;
use crate::ports::answers::Archives;
use crate::ports::answers::Room;
use crate::ports::answers::Space;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of all logs and temporary files at most: 1 GiB.
const LIMIT: u64 = 1 << 30;
/// A log that nobody looked at goes after 90 days, when the services have forgotten it too.
const AGE: i64 = 90 * DAY;

/// Logs on the disk.
pub struct DiskArchives {
    shelf: Shelf,
    limit: u64,
    /// Bytes of temporary files.
    taken: Arc<AtomicU64>,
}

impl std::fmt::Debug for DiskArchives {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiskArchives").field("directory", &self.shelf.directory()).finish_non_exhaustive()
    }
}

impl DiskArchives {
    /// Logs in `directory`, which is made if it is not there, and closed to others. `salt` makes temporary names hard to
    /// guess. What is too old is removed.
    ///
    /// # Errors
    /// The directory cannot be made or closed, or is a link.
    pub fn open(directory: PathBuf, clock: Arc<dyn Clock>, salt: u64) -> io::Result<Self> {
        let shelf = Shelf::open(directory, "log", AGE, clock, salt)?;
        let archives = Self { shelf, limit: LIMIT, taken: Arc::new(AtomicU64::new(0)) };
        archives.shelf.prune(archives.limit);
        Ok(archives)
    }

    /// Makes kept logs go until `bytes` more fit beside them and the temporary files.
    fn make_room(&self, bytes: u64) {
        let rest = self.limit.saturating_sub(self.taken.load(Ordering::SeqCst)).saturating_sub(bytes);
        if self.shelf.held() > rest {
            self.shelf.prune(rest);
        }
    }

    fn write(&self, key: &str, file: &mut File, length: u64) -> io::Result<()> {
        file.rewind()?;
        self.shelf.put(key, length, Sync::Wait, |kept| {
            // One byte more would be seen, should the file grow meanwhile.
            let copied = io::copy(&mut file.take(length + 1), kept)?;
            if copied == length { Ok(()) } else { Err(io::Error::other("its length changed")) }
        })
    }
}

impl Archives for DiskArchives {
    fn get(&self, key: &str) -> Option<File> {
        let file = self.shelf.get(key)?;
        self.shelf.touch(&file);
        Some(file)
    }

    fn put(&self, key: &str, file: &mut File, length: u64) {
        let real = file.metadata().map(|about| about.len());
        if real.as_ref().ok() != Some(&length) {
            tracing::warn!(length, ?real, "a log that is not complete is not kept");
            return;
        }
        if length > self.limit.saturating_sub(self.taken.load(Ordering::SeqCst)) {
            return;
        }
        self.make_room(length);
        if let Err(error) = self.write(key, file, length) {
            tracing::warn!(%error, "a log cannot be kept");
        }
    }

    fn temporary(&self) -> io::Result<File> {
        unnamed(self.shelf.directory(), self.shelf.salt())
    }

    fn reserve(&self, bytes: u64) -> Option<Room> {
        let room = Room::take(bytes, self.limit, &self.taken)?;
        self.make_room(0);
        Some(room)
    }

    fn space(&self) -> Space {
        let taken = self.taken.load(Ordering::SeqCst);
        Space { taken, limit: self.limit, place: self.shelf.directory().to_owned() }
    }
}

/// Keeps nothing between runs, and bounds temporary files in a directory of others: where logdeck has none of its own.
#[derive(Debug)]
pub struct Scratch {
    directory: PathBuf,
    salt: AtomicU64,
    taken: Arc<AtomicU64>,
}

impl Scratch {
    /// Temporary files in `directory`. `salt` makes temporary names hard to guess.
    pub fn new(directory: PathBuf, salt: u64) -> Self {
        Self { directory, salt: AtomicU64::new(salt), taken: Arc::default() }
    }
}

impl Archives for Scratch {
    fn get(&self, _: &str) -> Option<File> {
        None
    }

    fn put(&self, _: &str, _: &mut File, _: u64) {}

    fn temporary(&self) -> io::Result<File> {
        unnamed(&self.directory, self.salt.fetch_add(1, Ordering::Relaxed))
    }

    fn reserve(&self, bytes: u64) -> Option<Room> {
        Room::take(bytes, LIMIT, &self.taken)
    }

    fn space(&self) -> Space {
        Space { taken: self.taken.load(Ordering::SeqCst), limit: LIMIT, place: self.directory.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shelf::tests::Hand;
    use super::*;
    use crate::model::time::SECOND;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    fn open(clock: &Arc<Hand>, limit: u64) -> (tempfile::TempDir, DiskArchives) {
        let dir = tempfile::tempdir().unwrap();
        let mut archives = DiskArchives::open(dir.path().join("logs"), clock.clone(), 7).unwrap();
        archives.limit = limit;
        (dir, archives)
    }

    /// A temporary file with this text, its position at the end.
    fn file(archives: &DiskArchives, text: &[u8]) -> File {
        let mut file = archives.temporary().unwrap();
        file.write_all(text).unwrap();
        file
    }

    fn text(archives: &DiskArchives, key: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        archives.get(key)?.read_to_end(&mut bytes).unwrap();
        Some(bytes)
    }

    #[test]
    fn a_whole_log_is_kept() {
        let clock = Hand::new();
        let (dir, archives) = open(&clock, LIMIT);
        let log = vec![b'x'; 100_000];
        archives.put("a", &mut file(&archives, &log), 100_000);
        assert!(text(&archives, "a").as_ref() == Some(&log));
        let again = DiskArchives::open(dir.path().join("logs"), clock.clone(), 8).unwrap();
        assert!(text(&again, "a").as_ref() == Some(&log));
        let mode = archives.get("a").unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        for length in [0, 99_999, 100_001, u64::MAX] {
            archives.put("b", &mut file(&archives, &log), length);
            assert!(archives.get("b").is_none(), "{length}");
        }
        clock.pass(AGE);
        assert!(archives.get("a").is_some(), "it was used a moment ago");
        clock.pass(AGE + 1);
        assert!(archives.get("a").is_none());
    }

    #[test]
    fn logs_and_temporary_files_share_the_space() {
        let clock = Hand::new();
        let (_dir, archives) = open(&clock, 1000);
        for key in ["a", "b", "c"] {
            archives.put(key, &mut file(&archives, &[b'x'; 300]), 300);
            clock.pass(SECOND);
        }
        assert!(archives.get("a").is_some());
        clock.pass(SECOND);
        let has =
            || ["a", "b", "c", "d"].iter().filter(|key| archives.shelf.get(key).is_some()).copied().collect::<String>();
        assert_eq!(has(), "abc");
        let mut room = archives.reserve(100).unwrap();
        assert_eq!(has(), "abc");
        room.join(archives.reserve(300).unwrap());
        assert_eq!(has(), "ac", "the longest unused goes");
        assert!(archives.reserve(601).is_none());
        archives.put("d", &mut file(&archives, &[b'x'; 601]), 601);
        assert_eq!(has(), "ac", "there is no room for it");
        archives.put("d", &mut file(&archives, &[b'x'; 600]), 600);
        assert_eq!(has(), "d");
        drop(room);
        assert_eq!(archives.reserve(1000).map(|room| room.bytes()), Some(1000));
        assert_eq!(has(), "");
    }
}
