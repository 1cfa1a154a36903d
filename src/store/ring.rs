//! The ring: takes batches in, and keeps within its budget by dropping the oldest segments, fairly.
//!
//! Owns the bound and who has to give way. Must not know what records mean.

use super::{RecordId, Segment, Segments, Tally};
use crate::model::{Batch, Record, SourceId, Timestamp};
use std::{ops::Range, sync::Arc};

/// The budget when none is set: 256 MiB.
pub const DEFAULT_BUDGET: usize = 256 << 20;

/// What an append did.
#[derive(Clone, Debug, Default)]
pub struct Appended {
    /// The new records: a segment's serial number and rows in it. With a tiny budget some of them may already be
    /// evicted again.
    pub added: Vec<(u32, Range<u32>)>,
    /// What had to go.
    pub evicted: Vec<Evicted>,
}

/// A segment that had to go.
#[derive(Clone, Copy, Debug)]
pub struct Evicted {
    /// Its serial number.
    pub segment: u32,
    /// Whose records they were.
    pub source: SourceId,
    /// The lowest and highest order time.
    pub orders: (Timestamp, Timestamp),
    /// How many, by severity.
    pub tally: Tally,
}

/// What one source has in the store, and had.
#[derive(Clone, Debug, Default)]
struct Holder {
    /// Serial number of the segment that takes new records.
    tail: Option<u32>,
    /// How large that one may become, in bytes of text and columns.
    limit: usize,
    /// Segments held.
    segments: usize,
    /// Bytes allocated.
    held: usize,
    /// Segments filled so far: a source that never filled one starts small.
    filled: u32,
    appended: Tally,
    evicted: Tally,
}

/// All records, within a budget of bytes.
#[derive(Debug)]
pub struct Store {
    live: Segments,
    budget: usize,
    next_serial: u32,
    /// By source id.
    holders: Vec<Holder>,
    /// Bytes allocated by all segments.
    held: usize,
    records: usize,
    /// Memory of an evicted segment, for the next one.
    spare: Option<Batch>,
}

impl Store {
    /// An empty store that allocates at most `budget` bytes for records.
    pub fn new(budget: usize) -> Self {
        Self {
            live: Segments::default(),
            budget,
            next_serial: 0,
            holders: Vec::new(),
            held: 0,
            records: 0,
            spare: None,
        }
    }

    /// What is held now, to be read.
    pub fn segments(&self) -> &Segments {
        &self.live
    }

    /// What is held now, to be kept: later appends do not change it.
    pub fn snapshot(&self) -> Segments {
        self.live.clone()
    }

