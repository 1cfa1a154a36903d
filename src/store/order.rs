//! An index of records by time: sorted keys in chunks.
//!
//! Owns the order of a view. Must not know why a record is in it.
//!
//! Appending at the end is a push; a late record moves at most one chunk's keys (64 KiB); a position is found by the
//! chunks' first positions. A key takes 16 bytes; chunks that were filled at the end are full.

use super::RecordId;
use crate::model::Timestamp;

/// Where a record stands: by time, and by id among equal times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The time it is ordered by.
    pub order: Timestamp,
    /// Which record.
    pub id: RecordId,
}

impl Key {
    /// Before every record.
    pub const MIN: Self = Self { order: Timestamp::MIN, id: RecordId(0) };
    /// After every record.
    pub const MAX: Self = Self { order: Timestamp::MAX, id: RecordId(u64::MAX) };
}

/// The most keys in a chunk.
const CHUNK: usize = 4096;

/// Keys in ascending order, with fast access by position and by key.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// None is empty.
    chunks: Vec<Vec<Key>>,
    /// The position of each chunk's first key.
    starts: Vec<usize>,
    len: usize,
}

impl Order {
    /// An empty index.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that are allocated.
    pub fn allocated(&self) -> usize {
        let keys: usize = self.chunks.iter().map(Vec::capacity).sum();
        keys * size_of::<Key>() + self.chunks.capacity() * size_of::<Vec<Key>>() + self.starts.capacity() * 8
    }

    /// Forgets all keys.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The key at a position.
    pub fn get(&self, position: usize) -> Option<Key> {
        let chunk = self.chunk_at(position)?;
        self.chunks[chunk].get(position - self.starts[chunk]).copied()
    }

    /// The position of a key; `Err` has the position at which it would stand.
    ///
    /// # Errors
    /// The key is not there.
    pub fn position(&self, key: Key) -> Result<usize, usize> {
        let chunk = self.chunk_of(key);
        let Some(keys) = self.chunks.get(chunk) else { return Err(0) };
        let start = self.starts[chunk];
        keys.binary_search(&key).map(|at| start + at).map_err(|at| start + at)
    }

    /// Whether a key is there.
    pub fn contains(&self, key: Key) -> bool {
        self.position(key).is_ok()
    }

    /// The keys from a position on.
    pub fn iter_from(&self, position: usize) -> impl Iterator<Item = Key> {
        let chunk = self.chunk_at(position).unwrap_or(self.chunks.len());
        let skip = self.starts.get(chunk).map_or(0, |start| position - start);
        self.chunks[chunk..].iter().flatten().skip(skip).copied()
    }

    /// The keys before a position, the last one first.
    pub fn iter_back_from(&self, position: usize) -> impl Iterator<Item = Key> {
        let position = position.min(self.len);
        let chunk = position.checked_sub(1).and_then(|last| self.chunk_at(last));
        let (whole, part) = chunk.map_or((0, &[][..]), |chunk| {
            let keys = position - self.starts[chunk];
            (chunk, &self.chunks[chunk][..keys])
        });
        part.iter().rev().chain(self.chunks[..whole].iter().rev().flat_map(|chunk| chunk.iter().rev())).copied()
    }

    /// Adds a key that is not there yet.
    pub fn insert(&mut self, key: Key) {
        self.insert_run(&[key]);
    }

    /// Adds keys that are not there yet; they have to be in ascending order.
    pub fn insert_run(&mut self, run: &[Key]) {
        debug_assert!(run.is_sorted());
        let Some(first) = run.first() else { return };
        self.len += run.len();
        if self.chunks.last().and_then(|chunk| chunk.last()).is_none_or(|last| last < first) {
            return self.push_run(run);
        }
        let touched = self.chunk_of(*first);
        let mut rest = run;
        let mut chunk = touched;
        while let Some(key) = rest.first() {
            while self.chunks.get(chunk + 1).is_some_and(|next| next[0] <= *key) {
                chunk += 1;
            }
            let count = match self.chunks.get(chunk + 1) {
                Some(next) => rest.partition_point(|key| *key < next[0]),
                None => rest.len(),
            };
            let (here, later) = rest.split_at(count);
            rest = later;
            chunk += self.insert_at(chunk, here);
        }
        self.count_from(touched);
    }

    /// Removes the keys of a segment, whose order times lie in `orders` (both ends included); says how many.
    pub fn remove_segment(&mut self, segment: u32, orders: (Timestamp, Timestamp)) -> usize {
        let from = self.chunks.partition_point(|chunk| chunk.last().is_some_and(|last| last.order < orders.0));
        let to = self.chunks.partition_point(|chunk| chunk[0].order <= orders.1).max(from);
        let mut kept: Vec<Vec<Key>> = Vec::with_capacity(to - from);
        let mut removed = 0;
        for mut chunk in self.chunks.drain(from..to) {
            let before = chunk.len();
            chunk.retain(|key| key.id.segment() != segment);
            removed += before - chunk.len();
            match kept.last_mut() {
                // Chunks that became small are joined, so that many evictions leave no trail of tiny ones.
                Some(last) if before > chunk.len() && last.len() + chunk.len() <= CHUNK => last.append(&mut chunk),
                _ if chunk.is_empty() => {}
                _ => kept.push(chunk),
            }
        }
        self.chunks.splice(from..from, kept);
        self.len -= removed;
        if removed > 0 {
            self.count_from(from);
        }
        removed
    }

