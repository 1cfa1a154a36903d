//! The neighbours of a record: those of the same origin that arrived before and after it.
//!
//! Owns the walk from one to the next. Must not know which of them match.

use crate::model::OriginId;
use crate::store::{Key, Segment, Segments};

/// How many records of a source are looked at on one side. In a source of very many origins that all write at once,
/// neighbours farther away are not found; without the bound, each match of a rare origin would look at all records.
const REACH: usize = 1024;

/// The records before the one in a row of a segment, the nearest first.
pub(super) fn before<'s>(segments: &'s Segments, segment: &'s Segment, row: usize) -> impl Iterator<Item = Key> + 's {
    let mut walk = Walk { segments, segment, row, origin: segment.batch().origins()[row], left: REACH };
    std::iter::from_fn(move || walk.back())
}

/// The records after the one in a row of a segment, the nearest first.
pub(super) fn after<'s>(segments: &'s Segments, segment: &'s Segment, row: usize) -> impl Iterator<Item = Key> + 's {
    let mut walk = Walk { segments, segment, row: row + 1, origin: segment.batch().origins()[row], left: REACH };
    std::iter::from_fn(move || walk.forward())
}

struct Walk<'s> {
    segments: &'s Segments,
    segment: &'s Segment,
    /// The row behind those that are left on the way back; the next one on the way forward.
    row: usize,
    origin: OriginId,
    /// Records that may still be looked at.
    left: usize,
}

impl Walk<'_> {
    fn back(&mut self) -> Option<Key> {
        loop {
            let from = self.row.saturating_sub(self.left);
            let found = self.segment.batch().origins()[from..self.row].iter().rposition(|other| *other == self.origin);
            let to = found.map_or(from, |at| from + at);
            self.left -= self.row - to;
            self.row = to;
            if found.is_some() {
                return Some(self.segment.key(to));
            }
            if self.left == 0 {
                return None;
            }
            let (serial, source) = (self.segment.serial(), self.segment.source());
            let mut earlier = self.segments.iter().rev().filter(|other| other.source() == source);
            self.segment = earlier.find(|other| other.serial() < serial)?;
            self.row = self.segment.len();
        }
    }

    fn forward(&mut self) -> Option<Key> {
        loop {
            let to = (self.row + self.left).min(self.segment.len());
            let found = self.segment.batch().origins()[self.row..to].iter().position(|other| *other == self.origin);
            let next = found.map_or(to, |at| self.row + at + 1);
            self.left -= next - self.row;
            self.row = next;
            if found.is_some() {
                return Some(self.segment.key(next - 1));
            }
            if self.left == 0 {
                return None;
            }
            let (serial, source) = (self.segment.serial(), self.segment.source());
            let mut later = self.segments.iter().filter(|other| other.source() == source);
            self.segment = later.find(|other| other.serial() > serial)?;
            self.row = 0;
        }
    }
}
