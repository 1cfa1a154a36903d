//! Records of several origins in the order of their times, while they still come.
//!
//! Owns what is held back, for how long, and which places of sources are reached by what went out (`places`). Must not know
//! sources, filters or output.
//!
//! Each origin's records come in their own order (`Meta::order` never falls). At first everything is held until all
//! sources have read what is there. After that, logs that grow wait [`HOLD`] for earlier records of others; logs that end
//! wait for a record of every origin that is still read, so that their order is exact. Held bytes are bounded: over the
//! bound, the earliest record goes.

use super::places::Places;
use crate::model::{Batch, Cursor, OriginId, Record, SourceId, Timestamp};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::time::Duration;

/// How long a record of a log that grows waits for earlier ones of others.
pub const HOLD: Duration = Duration::from_millis(250);

/// What a record waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// All sources have to read what is there; of each origin only this many of the last records count.
    First(Option<usize>),
    /// A short time.
    Moment,
    /// A record of every origin that is still read.
    All,
}

/// A batch of which some records are still held.
#[derive(Debug)]
struct Held {
    batch: Batch,
    left: usize,
    received: Timestamp,
}

/// How many records of an origin are held, and whether more may come.
#[derive(Clone, Copy, Debug, Default)]
struct Origin {
    held: usize,
    is_over: bool,
}

/// Bytes that a batch takes while it is held, with the places of its records in the heap.
fn weight(batch: &Batch) -> usize {
    batch.bytes() + batch.len() * size_of::<Reverse<(i64, u64, u32)>>()
}

/// Records that wait for their turn.
#[derive(Debug)]
pub struct Sorter {
    waits: Waits,
    limit: usize,
    bytes: usize,
    /// Batches by number, and the numbers in order of arrival.
    batches: HashMap<u64, Held>,
    arrived: VecDeque<u64>,
    next: u64,
    /// (order, number of the batch, row): the last two keep the order of arrival among equals.
    heap: BinaryHeap<Reverse<(i64, u64, u32)>>,
    origins: HashMap<OriginId, Origin>,
    /// Origins that are still read and of which nothing is held.
    awaited: usize,
    /// Logs that are known and have no origin yet.
    unknown: usize,
    /// Sources of which no record is left out at the start.
    whole: HashSet<SourceId>,
    places: Places,
}

impl Sorter {
    /// Nothing is held; at most about `limit` bytes will be.
    pub fn new(waits: Waits, limit: usize) -> Self {
        Self {
            waits,
            limit,
            bytes: 0,
            batches: HashMap::new(),
            arrived: VecDeque::new(),
            next: 0,
            heap: BinaryHeap::new(),
            origins: HashMap::new(),
            awaited: 0,
            unknown: 0,
            whole: HashSet::new(),
            places: Places::default(),
        }
    }

    /// Of this source, records count that are not among the last of their origin, too.
    pub fn keep_whole(&mut self, source: SourceId) {
        self.whole.insert(source);
    }

    /// A source says how far it is, behind all that it sent before.
    pub fn place(&mut self, source: SourceId, cursor: Cursor) {
        self.places.place(source, cursor);
    }

    /// Takes the places before which everything was given out.
    pub fn reached(&mut self) -> Vec<(SourceId, Cursor)> {
        self.places.reached()
    }

    /// What records wait for from now on.
    pub fn wait_for(&mut self, waits: Waits) {
        self.waits = waits;
    }

    /// What records wait for.
    pub const fn waits(&self) -> Waits {
        self.waits
    }

    /// An origin is there, and is read.
    pub fn origin(&mut self, id: OriginId) {
        self.origins.entry(id).or_insert_with(|| {
            self.awaited += 1;
            Origin::default()
        });
    }

    /// So many logs will be read of which nothing is known yet.
    pub fn expect(&mut self, unknown: usize) {
        self.unknown = unknown;
    }

    /// All of an origin was read, or it goes on.
    pub fn set_over(&mut self, id: OriginId, is_over: bool) {
        self.origin(id);
        if let Some(origin) = self.origins.get_mut(&id)
            && origin.is_over != is_over
        {
            origin.is_over = is_over;
            match (origin.held, is_over) {
                (0, true) => self.awaited -= 1,
                (0, false) => self.awaited += 1,
                _ => {}
            }
        }
    }

    /// All of a source was read.
    pub fn source_is_over(&mut self, source: SourceId) {
        let origins: Vec<_> = self.origins.keys().copied().filter(|id| id.source() == source).collect();
        for id in origins {
            self.set_over(id, true);
        }
    }

    /// Takes records in that came at `now` from one source.
    pub fn push(&mut self, mut batch: Batch, now: Timestamp) {
        let Some(source) = batch.iter().next().map(|record| record.origin.source()) else { return };
        let number = self.next;
        self.next += 1;
        self.places.held(source, number);
        for (row, order) in batch.orders().iter().enumerate() {
            self.heap.push(Reverse((*order, number, row as u32)));
        }
        for record in batch.iter() {
            self.hold(record.origin);
        }
        // It may wait for long: room that was made for more records is given back.
        if batch.allocated() > batch.bytes() + batch.bytes() / 4 {
            batch.shrink();
        }
        self.bytes += weight(&batch);
        self.arrived.push_back(number);
        self.batches.insert(number, Held { left: batch.len(), batch, received: now });
        if let Waits::First(Some(last)) = self.waits {
            self.keep_last(last);
        }
    }

