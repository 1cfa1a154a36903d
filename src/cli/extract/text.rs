//! Extracts as text for people: the failed logs with their blocks, the others on a line each.
//!
//! Owns the layout and its colours. Must not know where a log came from.

use super::lines::Lines;
use super::report::{Report, State, count, line_numbers, remarks};
use crate::analysis::extract::Block;
use std::collections::BTreeMap;

/// Of more logs than this, those without a failure are only counted.
const FEW: usize = 20;

/// Steps that are named in a heading.
const MAX_STEPS: usize = 3;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[1;31m";
const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";

/// Whether the output has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colors {
    /// Codes of a terminal.
    On,
    /// None.
    Off,
}

/// Writes one log after the other.
#[derive(Debug)]
pub struct Text {
    colors: Colors,
    /// How many logs there are.
    total: usize,
    counts: BTreeMap<State, u64>,
    /// The last thing written was a log with blocks.
    after_blocks: bool,
    written: bool,
}

impl Text {
    /// For `total` logs.
    pub fn new(total: usize, colors: Colors) -> Self {
        Self { colors, total, counts: BTreeMap::new(), after_blocks: false, written: false }
    }

    /// Adds one log.
    pub fn log(&mut self, report: &Report, lines: &Lines, out: &mut Vec<u8>) {
        let state = report.state();
        *self.counts.entry(state).or_default() += 1;
        // Who asks for one log wants to see what comes nearest to an error in it.
        let is_shown = state.is_shown() || self.total == 1;
        if !is_shown && self.total > FEW && report.problem.is_none() {
            return;
        }
        let has_blocks = is_shown && !report.extract.blocks.is_empty();
        if self.written && (self.after_blocks || has_blocks) {
            out.push(b'\n');
        }
        self.heading(report, state, lines, out);
        if has_blocks {
            let widest = report.extract.blocks.iter().map(|block| block.end).max().unwrap_or_default();
            let width = widest.to_string().len();
            for block in report.blocks() {
                self.block(report, block, width, lines, out);
            }
        }
        self.after_blocks = has_blocks;
        self.written = true;
    }

    fn heading(&self, report: &Report, state: State, lines: &Lines, out: &mut Vec<u8>) {
        let color = match state {
            State::Failed => RED,
            State::Cancelled => YELLOW,
            State::Passed => GREEN,
            State::Quiet | State::Empty => DIM,
        };
        self.paint(color, state.word(), out);
        out.extend_from_slice(b"  ");
        self.paint(BOLD, &lines.name(&report.name), out);
        if state != State::Empty {
            put(out, &format!("  {}", count(report.extract.lines, "line")));
        }
        let steps = report.failed_steps();
        if !steps.is_empty() {
            let names: Vec<_> = steps.iter().take(MAX_STEPS).map(|step| lines.name(step)).collect();
            put(out, &format!("; failed: {}", names.join(", ")));
            if steps.len() > MAX_STEPS {
                put(out, &format!(" and {} more", steps.len() - MAX_STEPS));
            }
        }
        if report.extract.blocks.is_empty() && matches!(state, State::Failed | State::Cancelled) {
            put(out, "; no lines explain it");
        }
        if report.problem.is_some() {
            put(out, "; not all of it could be read");
        }
        out.push(b'\n');
    }

    fn block(&self, report: &Report, block: &Block, width: usize, lines: &Lines, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\n  ");
        self.paint(YELLOW, block.kind.as_str(), out);
        if !block.tool.is_empty() {
            put(out, &format!(" ({})", block.tool));
        }
        put(out, &format!(", {}", line_numbers(block)));
        if let Some(step) = report.step_of(block) {
            put(out, &format!(", in {}", lines.name(step)));
        }
        put(out, &remarks(block));
        out.push(b'\n');
        for (number, line) in (block.start..).zip(lines.for_people(&block.lines)) {
            let gutter = format!("  {number:>width$} |");
            self.paint(DIM, &gutter, out);
            if !line.is_empty() {
                out.push(b' ');
                put(out, &line);
            }
            out.push(b'\n');
        }
    }

    /// What stands behind the last log: how many ended how.
    pub fn end(&self, out: &mut Vec<u8>) {
        if self.counts.values().sum::<u64>() < 2 {
            return;
        }
        let counts = State::ALL.iter().filter_map(|(state, word)| Some(format!("{} {word}", self.counts.get(state)?)));
        let counts: Vec<_> = counts.collect();
        if self.written {
            out.push(b'\n');
        }
        put(out, &format!("{}: {}\n", count(self.counts.values().sum(), "log"), counts.join(", ")));
    }

    fn paint(&self, color: &str, text: &str, out: &mut Vec<u8>) {
        if self.colors == Colors::On {
            put(out, color);
        }
        put(out, text);
        if self.colors == Colors::On {
            put(out, "\x1b[0m");
        }
    }
}

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}
