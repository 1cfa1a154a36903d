//! The lines of causes as they are seen, and the words in their place.
//!
//! Owns what stands in each row of the pane, and how far it scrolls. Must not know colours or glyphs.

use super::line::{shown, stamp};
use super::look::plural;
use super::rows::Steps;
use super::{App, CiLine, CiView, Log, Stage};
use crate::analysis::extract::{Block, Verdict};
use crate::app::format::{Digits, age, thousands, time_of_day};
use crate::app::tab::Lines;
use crate::app::{Role, TimeStyle, text};
use crate::parse::text::safe_line;

/// Rows of one line of a cause where lines are cut.
const ROWS_OF_A_LINE: usize = 3;

impl App {
    pub(super) fn causes_heading(&self) -> (String, String) {
        let (Some(log), Some(block)) = (self.ci.log(), self.ci.block()) else {
            return match self.ci.log() {
                None if self.ci.live.is_on() && !self.ci.live.is_local() => ("Log".to_owned(), String::new()),
                _ => ("Causes".to_owned(), self.hint_of_whole_log()),
            };
        };
        let left = match (self.ci.number(), self.ci.causes()) {
            // Nothing says that it failed.
            (Some(n), all) if self.ci.failed() == 0 => {
                format!("Possible cause {} of {}", thousands(n as u64), thousands(all as u64))
            }
            // In a log that passed.
            (None, _) => {
                let (at, all) = (self.ci.at.block.unwrap_or(0) + 1, log.blocks().len());
                format!("Error {at} of {all}, in a log that passed")
            }
            (Some(1), 1) => "The cause".to_owned(),
            (Some(1), all) => format!("First cause of {}", thousands(all as u64)),
            (Some(n), all) => format!("Cause {} of {}", thousands(n as u64), thousands(all as u64)),
        };
        let keys = format!("{} {}: next, previous", self.key_of("next-cause"), self.key_of("previous-cause"));
        (left, format!("{}   {keys}   {}", place(block, log), self.hint_of_whole_log()))
    }

    fn hint_of_whole_log(&self) -> String {
        format!("{}: whole log", self.key_of("whole-log"))
    }

    /// The lines of the shown cause and, while there is room, of those behind it in the same log.
    pub(super) fn causes(&self, view: &mut CiView) {
        let room = usize::from(view.layout.causes.height.max(1)) - 1;
        let log = self.ci.log();
        let (Some(log), Some(first)) = (log, self.ci.at.block.filter(|_| self.ci.block().is_some())) else {
            view.causes = self.in_place_of_causes();
            return;
        };
        let blocks = &log.blocks()[first..];
        let columns;
        (view.gutter, columns) = self.gutter(log, first);
        let mut skip = self.ci.scroll;
        for (n, block) in blocks.iter().enumerate() {
            if view.causes.len() >= room {
                break;
            }
            let head = head_rows(n);
            let mut rows = Vec::new();
            if n > 0 {
                rows.push(CiLine::Blank);
                let number = format!("Cause {} of {}", self.number_of(first + n), thousands(self.ci.causes() as u64));
                let left = if self.ci.number().is_some() { number } else { format!("Error {}", first + n + 1) };
                rows.push(CiLine::Heading(left, place(block, log)));
            }
            rows.push(CiLine::Words(self.words_about(block, log)));
            let skipped = skip.min(head);
            view.causes.extend(rows.into_iter().skip(skipped));
            skip -= skipped;
            let lines = block.lines.iter().enumerate().skip(skip);
            skip = skip.saturating_sub(block.lines.len());
            for (at, line) in lines {
                if view.causes.len() >= room {
                    break;
                }
                self.line_rows(block.start + at as u64, line, columns, room, &mut view.causes);
            }
        }
        view.causes.truncate(room);
    }

