//! How far a download is, and the room that its file takes.
//!
//! Owns both, to be looked at from elsewhere. Must not know where bytes come from.

use super::NoLog;
use crate::ports::answers::{Archives, Room, Space};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes for which room is asked at once when nobody knows how many come.
const PIECE: u64 = 4 << 20;

/// How far a download is; to be looked at from elsewhere. Also the room that its file takes.
#[derive(Default)]
pub struct Fetching {
    done: AtomicU64,
    of: AtomicU64,
    breaks: AtomicU64,
    archives: Option<Arc<dyn Archives>>,
    room: Mutex<Option<Room>>,
}

impl Fetching {
    /// The file takes room of these; there is no log without.
    pub fn within(archives: Arc<dyn Archives>) -> Self {
        Self { archives: Some(archives), ..Self::default() }
    }

    /// The room that the file takes, to be kept as long as the file.
    pub fn take_room(&self) -> Option<Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn came(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
    }

    pub(super) fn expect(&self, of: Option<u64>) {
        self.of.store(of.unwrap_or(0), Ordering::Relaxed);
    }

    pub(super) fn broke(&self, breaks: u32) {
        self.breaks.store(u64::from(breaks), Ordering::Relaxed);
    }

    /// Takes room until it is enough for so many bytes; `whole` are those that will come, where that is known.
    pub(super) fn make_room(&self, bytes: u64, whole: Option<u64>) -> Result<(), NoLog> {
        let Some(archives) = &self.archives else { return Ok(()) };
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        let has = room.as_ref().map_or(0, Room::bytes);
        if bytes <= has {
            return Ok(());
        }
        let wanted = whole.filter(|whole| *whole >= bytes).unwrap_or(bytes.saturating_add(PIECE)) - has;
        let more = archives.reserve(wanted).or_else(|| archives.reserve(bytes - has));
        let Some(more) = more else { return Err(no_room(&archives.space())) };
        match room.as_mut() {
            Some(room) => room.join(more),
            None => *room = Some(more),
        }
        Ok(())
    }

    /// Bytes so far.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Bytes in all, where that is known.
    pub fn of(&self) -> Option<u64> {
        Some(self.of.load(Ordering::Relaxed)).filter(|of| *of > 0)
    }

    /// How often it broke off.
    pub fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Fetching {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetching").field("done", &self.done).field("of", &self.of).finish_non_exhaustive()
    }
}

fn no_room(space: &Space) -> NoLog {
    let place = space.place.to_string_lossy().into_owned();
    NoLog::NoRoom { taken: space.taken, limit: space.limit, place }
}
