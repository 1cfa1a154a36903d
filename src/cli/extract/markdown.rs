//! Extracts as Markdown, fit to be pasted into a pull request: always without secrets, and not too long for one.
//!
//! Owns the layout. Must not know where a log came from.

use super::lines::Lines;
use super::report::{Report, State, count, line_numbers, remarks};
use crate::analysis::extract::Block;
use crate::render::markdown;
use std::collections::BTreeMap;

/// Bytes of the whole text: a comment on GitHub holds 65,536 characters.
const MAX_BYTES: usize = 60_000;

/// Bytes of one block: a part of its lines is left out behind them.
const MAX_BLOCK: usize = 12_000;

/// Writes one log after the other.
#[derive(Debug, Default)]
pub struct Markdown {
    written: usize,
    counts: BTreeMap<State, u64>,
    /// Logs and blocks that are left out because the text would be too long.
    left_out: u64,
}

impl Markdown {
    /// Adds one log; those without a failure are counted.
    pub fn log(&mut self, report: &Report, lines: &Lines, out: &mut Vec<u8>) {
        let state = report.state();
        *self.counts.entry(state).or_default() += 1;
        if !state.is_shown() {
            return;
        }
        let begun = out.len();
        let mut head = format!("### {} {}", markdown::code(&lines.name(&report.name)), state.word());
        let steps: Vec<_> = report.failed_steps().iter().map(|step| markdown::code(&lines.name(step))).collect();
        if !steps.is_empty() {
            head.push_str(&format!(" in {}", steps.join(", ")));
        }
        head.push_str(&format!("\n\n{}", count(report.extract.lines, "line")));
        if report.problem.is_some() {
            head.push_str("; not all of it could be read");
        }
        if report.extract.blocks.is_empty() {
            head.push_str("; no lines explain it");
        }
        head.push_str("\n\n");
        if self.written + head.len() > MAX_BYTES {
            self.left_out += 1;
            return;
        }
        out.extend_from_slice(head.as_bytes());
        let mut room = MAX_BYTES - self.written - head.len();
        let mut further = Vec::new();
        let mut left_out = 0;
        for (n, block) in report.blocks().enumerate() {
            let text = text_of(report, block, lines);
            if text.len() > room {
                left_out += 1;
                continue;
            }
            room -= text.len();
            if n == 0 { out.extend_from_slice(text.as_bytes()) } else { further.push(text) }
        }
        if !further.is_empty() {
            let summary = count(further.len() as u64, "more block");
            let details = format!("<details><summary>{summary}</summary>\n\n{}</details>\n\n", further.concat());
            out.extend_from_slice(details.as_bytes());
        }
        if left_out > 0 {
            let note = format!("{} left out: the text would be too long.\n\n", count(left_out, "block"));
            out.extend_from_slice(note.as_bytes());
        }
        self.written += out.len() - begun;
    }

    /// What stands behind the last log.
    pub fn end(&self, out: &mut Vec<u8>) {
        let total: u64 = self.counts.values().sum();
        let counts = State::ALL.iter().filter_map(|(state, word)| Some(format!("{} {word}", self.counts.get(state)?)));
        let counts: Vec<_> = counts.collect();
        if total > 0 {
            out.extend_from_slice(format!("{}: {}.\n", count(total, "log"), counts.join(", ")).as_bytes());
        }
        if self.left_out > 0 {
            let note = format!("\n{} left out: the text would be too long.\n", count(self.left_out, "log"));
            out.extend_from_slice(note.as_bytes());
        }
    }
}

/// A block with its heading.
fn text_of(report: &Report, block: &Block, lines: &Lines) -> String {
    let mut text = format!("**{}**", block.kind.as_str());
    if !block.tool.is_empty() {
        text.push_str(&format!(" ({})", markdown::escape(block.tool)));
    }
    text.push_str(&format!(", {}", line_numbers(block)));
    if let Some(step) = report.step_of(block) {
        text.push_str(&format!(", in {}", markdown::code(&lines.name(step))));
    }
    text.push_str(&remarks(block));
    text.push_str("\n\n");
    let shown = lines.for_people(&block.lines);
    let mut size = 0;
    let fits = shown.iter().take_while(|line| {
        size += line.len() + 1;
        size <= MAX_BLOCK
    });
    let fits = fits.count().max(1).min(shown.len());
    text.push_str(&markdown::block(&shown[..fits].join("\n")));
    if fits < shown.len() {
        text.push_str(&format!("\n{} left out.\n", count((shown.len() - fits) as u64, "line")));
    }
    text.push('\n');
    text
}
