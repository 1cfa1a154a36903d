//! What a passing log of the same job looks like.
//!
//! Owns [`Baseline`] and the question whether a line is new. Must not know how a failure looks.

use super::line;
use memchr::{memchr, memchr_iter};
use std::collections::HashSet;
use std::sync::Arc;

/// Forms that are kept.
const MAX_FORMS: usize = 1 << 20;

/// The forms of all lines of one or more passing logs: lines that differ only in numbers have one form.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    forms: HashSet<u64>,
    lines: u64,
    partial: Vec<u8>,
    clean: Vec<u8>,
}

impl Baseline {
    /// Takes bytes of a passing log, cut anywhere.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        if !self.partial.is_empty() {
            let end = memchr(b'\n', bytes).unwrap_or(bytes.len());
            let room = line::MAX_LINE.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(&bytes[..end.min(room)]);
            if end == bytes.len() {
                return;
            }
            self.end_partial();
            bytes = &bytes[end + 1..];
        }
        let mut at = 0;
        for end in memchr_iter(b'\n', bytes) {
            self.line(&bytes[at..end]);
            at = end + 1;
        }
        self.partial.extend_from_slice(&bytes[at..bytes.len().min(at + line::MAX_LINE)]);
    }

    /// The log has ended; another one may follow.
    pub fn finish(&mut self) {
        if !self.partial.is_empty() {
            self.end_partial();
        }
    }

    /// Lines that it was made of.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    fn end_partial(&mut self) {
        let mut partial = std::mem::take(&mut self.partial);
        self.line(&partial);
        partial.clear();
        self.partial = partial;
    }

    fn line(&mut self, raw: &[u8]) {
        self.lines += 1;
        let text = line::clean(raw, &mut self.clean);
        if self.forms.len() < MAX_FORMS {
            self.forms.insert(line::form(text.trim_ascii()));
        }
    }
}

/// Tells new lines from those that a passing log has.
#[derive(Debug)]
pub(super) struct Novelty {
    baseline: Arc<Baseline>,
    new_lines: u64,
}

impl Novelty {
    pub(super) fn new(baseline: Arc<Baseline>) -> Self {
        Self { baseline, new_lines: 0 }
    }

    /// Whether the passing log has no line of this form; counts those.
    pub(super) fn is_new(&mut self, text: &[u8]) -> bool {
        let is_new = self.would_be_new(text);
        self.new_lines += u64::from(is_new);
        is_new
    }

    /// The same, of a line that was counted before.
    pub(super) fn would_be_new(&self, text: &[u8]) -> bool {
        !text.is_empty() && !self.baseline.forms.contains(&line::form(text.trim_ascii()))
    }

    pub(super) fn new_lines(&self) -> u64 {
        self.new_lines
    }
}
