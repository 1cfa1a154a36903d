//! The pass over the lines.
//!
//! Owns [`Extractor`]. Must not know files, or how a block is shown.

use super::{Extract, Options};

/// Takes a log's bytes and gives what explains its failure.
#[derive(Debug, Default)]
pub struct Extractor {
    options: Options,
    out: Extract,
    is_inside: bool,
}

impl Extractor {
    /// An extractor for one log.
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Takes bytes, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.out.bytes += bytes.len() as u64;
        self.out.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
        self.is_inside = bytes.last().map_or(self.is_inside, |last| *last != b'\n');
    }

    /// The log has ended.
    pub fn finish(mut self) -> Extract {
        self.out.lines += u64::from(self.is_inside);
        self.out
    }
}
