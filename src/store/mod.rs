//! The store: a ring of segments, bounded in bytes.
//!
//! Owns the records and the order of views over them. Must not know sources, formats, or the screen.
//!
//! [`Store`] takes batches in, [`Segments`] is what is read (a [`Store`] lends the current ones, a snapshot is a clone
//! of them: a few `Arc`s), [`Order`] is an index of records by time.

mod order;
mod ring;
mod segment;
#[cfg(test)]
mod tests;

pub use order::{Key, Order};
pub use ring::{Appended, DEFAULT_BUDGET, Evicted, Store};
pub use segment::{Segment, Segments, Tally};

/// A record in the store: segment and row. Ids of one source grow with arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(pub u64);

impl RecordId {
    /// The record in this row of the segment with this serial number.
    pub const fn new(segment: u32, row: u32) -> Self {
        Self((segment as u64) << 32 | row as u64)
    }

    /// The segment's serial number.
    pub const fn segment(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The row in it.
    pub const fn row(self) -> u32 {
        self.0 as u32
    }
}