    /// Removes keys; they have to be in ascending order. Those that are not there do not matter.
    pub fn remove_run(&mut self, run: &[Key]) {
        debug_assert!(run.is_sorted());
        let Some(first) = run.first() else { return };
        let touched = self.chunk_of(*first);
        let mut rest = run;
        let mut chunk = touched;
        while let Some(key) = rest.first()
            && chunk < self.chunks.len()
        {
            while self.chunks.get(chunk + 1).is_some_and(|next| next[0] <= *key) {
                chunk += 1;
            }
            let count = match self.chunks.get(chunk + 1) {
                Some(next) => rest.partition_point(|key| *key < next[0]),
                None => rest.len(),
            };
            let (here, later) = rest.split_at(count);
            rest = later;
            let keys = &mut self.chunks[chunk];
            let before = keys.len();
            if let [key] = here {
                if let Ok(at) = keys.binary_search(key) {
                    keys.remove(at);
                }
            } else {
                let mut here = here.iter().peekable();
                keys.retain(|key| {
                    while here.next_if(|gone| *gone < key).is_some() {}
                    here.peek() != Some(&key)
                });
            }
            let left = keys.len();
            self.len -= before - left;
            // Chunks that became small are joined, as after an eviction.
            let joins = left < before && chunk > 0 && self.chunks[chunk - 1].len() + left <= CHUNK / 2;
            if left == 0 || joins {
                let mut keys = self.chunks.remove(chunk);
                chunk = chunk.saturating_sub(1);
                if left > 0 {
                    self.chunks[chunk].append(&mut keys);
                }
            }
        }
        self.count_from(touched.saturating_sub(1));
    }

    /// The chunk that holds a position.
    fn chunk_at(&self, position: usize) -> Option<usize> {
        if position >= self.len {
            return None;
        }
        self.starts.partition_point(|start| *start <= position).checked_sub(1)
    }

    /// The chunk that a key belongs into.
    fn chunk_of(&self, key: Key) -> usize {
        self.chunks.partition_point(|chunk| chunk[0] <= key).saturating_sub(1)
    }

    /// Adds keys that come after all others: fills the last chunk, then opens new ones.
    fn push_run(&mut self, run: &[Key]) {
        let room = self.chunks.last().map_or(0, |chunk| CHUNK.saturating_sub(chunk.len()));
        let (fill, more) = run.split_at(room.min(run.len()));
        if let Some(last) = self.chunks.last_mut() {
            last.extend_from_slice(fill);
        }
        for part in more.chunks(CHUNK) {
            let start = self.starts.last().zip(self.chunks.last()).map_or(0, |(start, chunk)| start + chunk.len());
            self.starts.push(start);
            self.chunks.push(part.to_vec());
        }
    }

    /// Adds keys that belong into one chunk, or between it and its neighbours; says how many chunks were added before
    /// the one that following keys have to be compared with.
    fn insert_at(&mut self, chunk: usize, run: &[Key]) -> usize {
        let keys = &mut self.chunks[chunk];
        let old = keys.len();
        let (before, after) = (run[run.len() - 1] < keys[0], keys[old - 1] < run[0]);
        if (before || after) && run.len() + old > CHUNK && run.len() >= CHUNK / 4 {
            let at = if before { chunk } else { chunk + 1 };
            let parts = run.len().div_ceil(CHUNK);
            self.chunks.splice(at..at, run.chunks(CHUNK).map(<[Key]>::to_vec));
            return parts;
        }
        if old + run.len() <= CHUNK {
            merge(keys, run);
            return 0;
        }
        let pieces = merge_in_pieces(keys, run);
        let added = pieces.len() - 1;
        self.chunks.splice(chunk..=chunk, pieces);
        added
    }

    /// Counts the chunks' first positions anew, from one chunk on.
    fn count_from(&mut self, chunk: usize) {
        let chunk = chunk.min(self.starts.len()).min(self.chunks.len());
        self.starts.truncate(chunk);
        let mut start = chunk.checked_sub(1).map_or(0, |before| self.starts[before] + self.chunks[before].len());
        for keys in &self.chunks[chunk..] {
            self.starts.push(start);
            start += keys.len();
        }
    }
}

/// Merges a sorted run into sorted keys, from the back, so that only the keys behind the run's first one move.
fn merge(keys: &mut Vec<Key>, run: &[Key]) {
    let (mut old, mut new) = (keys.len(), run.len());
    keys.resize(old + new, Key::MAX);
    let mut to = keys.len();
    while new > 0 {
        to -= 1;
        if old > 0 && keys[old - 1] > run[new - 1] {
            old -= 1;
            keys[to] = keys[old];
        } else {
            new -= 1;
            keys[to] = run[new];
        }
    }
}

/// Merges two sorted runs into chunks of the same size.
fn merge_in_pieces<'k>(mut old: &'k [Key], mut new: &'k [Key]) -> Vec<Vec<Key>> {
    let total = old.len() + new.len();
    let parts = total.div_ceil(CHUNK);
    let size = total.div_ceil(parts);
    let mut pieces = Vec::with_capacity(parts);
    while !(old.is_empty() && new.is_empty()) {
        let mut piece = Vec::with_capacity(size);
        while piece.len() < size
            && let ([a, more_old @ ..], [b, more_new @ ..]) = (old, new)
        {
            if a < b {
                piece.push(*a);
                old = more_old;
            } else {
                piece.push(*b);
                new = more_new;
            }
        }
        for rest in [&mut old, &mut new] {
            // Only one of the two is left, unless the piece is full.
            let (fill, more) = rest.split_at(rest.len().min(size - piece.len()));
            piece.extend_from_slice(fill);
            *rest = more;
        }
        pieces.push(piece);
    }
    pieces
}
