//! The blocks that were found, before any is chosen.
//!
//! Owns folding of repeats and the bound on memory. Must not know how blocks are ranked.

use super::rules::Rules;
use std::collections::HashMap;

/// Bytes of text in all candidates.
const MAX_BYTES: usize = 8 << 20;
/// Candidates at most.
const MAX_CANDIDATES: usize = 4_000;
/// Instances of one form that are kept, the first ones.
const MAX_SAME: u64 = 4;

/// A line that stands by itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Label {
    pub(super) line: u64,
    pub(super) offset: u64,
    pub(super) raw: Vec<u8>,
}

/// A block that may be shown.
#[derive(Clone, Debug, Default)]
pub(super) struct Candidate {
    /// The first line, from 1.
    pub(super) start: u64,
    /// The line that its rule fired on.
    pub(super) head: u64,
    pub(super) offset: u64,
    pub(super) rule: usize,
    pub(super) step: Option<usize>,
    pub(super) lines: Vec<Vec<u8>>,
    /// Names what failed; stands further above.
    pub(super) label: Option<Label>,
    /// What stands directly above it and below, where its rule does not know much.
    pub(super) above: Vec<Label>,
    pub(super) below: Vec<Vec<u8>>,
    /// Equal for blocks that say the same.
    pub(super) form: u64,
    /// How many blocks of this form came before.
    pub(super) nth: u64,
    /// How many there are in all; told of the first one.
    pub(super) same: u64,
    /// Lines that the passing log does not have.
    pub(super) new_lines: u64,
}

impl Candidate {
    /// The last line, inclusive.
    pub(super) fn end(&self) -> u64 {
        self.start + self.lines.len() as u64 - 1
    }

    fn bytes(&self) -> usize {
        let around = self.above.iter().map(|line| &line.raw).chain(&self.below);
        self.lines.iter().chain(around).map(|line| line.len() + 24).sum()
    }
}

/// All candidates.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) list: Vec<Candidate>,
    /// The first candidate of each form, and how many there are.
    forms: HashMap<(usize, u64), (usize, u64)>,
    bytes: usize,
}

impl Store {
    /// Takes a block that is complete.
    pub(super) fn add(&mut self, mut candidate: Candidate, rules: &Rules) {
        while candidate.lines.len() > 1 && candidate.lines.last().is_some_and(|line| line.trim_ascii().is_empty()) {
            candidate.lines.pop();
        }
        let next = self.list.len();
        let (first, count) = self.forms.entry((candidate.rule, candidate.form)).or_insert((next, 0));
        *count += 1;
        candidate.nth = *count - 1;
        candidate.same = 1;
        if candidate.nth > 0 {
            if let Some(first) = self.list.get_mut(*first) {
                first.same = *count;
            }
            if *count > MAX_SAME {
                return;
            }
        }
        self.bytes += candidate.bytes();
        self.list.push(candidate);
        if self.bytes > MAX_BYTES || self.list.len() > MAX_CANDIDATES {
            self.thin(rules);
        }
    }

    /// Drops the blocks that end at most two lines above this one, and those as near above them.
    pub(super) fn drop_above(&mut self, mut line: u64) {
        while let Some(last) = self.list.pop_if(|last| last.end() + 3 > line) {
            line = last.start;
            self.bytes = self.bytes.saturating_sub(last.bytes());
            if let Some((first, count)) = self.forms.get_mut(&(last.rule, last.form)) {
                *count -= 1;
                if *first == self.list.len() {
                    self.forms.remove(&(last.rule, last.form));
                }
            }
        }
    }

    /// Makes room: of the weaker half, what stands in the middle of the log goes.
    fn thin(&mut self, rules: &Rules) {
        let mut weights: Vec<_> = self.list.iter().map(|candidate| rules.list[candidate.rule].weight).collect();
        weights.sort_unstable();
        let median = weights[weights.len() / 2];
        let (head, tail) = (self.list.len() / 8, self.list.len() - self.list.len() / 4);
        let mut n = 0;
        self.list.retain(|candidate| {
            n += 1;
            let weight = rules.list[candidate.rule].weight;
            n <= head || n > tail || weight > median || (weight == median && n % 2 == 0)
        });
        self.list.truncate(MAX_CANDIDATES);
        self.bytes = self.list.iter().map(Candidate::bytes).sum();
        self.forms.clear();
        for (n, candidate) in self.list.iter().enumerate().rev() {
            self.forms.insert((candidate.rule, candidate.form), (n, candidate.same.max(candidate.nth + 1)));
        }
    }
}
