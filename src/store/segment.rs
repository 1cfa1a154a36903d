//! Segments: the records of one source over a stretch of time, and how they are read.
//!
//! Owns the read access. Must not know budgets or eviction ([`super::Store`] does).

use super::{Key, RecordId};
use crate::model::{Batch, Format, OriginId, Record, Severity, SourceId, Timestamp};
use std::{ops::Range, sync::Arc};

/// How many records there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// By [`Severity`]'s number.
    pub severities: [u64; 7],
    /// Those that are notes of logdeck's own ([`Format::Note`]); they are also in `severities`.
    pub notes: u64,
}

impl Tally {
    /// Counts the records of some rows. Rows have to be in the batch.
    pub fn of(batch: &Batch, rows: Range<usize>) -> Self {
        let mut tally = Self::default();
        for (severity, format) in batch.severities()[rows.clone()].iter().zip(&batch.formats()[rows]) {
            tally.severities[usize::from(*severity).min(6)] += 1;
            tally.notes += u64::from(*format == Format::Note as u8);
        }
        tally
    }

    /// All records.
    pub fn records(&self) -> u64 {
        self.severities.iter().sum()
    }

    /// The records that are at least this bad.
    pub fn at_least(&self, severity: Severity) -> u64 {
        self.severities[severity as usize..].iter().sum()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Self) {
        for (mine, more) in self.severities.iter_mut().zip(other.severities) {
            *mine += more;
        }
        self.notes += other.notes;
    }
}

/// Records of one source, in order of arrival. Clones share the records.
#[derive(Clone, Debug)]
pub struct Segment {
    pub(super) serial: u32,
    pub(super) source: SourceId,
    pub(super) batch: Arc<Batch>,
    pub(super) orders: (Timestamp, Timestamp),
    pub(super) tally: Tally,
}

impl Segment {
    /// Its number; a newer segment has a higher one.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    /// The source that its records came from.
    pub fn source(&self) -> SourceId {
        self.source
    }

    /// Its records.
    pub fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The lowest and the highest order time in it.
    pub fn orders(&self) -> (Timestamp, Timestamp) {
        self.orders
    }

    /// How many records of each severity it has.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// The id of the record in a row.
    pub fn id(&self, row: usize) -> RecordId {
        RecordId::new(self.serial, row as u32)
    }

    /// Where the record of a row stands in a view. The row has to be there.
    pub fn key(&self, row: usize) -> Key {
        Key { order: Timestamp(self.batch.orders()[row]), id: self.id(row) }
    }
}

/// Segments in the order of their serial numbers: what the store holds at one moment. Clones are cheap.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    pub(super) list: Vec<Segment>,
}

impl Segments {
    /// All segments, oldest serial number first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Segment> + ExactSizeIterator {
        self.list.iter()
    }

    /// The segment with this serial number, if it is (still) held.
    pub fn get(&self, serial: u32) -> Option<&Segment> {
        self.index(serial).map(|index| &self.list[index])
    }

    /// The record with this id, if it is (still) held.
    pub fn record(&self, id: RecordId) -> Option<Record<'_>> {
        let segment = self.get(id.segment())?;
        let row = id.row() as usize;
        (row < segment.len()).then(|| segment.batch.record(row))
    }

    /// Where the record stands in a view, if it is (still) held.
    pub fn key(&self, id: RecordId) -> Option<Key> {
        let segment = self.get(id.segment())?;
        let row = id.row() as usize;
        (row < segment.len()).then(|| segment.key(row))
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.list.iter().map(Segment::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.iter().all(Segment::is_empty)
    }

    /// The record that arrived before this one from the same origin.
    pub fn prev_in_origin(&self, id: RecordId) -> Option<RecordId> {
        let (index, origin) = self.origin_of(id)?;
        let find = |segment: &Segment, rows: Range<usize>| {
            let row = segment.batch.origins()[rows].iter().rposition(|o| *o == origin)?;
            Some(segment.id(row))
        };
        let (earlier, rest) = self.list.split_at(index);
        find(&rest[0], 0..id.row() as usize).or_else(|| {
            let mut same = earlier.iter().rev().filter(|s| s.source == rest[0].source);
            same.find_map(|segment| find(segment, 0..segment.len()))
        })
    }

    /// The record that arrived after this one from the same origin.
    pub fn next_in_origin(&self, id: RecordId) -> Option<RecordId> {
        let (index, origin) = self.origin_of(id)?;
        let find = |segment: &Segment, from: usize| {
            let row = segment.batch.origins()[from..].iter().position(|o| *o == origin)?;
            Some(segment.id(from + row))
        };
        let (here, later) = self.list[index..].split_first()?;
        find(here, id.row() as usize + 1).or_else(|| {
            let mut same = later.iter().filter(|s| s.source == here.source);
            same.find_map(|segment| find(segment, 0))
        })
    }

    fn origin_of(&self, id: RecordId) -> Option<(usize, OriginId)> {
        let index = self.index(id.segment())?;
        let origin = self.list[index].batch.origins().get(id.row() as usize)?;
        Some((index, *origin))
    }

    /// Where the segment stands in the list. Without gaps in the serial numbers this is one look.
    pub(super) fn index(&self, serial: u32) -> Option<usize> {
        let first = self.list.first()?.serial;
        let guess = serial.checked_sub(first)? as usize;
        match self.list.get(guess) {
            Some(segment) if segment.serial == serial => Some(guess),
            _ => self.list.binary_search_by_key(&serial, |s| s.serial).ok(),
        }
    }
}
