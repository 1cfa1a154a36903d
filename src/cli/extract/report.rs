//! What came of one log, for the three formats.
//!
//! Owns the words for how a log ended. Must not know how they are shown.

use crate::analysis::extract::{Block, Extract, StepState, Verdict};
use crate::app::format::thousands;
use crate::cli::args::Order;

/// One log.
#[derive(Debug)]
pub struct Report {
    /// The path, or `archive.zip!entry`; anybody's text.
    pub name: String,
    /// The step that all of the log is, when an archive has its steps as files.
    pub step: Option<String>,
    /// What was found.
    pub extract: Extract,
    /// Why a part of it could not be read.
    pub problem: Option<String>,
    /// The order of the blocks.
    pub order: Order,
}

/// How a log ended, as far as people are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// It says that it failed.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It says that it passed.
    Passed,
    /// It does not say how it ended, and nothing in it explains a failure.
    Quiet,
    /// It has no line.
    Empty,
}

impl State {
    /// All, in the order in which they are counted.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Failed, "failed"),
        (Self::Cancelled, "cancelled"),
        (Self::Passed, "passed"),
        (Self::Quiet, "no failure"),
        (Self::Empty, "empty"),
    ];

    /// The word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, word)| word)
    }

    /// Whether people are shown its blocks, where there are other logs, too.
    pub const fn is_shown(self) -> bool {
        matches!(self, Self::Failed | Self::Cancelled)
    }
}

impl Report {
    /// How it ended.
    pub fn state(&self) -> State {
        match self.extract.verdict {
            _ if self.extract.lines == 0 => State::Empty,
            Verdict::Failed => State::Failed,
            Verdict::Cancelled => State::Cancelled,
            Verdict::Passed => State::Passed,
            Verdict::Unknown => State::Quiet,
        }
    }

    /// The blocks in the order that was asked for.
    pub fn blocks(&self) -> impl Iterator<Item = &Block> {
        let mut blocks: Vec<_> = self.extract.blocks.iter().collect();
        if self.order == Order::Time {
            blocks.sort_by_key(|block| block.start);
        }
        blocks.into_iter()
    }

    /// The name of the step that a block stands in.
    pub fn step_of(&self, block: &Block) -> Option<&str> {
        let step = block.step.and_then(|n| self.extract.steps.get(n));
        step.map(|step| step.name.as_str()).filter(|name| !name.is_empty()).or(self.step.as_deref())
    }

    /// The steps that failed.
    pub fn failed_steps(&self) -> Vec<&str> {
        let failed = self.extract.steps.iter().filter(|step| step.state == StepState::Failed);
        let mut names: Vec<_> = failed.map(|step| step.name.as_str()).filter(|name| !name.is_empty()).collect();
        names.dedup();
        if names.is_empty() && self.state() == State::Failed {
            self.step.as_deref().into_iter().collect()
        } else {
            names
        }
    }
}

/// `line 7`, `lines 7-9`.
pub fn line_numbers(block: &Block) -> String {
    if block.start == block.end {
        format!("line {}", block.start)
    } else {
        format!("lines {}-{}", block.start, block.end)
    }
}

/// `1 line`, `1,204 lines`.
pub fn count(n: u64, one: &str) -> String {
    format!("{} {one}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// How often the block's message occurs, and whether it is new, as words behind a comma each.
pub fn remarks(block: &Block) -> String {
    let mut text = String::new();
    if block.repeats > 0 {
        text.push_str(&format!(", x{}", thousands(block.repeats + 1)));
    }
    if block.is_new {
        text.push_str(", new since green");
    }
    text
}

/// The verdict in JSON.
pub const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Failed => "failed",
        Verdict::Passed => "passed",
        Verdict::Cancelled => "cancelled",
        Verdict::Unknown => "unknown",
    }
}