    /// See [`Segments::record`].
    pub fn record(&self, id: RecordId) -> Option<Record<'_>> {
        self.live.record(id)
    }

    /// See [`Segments::prev_in_origin`].
    pub fn prev_in_origin(&self, id: RecordId) -> Option<RecordId> {
        self.live.prev_in_origin(id)
    }

    /// See [`Segments::next_in_origin`].
    pub fn next_in_origin(&self, id: RecordId) -> Option<RecordId> {
        self.live.next_in_origin(id)
    }

    /// The number of records held.
    pub fn len(&self) -> usize {
        self.records
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Bytes allocated for records.
    pub fn bytes(&self) -> usize {
        self.held + self.spare.as_ref().map_or(0, Batch::allocated)
    }

    /// The most bytes that may be allocated.
    pub fn budget(&self) -> usize {
        self.budget
    }

    /// Bytes that the records of one source have allocated.
    pub fn held_by(&self, source: SourceId) -> usize {
        self.holder(source).map_or(0, |holder| holder.held)
    }

    /// All records of a source that ever came in.
    pub fn appended(&self, source: SourceId) -> Tally {
        self.holder(source).map_or_else(Tally::default, |holder| holder.appended)
    }

    /// The records of a source that had to go.
    pub fn evicted(&self, source: SourceId) -> Tally {
        self.holder(source).map_or_else(Tally::default, |holder| holder.evicted)
    }

    /// Takes records in, behind those that the source already has, and evicts what no longer fits.
    pub fn append(&mut self, source: SourceId, batch: &Batch) -> Appended {
        let mut done = Appended::default();
        let at = usize::from(source.0);
        if self.holders.len() <= at {
            self.holders.resize_with(at + 1, Holder::default);
        }
        let mut row = 0;
        while row < batch.len() {
            let tail = match self.holders[at].tail.and_then(|serial| self.live.index(serial)) {
                Some(tail) => tail,
                None => self.open(source, batch, row, &mut done.evicted),
            };
            let used = self.live.list[tail].batch.bytes();
            let mut rows = rows_within(batch, row, self.holders[at].limit.saturating_sub(used));
            if rows == 0 {
                if used > 0 {
                    self.seal(source);
                    continue;
                }
                rows = 1;
            }
            done.added.push(self.put(tail, batch, row..row + rows));
            row += rows;
        }
        self.keep_within(0, source, &mut done.evicted);
        if self.bytes() > self.budget {
            self.spare = None;
        }
        done
    }

    /// Puts records in the place of all that a source has, and counts it anew. They are no loss: whoever replaces them
    /// knows where they came from.
    pub fn replace(&mut self, source: SourceId, batch: &Batch) {
        let at = usize::from(source.0);
        while let Some(index) = self.live.list.iter().position(|segment| segment.source == source) {
            self.evict(index);
        }
        if let Some(holder) = self.holders.get_mut(at) {
            *holder = Holder::default();
        }
        self.append(source, batch);
    }

    /// The source will send nothing more: memory that was kept for that is given back. Its records stay.
    pub fn close(&mut self, source: SourceId) {
        self.seal(source);
    }

    fn holder(&self, source: SourceId) -> Option<&Holder> {
        self.holders.get(usize::from(source.0))
    }

    /// What each source that holds records may keep, whatever the others send.
    fn share(&self) -> usize {
        self.budget / self.holders.iter().filter(|holder| holder.segments > 0).count().max(1)
    }

    /// Opens a segment for the records of `batch` from `row` on; returns its index.
    fn open(&mut self, source: SourceId, batch: &Batch, row: usize, evicted: &mut Vec<Evicted>) -> usize {
        let at = usize::from(source.0);
        // At least four segments fit into a share, so that eviction never takes most of what a source has.
        let share = self.budget / (self.holders.iter().filter(|h| h.segments > 0).count() + 1);
        let target = (self.budget / 128).clamp(256 << 10, 8 << 20).min((share / 4).max(4 << 10));
        let rows = batch.len() - row;
        let text = batch.arena().len() - batch.span(row).0;
        let per_record = text / rows + 1 + Batch::COLUMN_BYTES;
        let size = if self.holders[at].filled == 0 { (rows * per_record * 2).min(target) } else { target };
        self.keep_within(size, source, evicted);
        let records = size / per_record + 1;
        let fitting = |spare: &Batch| (size..=size + size / 4).contains(&(spare.allocated() + size / 16));
        let mut fresh = self.spare.take().filter(fitting).unwrap_or_default();
        let (text_room, record_room) = fresh.room();
        let text = size.saturating_sub(records * Batch::COLUMN_BYTES);
        if text_room < text - text / 8 || record_room < records - records / 4 {
            fresh = Batch::with_capacity(text, records);
        }
        let serial = self.next_serial;
        self.next_serial += 1;
        let bytes = fresh.allocated();
        let orders = (Timestamp::MAX, Timestamp::MIN);
        self.live.list.push(Segment { serial, source, batch: Arc::new(fresh), orders, tally: Tally::default() });
        self.held += bytes;
        let holder = &mut self.holders[at];
        holder.held += bytes;
        holder.segments += 1;
        holder.tail = Some(serial);
        holder.limit = target;
        self.live.list.len() - 1
    }

    /// Copies rows into a tail segment; returns them as (serial number, rows).
    fn put(&mut self, tail: usize, batch: &Batch, rows: Range<usize>) -> (u32, Range<u32>) {
        let segment = &mut self.live.list[tail];
        let holder = &mut self.holders[usize::from(segment.source.0)];
        let before = segment.batch.allocated();
        let text = batch.span(rows.end - 1).1 + 1 - batch.span(rows.start).0;
        if Arc::get_mut(&mut segment.batch).is_none() {
            // A snapshot holds it: go on with a copy that has the same room.
            let (text_room, record_room) = segment.batch.room();
            let old = &segment.batch;
            let mut copy = Batch::with_capacity(old.arena().len() + text_room, old.len() + record_room);
            copy.append(old);
            segment.batch = Arc::new(copy);
        }
        let to = Arc::make_mut(&mut segment.batch);
        let first = to.len();
        let (text_room, record_room) = to.room();
        if text > text_room || rows.len() > record_room {
            // Doubling, but not beyond what the segment will ever hold.
            let left = holder.limit.saturating_sub(to.bytes());
            let more = |need: usize, room: usize, used: usize, left: usize| {
                if need > room { need.max(used.min(left)) } else { 0 }
            };
            let average = (to.arena().len() + text) / (first + rows.len()) + 1 + Batch::COLUMN_BYTES;
            let text_more = more(text, text_room, to.arena().len(), left);
            let records_more = more(rows.len(), record_room, first, left / average + 1);
            to.reserve_exact(text_more, records_more);
        }
        to.append_rows(batch, rows.clone());
        let tally = Tally::of(batch, rows.clone());
        let (mut low, mut high) = segment.orders;
        for order in &batch.orders()[rows.clone()] {
            low = low.min(Timestamp(*order));
            high = high.max(Timestamp(*order));
        }
        segment.orders = (low, high);
        segment.tally.add(&tally);
        holder.appended.add(&tally);
        self.records += rows.len();
        let after = segment.batch.allocated();
        self.held = self.held - before + after;
        holder.held = holder.held - before + after;
        (segment.serial, first as u32..(first + rows.len()) as u32)
    }

    /// The tail takes nothing more: what it has allocated in excess is given back.
    fn seal(&mut self, source: SourceId) {
        let Some(holder) = self.holders.get_mut(usize::from(source.0)) else { return };
        let Some(tail) = holder.tail.take().and_then(|serial| self.live.index(serial)) else { return };
        holder.filled += 1;
        let batch = &mut self.live.list[tail].batch;
        let before = batch.allocated();
        // A little slack stays: moving the text would cost more, and the memory is soon recycled.
        if before.saturating_sub(batch.bytes()) > before / 16
            && let Some(batch) = Arc::get_mut(batch)
        {
            batch.shrink();
        }
        let after = batch.allocated();
        self.held = self.held - before + after;
        holder.held = holder.held - before + after;
    }

    /// Evicts until `more` bytes for `source` fit into the budget.
    fn keep_within(&mut self, more: usize, source: SourceId, evicted: &mut Vec<Evicted>) {
        while self.held + more > self.budget {
            let share = self.share();
            let excess = |(at, holder): &(usize, &Holder)| {
                let held = holder.held + if *at == usize::from(source.0) { more } else { 0 };
                held as i128 - share as i128
            };
            let victim = self.holders.iter().enumerate().filter(|(_, h)| h.segments > 0).max_by_key(excess);
            let Some((victim, _)) = victim else { return };
            let victim = SourceId(victim as u16);
            let Some(oldest) = self.live.list.iter().position(|segment| segment.source == victim) else { return };
            if self.holders[usize::from(victim.0)].tail == Some(self.live.list[oldest].serial) {
                // Its only segment: first take what it does not use.
                let before = self.held;
                self.seal(victim);
                if self.held < before {
                    continue;
                }
            }
            evicted.push(self.evict(oldest));
        }
    }

    fn evict(&mut self, index: usize) -> Evicted {
        let Segment { serial, source, batch, orders, tally } = self.live.list.remove(index);
        let bytes = batch.allocated();
        let holder = &mut self.holders[usize::from(source.0)];
        holder.held -= bytes;
        holder.segments -= 1;
        holder.evicted.add(&tally);
        self.held -= bytes;
        self.records -= batch.len();
        if let Ok(mut batch) = Arc::try_unwrap(batch) {
            batch.clear();
            self.spare = Some(batch);
        }
        Evicted { segment: serial, source, orders, tally }
    }
}

/// How many rows from `row` on fit into `room` bytes.
fn rows_within(batch: &Batch, row: usize, room: usize) -> usize {
    let base = batch.span(row).0;
    let fits = |rows: usize| batch.span(row + rows - 1).1 + 1 - base + rows * Batch::COLUMN_BYTES <= room;
    let all = batch.len() - row;
    if fits(all) {
        return all;
    }
    let (mut low, mut high) = (0, all);
    while high - low > 1 {
        let middle = usize::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}