    /// Columns of line numbers and times, and those that are left for text. They belong to the log: they do not move from
    /// cause to cause.
    fn gutter(&self, log: &Log, first: usize) -> ((u16, u16), usize) {
        let numbers = thousands(log.extract.lines).len().max(5) as u16;
        let blocks = log.blocks().get(first..).unwrap_or_default();
        let mut lines = blocks.iter().flat_map(|block| &block.lines).take(20);
        let has_times = self.time != TimeStyle::Off && lines.any(|line| stamp(line).0.is_some());
        let gutter = (numbers, if has_times { 8 } else { 0 });
        (gutter, usize::from(self.size.0).saturating_sub(usize::from(text_column(gutter)) + 1))
    }

    /// The number of a block of the shown log among all causes.
    fn number_of(&self, block: usize) -> String {
        let shown = self.ci.number().unwrap_or(1);
        thousands((shown + block - self.ci.at.block.unwrap_or(0)) as u64)
    }

    /// One line of a log: in one row, or wrapped.
    fn line_rows(&self, number: u64, line: &[u8], columns: usize, room: usize, out: &mut Vec<CiLine>) {
        let (time, start) = stamp(line);
        let time = match (time, self.time) {
            (None, _) | (_, TimeStyle::Off) => String::new(),
            (Some(time), TimeStyle::Age) => age(self.told_now().0.saturating_sub(time.0)),
            (Some(time), _) => time_of_day(time, &self.shown_zone(), Digits::Seconds),
        };
        let line = shown(&line[start..]);
        let number = thousands(number);
        let tab = self.tab();
        if tab.lines == Lines::Cut && tab.shift > 0 {
            let piece = text::piece(&line, tab.shift, columns);
            let text = format!("{}{}", " ".repeat(piece.pad), piece.text);
            out.push(CiLine::Text { number, time, text, is_cut: piece.cut });
            return;
        }
        // What matters often stands behind a long path, so a few rows are for one line even where lines are cut.
        let most = if tab.lines == Lines::Cut { ROWS_OF_A_LINE } else { usize::MAX };
        let rows = text::wrap(&line, columns, most.min(room.saturating_sub(out.len())));
        let (mut number, mut time) = (number, time);
        let end = rows.last().map_or(0, |row| row.end);
        for row in rows {
            let (number, time) = (std::mem::take(&mut number), std::mem::take(&mut time));
            let is_cut = row.end == end && end < line.len();
            out.push(CiLine::Text { number, time, text: line[row].to_owned(), is_cut });
        }
    }

    /// How many lines of the causes can be scrolled away: then the last ones fill the pane.
    pub(super) fn most_scrolled(&self, room: usize) -> usize {
        let (Some(first), Some(log)) = (self.ci.at.block, self.ci.log()) else { return 0 };
        let blocks = log.blocks().get(first..).unwrap_or_default();
        let lines: usize = blocks.iter().enumerate().map(|(n, block)| head_rows(n) + block.lines.len()).sum();
        let columns = self.gutter(log, first).1;
        let mut rows = Vec::new();
        let mut seen = 0;
        for (n, block) in blocks.iter().enumerate().rev() {
            for line in block.lines.iter().rev() {
                self.line_rows(0, line, columns, rows.len() + room, &mut rows);
                if rows.len() > room {
                    return lines - seen.max(1);
                }
                seen += 1;
            }
            rows.extend(std::iter::repeat_n(CiLine::Blank, head_rows(n)));
            if rows.len() > room {
                return lines - seen;
            }
            seen += head_rows(n);
        }
        0
    }

    /// `test, pytest   x3 more   new since green   step 5 integration tests`.
    fn words_about(&self, block: &Block, log: &Log) -> Vec<(String, Role)> {
        let tool = if block.tool.is_empty() { String::new() } else { format!(", {}", block.tool) };
        let mut words = vec![(format!("{}{tool}", block.kind.as_str()), Role::Accent)];
        if block.repeats > 0 {
            words.push((format!("x{} more", thousands(block.repeats)), Role::Text));
        }
        if block.is_new {
            words.push(("new since green".to_owned(), Role::Warn));
        } else if log.extract.new_lines.is_some() {
            words.push(("also in the passing log".to_owned(), Role::Dim));
        }
        // Last, since it may be long.
        if let Some((number, name)) = self.step_of(block) {
            words.push((format!("step {number} {}", safe_line(name.as_bytes())), Role::Text));
        } else if self.ci.order.len() > 1 && !log.title.is_empty() {
            words.push((log.title.clone(), Role::Text));
        }
        words
    }

