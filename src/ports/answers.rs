//! What is kept between runs: answers of servers, and logs of finished runs.
//!
//! Owns the traits. Must not know where it is kept (`infra::answers` and `infra::archives` do).

use crate::model::Timestamp;
use std::{
    fs::File,
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Keeps answers of servers between runs. Keys are opaque; implementations hash them. Nothing in it is trusted to be
/// there. What only the owner of a token may see has the token's [`fingerprint`](super::tokens::Secret::fingerprint) in
/// its key.
pub trait Answers: Send + Sync {
    /// The answer that was kept for this key.
    fn get(&self, key: &str) -> Option<KeptAnswer>;

    /// Keeps an answer in place of an earlier one. Errors are logged, never fatal.
    fn put(&self, key: &str, answer: &KeptAnswer);
}

/// An answer that may be used again when the server says that nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The server's mark of this version of it.
    pub etag: String,
    /// The body, decoded.
    pub body: Vec<u8>,
    /// Headers that are needed with it, names in lower case (`link`).
    pub headers: Vec<(String, String)>,
    /// When it came.
    pub at: Timestamp,
}

/// Keeps the logs of finished runs between runs of logdeck, and bounds the temporary files of downloads: both together
/// take only so much space.
pub trait Archives: Send + Sync {
    /// The log that was kept for this key, at its start, for reading.
    fn get(&self, key: &str) -> Option<File>;

    /// Keeps a log that is known to be complete: `length` is what the server said, and a file of another length is not
    /// kept. The file's position is changed. Errors are logged, never fatal.
    fn put(&self, key: &str, file: &mut File, length: u64);

    /// A file for reading and writing that has no name: nothing is left of it when it is closed, however the process
    /// ends. Its bytes need [`Archives::reserve`].
    ///
    /// # Errors
    /// There is no place for it.
    fn temporary(&self) -> io::Result<File>;

    /// Asks for room for so many more bytes of temporary files; kept logs go for it, the longest unused first. `None` when
    /// the temporary files alone would take too much. The room is given back when it is dropped.
    fn reserve(&self, bytes: u64) -> Option<Room>;

    /// How much room there is, and where.
    fn space(&self) -> Space;
}

/// The room for temporary files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that are taken.
    pub taken: u64,
    /// Bytes in all.
    pub limit: u64,
    /// The directory.
    pub place: PathBuf,
}

/// Room for bytes of temporary files.
#[derive(Debug)]
pub struct Room {
    bytes: u64,
    taken: Arc<AtomicU64>,
}

impl Room {
    /// Takes `bytes` of the `limit` if with those in `taken` it is not more.
    pub fn take(bytes: u64, limit: u64, taken: &Arc<AtomicU64>) -> Option<Self> {
        let more = |now: u64| now.checked_add(bytes).filter(|sum| *sum <= limit);
        taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok()?;
        Some(Self { bytes, taken: Arc::clone(taken) })
    }

    /// How many bytes it is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Adds more room to it.
    pub fn join(&mut self, mut more: Self) {
        // What belongs to another count stays what it is.
        if Arc::ptr_eq(&self.taken, &more.taken) {
            self.bytes += std::mem::take(&mut more.bytes);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.taken.fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_bounded_and_given_back() {
        let taken = Arc::new(AtomicU64::new(0));
        let mut first = Room::take(60, 100, &taken).unwrap();
        assert!(Room::take(41, 100, &taken).is_none());
        assert!(Room::take(u64::MAX, 100, &taken).is_none());
        first.join(Room::take(40, 100, &taken).unwrap());
        assert_eq!((first.bytes(), taken.load(Ordering::SeqCst)), (100, 100));
        drop(first);
        assert_eq!(taken.load(Ordering::SeqCst), 0);
    }
}
