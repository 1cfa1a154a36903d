//! Lines into records.

use super::Parser;
use crate::model::{Batch, OriginId, Timestamp};

/// The most bytes of one record that are held (64 KiB); what is longer is cut, and the cut is counted.
pub const MAX_RECORD: usize = 64 * 1024;

/// Cuts a byte stream into lines, reads them, and joins what belongs together. One per origin.
#[derive(Debug)]
pub struct Assembler {
    parser: Parser,
    origin: OriginId,
}

impl Assembler {
    /// An assembler for the stream of one origin.
    pub fn new(parser: Parser, origin: OriginId) -> Self {
        Self { parser, origin }
    }

    /// Takes bytes as they come (cut anywhere) and adds the records that they complete to `out`. `received` orders
    /// records as long as no record of the stream had a time.
    pub fn feed(&mut self, bytes: &[u8], received: Timestamp, out: &mut Batch) {
        let _ = (&mut self.parser, self.origin, bytes, received, out);
    }

    /// Completes the record that is being joined, when the stream has been silent for a moment. A line without its
    /// newline stays.
    pub fn idle(&mut self, out: &mut Batch) {
        let _ = out;
    }

    /// Completes everything: the stream has ended.
    pub fn finish(&mut self, out: &mut Batch) {
        let _ = out;
    }
}
