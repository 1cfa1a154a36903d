//! The store: a ring of segments, bounded in bytes.
//!
//! Owns the records. Must not know sources, formats, or the screen.

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
