//! What a passing log of the same job looks like.
//!
//! Owns [`Baseline`]. Must not know how a failure looks.

/// The forms of all lines of one or more passing logs.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    lines: u64,
}

impl Baseline {
    /// Takes bytes of a passing log, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.lines += memchr::memchr_iter(b'\n', bytes).count() as u64;
    }

    /// The log has ended; another one may follow.
    pub fn finish(&mut self) {}

    /// Lines that it was made of.
    pub fn lines(&self) -> u64 {
        self.lines
    }
}
