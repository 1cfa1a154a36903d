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
        let step = || block.step.and_then(|n| self.extract.steps.get(n)).map(|step| step.name.as_str());
        self.step.as_deref().or_else(step).filter(|name| !name.is_empty())
    }

    /// The steps that failed.
    pub fn failed_steps(&self) -> Vec<&str> {
        if let Some(step) = &self.step {
            return if self.state() == State::Failed { vec![step] } else { Vec::new() };
        }
        let failed = self.extract.steps.iter().filter(|step| step.state == StepState::Failed);
        let mut names: Vec<_> = failed.map(|step| step.name.as_str()).filter(|name| !name.is_empty()).collect();
        names.dedup();
        names
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::extract::{Kind, Step};

    fn block(start: u64, score: u16, step: Option<usize>) -> Block {
        let (kind, lines) = (Kind::Test, vec![b"a line".to_vec()]);
        Block { start, end: start, offset: 0, score, kind, tool: "", rule: "", step, lines, repeats: 0, is_new: false }
    }

    fn report(blocks: Vec<Block>, verdict: Verdict) -> Report {
        let step = |name: &str, state| {
            let name = name.to_owned();
            Step { name, start: 1, offset: 0, end: 9, state, began: None, ended: None, errors: 0 }
        };
        let steps =
            vec![step("build", StepState::Failed), step("", StepState::Failed), step("test", StepState::Passed)];
        let extract = Extract { lines: 9, blocks, steps, verdict, ..Extract::default() };
        Report { name: "a.log".to_owned(), step: None, extract, problem: None, order: Order::Rank }
    }

    #[test]
    fn the_order_is_that_which_was_asked_for() {
        let mut report = report(vec![block(7, 900, None), block(2, 500, None), block(4, 100, None)], Verdict::Failed);
        let starts = |report: &Report| report.blocks().map(|block| block.start).collect::<Vec<_>>();
        assert_eq!(starts(&report), [7, 2, 4]);
        report.order = Order::Time;
        assert_eq!(starts(&report), [2, 4, 7]);
    }

    #[test]
    fn steps_are_those_of_the_log_or_its_file() {
        let mut report = report(vec![block(7, 9, Some(0)), block(8, 9, Some(1)), block(9, 9, None)], Verdict::Failed);
        let steps = |report: &Report| report.blocks().map(|b| report.step_of(b).map(str::to_owned)).collect::<Vec<_>>();
        assert_eq!(steps(&report), [Some("build".to_owned()), None, None]);
        assert_eq!(report.failed_steps(), ["build"]);
        report.step = Some("Run tests".to_owned());
        assert_eq!(steps(&report), vec![Some("Run tests".to_owned()); 3]);
        assert_eq!(report.failed_steps(), ["Run tests"]);
        report.extract.verdict = Verdict::Passed;
        assert!(report.failed_steps().is_empty());
    }

    #[test]
    fn words() {
        let check = |verdict, lines, expected: &str| {
            let mut report = report(Vec::new(), verdict);
            report.extract.lines = lines;
            assert_eq!(report.state().word(), expected);
        };
        check(Verdict::Failed, 9, "failed");
        check(Verdict::Passed, 9, "passed");
        check(Verdict::Cancelled, 9, "cancelled");
        check(Verdict::Unknown, 9, "no failure");
        check(Verdict::Unknown, 0, "empty");
        assert_eq!((count(1, "line"), count(1204, "line")), ("1 line".to_owned(), "1,204 lines".to_owned()));
        let twice = Block { end: 1210, repeats: 2, is_new: true, ..block(1204, 1, None) };
        assert_eq!(line_numbers(&twice) + &remarks(&twice), "lines 1204-1210, x3, new since green");
    }
}