    fn hold(&mut self, id: OriginId) {
        self.origin(id);
        if let Some(origin) = self.origins.get_mut(&id) {
            if origin.held == 0 && !origin.is_over {
                self.awaited -= 1;
            }
            origin.held += 1;
        }
    }

    fn let_go(&mut self, id: OriginId) {
        if let Some(origin) = self.origins.get_mut(&id) {
            origin.held = origin.held.saturating_sub(1);
            if origin.held == 0 && !origin.is_over {
                self.awaited += 1;
            }
        }
    }

    /// Drops the earliest batches of origins that have more than `last` records in later ones. Single records are cut when the
    /// wait is over, in [`Sorter::trim`].
    fn keep_last(&mut self, last: usize) {
        let Some(&front) = self.arrived.front() else { return };
        let Some(held) = self.batches.get(&front) else { return };
        // A batch is of one origin nearly always; one that is not stays until the end of the wait.
        let Some(id) = held.batch.iter().next().map(|record| record.origin) else { return };
        let is_of_one = held.batch.iter().all(|record| record.origin == id);
        if self.whole.contains(&id.source()) {
            return;
        }
        let count = self.origins.get(&id).map_or(0, |origin| origin.held);
        if !is_of_one || count < last + held.batch.len() || self.bytes < self.limit / 2 {
            return;
        }
        self.drop_batch(front, id);
        self.heap.retain(|Reverse((_, number, _))| *number != front);
    }

    fn drop_batch(&mut self, number: u64, id: OriginId) {
        self.arrived.retain(|arrived| *arrived != number);
        if let Some(held) = self.batches.remove(&number) {
            self.bytes -= weight(&held.batch);
            self.places.gone(id.source(), number);
            for _ in 0..held.batch.len() {
                self.let_go(id);
            }
        }
    }

    /// The wait for what is there is over: of each origin only its `last` records stay.
    pub fn trim(&mut self, last: usize) {
        let mut entries: Vec<_> = std::mem::take(&mut self.heap).into_iter().map(|Reverse(entry)| entry).collect();
        entries.sort_unstable();
        let mut seen: HashMap<OriginId, usize> = HashMap::new();
        for (order, number, row) in entries.into_iter().rev() {
            let Some(id) = self.batches.get(&number).map(|held| held.batch.record(row as usize).origin) else {
                continue;
            };
            let seen = seen.entry(id).or_default();
            *seen += 1;
            if *seen <= last || self.whole.contains(&id.source()) {
                self.heap.push(Reverse((order, number, row)));
            } else {
                self.take(number, id);
            }
        }
    }

    /// Gives out what has waited long enough, in order. Stops at the first error of `give`.
    ///
    /// # Errors
    /// Those of `give`.
    pub fn release<E>(&mut self, now: Timestamp, mut give: impl FnMut(&Record<'_>) -> Result<(), E>) -> Result<(), E> {
        while self.is_due(now) {
            let Some(Reverse((_, number, row))) = self.heap.pop() else { break };
            let Some(held) = self.batches.get(&number) else { continue };
            let record = held.batch.record(row as usize);
            give(&record)?;
            let id = record.origin;
            self.take(number, id);
        }
        Ok(())
    }

    /// Gives out all that is held, in order.
    ///
    /// # Errors
    /// Those of `give`.
    pub fn finish<E>(&mut self, mut give: impl FnMut(&Record<'_>) -> Result<(), E>) -> Result<(), E> {
        let waits = std::mem::replace(&mut self.waits, Waits::All);
        let awaited = std::mem::take(&mut self.awaited);
        while let Some(Reverse((_, number, row))) = self.heap.pop() {
            let Some(held) = self.batches.get(&number) else { continue };
            let record = held.batch.record(row as usize);
            give(&record)?;
            let id = record.origin;
            self.take(number, id);
        }
        self.awaited += awaited;
        self.waits = waits;
        Ok(())
    }

    /// When something may be due again that is not yet; nothing when only news can change that.
    pub fn next_due(&self) -> Option<Timestamp> {
        let oldest = self.arrived.front().and_then(|number| self.batches.get(number))?;
        (self.waits == Waits::Moment).then(|| oldest.received.saturating_add(HOLD.as_nanos() as i64))
    }

    fn is_due(&self, now: Timestamp) -> bool {
        if self.heap.is_empty() {
            return false;
        }
        if self.bytes > self.limit {
            return true;
        }
        match self.waits {
            Waits::First(_) => false,
            Waits::All => self.awaited == 0 && self.unknown == 0,
            Waits::Moment => self.next_due().is_some_and(|due| due <= now),
        }
    }

    /// A record of this batch and origin has gone.
    fn take(&mut self, number: u64, id: OriginId) {
        self.let_go(id);
        let Some(held) = self.batches.get_mut(&number) else { return };
        held.left -= 1;
        if held.left == 0 {
            self.bytes -= weight(&held.batch);
            self.batches.remove(&number);
            self.places.gone(id.source(), number);
            while self.arrived.front().is_some_and(|front| !self.batches.contains_key(front)) {
                self.arrived.pop_front();
            }
        }
    }
}

#[cfg(test)]
mod tests;