    /// The number and name of the step that a block of the shown log stands in, as the list of steps has them.
    pub(super) fn step_of(&self, block: &Block) -> Option<(u64, &str)> {
        let steps = self.ci.steps();
        let row = steps.row_of(block.step?)?;
        match steps {
            Steps::Log(steps) => steps.get(row).map(|step| (row as u64 + 1, step.name.as_str())),
            Steps::Job(steps, ..) => steps.get(row).map(|step| (u64::from(step.number), step.name.as_str())),
        }
    }

    /// What stands where a cause would: how far it is, that nothing failed, why nothing is known.
    fn in_place_of_causes(&self) -> Vec<CiLine> {
        if let Some(lines) = self.in_place_of_log() {
            return lines;
        }
        let width = usize::from(self.size.0).saturating_sub(7);
        let mut lines = vec![CiLine::Blank];
        let mut say = |words: &str, role: Role| {
            let rows = text::wrap_words(words, width, 6);
            lines.extend(rows.into_iter().map(|row| CiLine::Words(vec![(words[row].to_owned(), role)])));
        };
        let key = self.key_of("whole-log");
        match self.ci.log() {
            _ if self.ci.order.is_empty() && self.ci.is_looking() => {
                let logs = self.ci.scoped_looks().map(|look| look.logs as u64).sum();
                say(&format!("Looking for causes in {} ...", plural(logs, "log")), Role::Heading);
                say(&format!("{} cancels; {} shows all lines.", self.key_of("cancel"), self.key_of("quit")), Role::Dim);
            }
            Some(log) if log.problem.is_some() && log.blocks().is_empty() => {
                say(log.problem.as_deref().unwrap_or_default(), Role::Warn);
            }
            Some(log) if !log.blocks().is_empty() => say("No cause stands in this step.", Role::Text),
            Some(_) if self.ci.causes() == 0 && self.ci.failed() == 0 && !self.ci.is_looking() => {
                let read = self.ci.scoped_logs().filter(|log| log.is_read).count() as u64;
                say(&format!("No failure found in {}.", plural(read, "log")), Role::Heading);
                say(&format!("{key} shows the whole log, {} all of them.", self.key_of("cancel")), Role::Dim);
            }
            Some(log) => {
                let words = match log.extract.verdict {
                    Verdict::Failed => "This log failed, but nothing in it tells why.",
                    Verdict::Cancelled => "This log was cancelled; nothing in it failed before.",
                    Verdict::Passed => "This log passed.",
                    Verdict::Unknown => "Nothing in this log failed.",
                };
                say(words, Role::Text);
                say(&format!("{key} shows the whole log."), Role::Dim);
            }
            None => {
                let not = self.ci.scoped_looks().find_map(|look| match &look.stage {
                    Stage::Not(words) => Some(words.clone()),
                    Stage::Cancelled => Some("Cancelled before a log was looked at.".to_owned()),
                    Stage::Looking | Stage::Done => None,
                });
                say(&not.unwrap_or_else(|| "There is no log to look at.".to_owned()), Role::Text);
            }
        }
        lines
    }
}

/// Rows before the lines of a cause that is the n-th on the screen.
const fn head_rows(n: usize) -> usize {
    if n == 0 { 1 } else { 3 }
}

/// `lines 9,871-9,881 of 12,408`.
fn place(block: &Block, log: &Log) -> String {
    let all = thousands(log.extract.lines);
    if block.start == block.end {
        format!("line {} of {all}", thousands(block.start))
    } else {
        format!("lines {}-{} of {all}", thousands(block.start), thousands(block.end))
    }
}

/// Where the text of a line begins, behind the number and the time.
fn text_column((numbers, time): (u16, u16)) -> u16 {
    1 + numbers + 2 + if time > 0 { time + 2 } else { 0 }
}
