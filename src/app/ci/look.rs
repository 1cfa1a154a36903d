//! What is seen of logs, steps and causes: rows and words, from the state.
//!
//! Owns the geometry of the panes and the words. Must not know colours or glyphs. All text that leaves here is safe for a
//! terminal, and only rows that are on the screen are made.

use super::line::{shown, stamp};
use super::{App, CiPane, Log, Stage, step_state};
use crate::analysis::extract::{Block, Step, StepState, Verdict};
use crate::app::format::{Digits, age, bytes, thousands, time_of_day};
use crate::app::rows::short_name;
use crate::app::status::Health;
use crate::app::tab::Lines;
use crate::app::{Role, Rows, TimeStyle, text};
use crate::parse::text::safe_line;

/// Where the panes are; the first row of each is its heading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CiLayout {
    /// The logs, when there are several.
    pub logs: Option<Rows>,
    /// The steps of the chosen log, when some log has any.
    pub steps: Option<Rows>,
    /// Its causes.
    pub causes: Rows,
}

/// Everything that the view shows.
#[derive(Clone, Debug)]
pub struct CiView {
    /// Where.
    pub layout: CiLayout,
    /// The logs.
    pub logs: CiList,
    /// The steps.
    pub steps: CiList,
    /// The heading above the causes, left and right.
    pub heading: (String, String),
    /// Whether the causes have the focus.
    pub is_focused: bool,
    /// The rows below that heading.
    pub causes: Vec<CiLine>,
    /// The columns of line numbers and times in them; 0 for none.
    pub gutter: (u16, u16),
}

/// A list with its heading.
#[derive(Clone, Debug, Default)]
pub struct CiList {
    /// The heading, left and right.
    pub heading: (String, String),
    /// Whether it has the focus.
    pub is_focused: bool,
    /// The rows on the screen.
    pub rows: Vec<CiRow>,
}

/// A log or a step.
#[derive(Clone, Debug)]
pub struct CiRow {
    /// Whether the cursor is on it.
    pub is_cursor: bool,
    /// How it ended: `ok`, `FAIL`, `STOP`, or `--` when nobody knows.
    pub state: (&'static str, Role),
    /// A step's number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// A log's steps: `ok ok FAIL --`; or why it could not be read.
    pub words: Vec<(String, Role)>,
    /// How long a step took.
    pub took: String,
    /// `12,408 lines`.
    pub lines: String,
    /// `9 errors`; empty without any.
    pub errors: String,
}

/// A row of the causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CiLine {
    /// The heading of the next cause.
    Heading(String, String),
    /// Words about a cause, or in place of one.
    Words(Vec<(String, Role)>),
    /// A line of the log, or a part of it.
    Text {
        /// Its number in the log; empty where a line goes on.
        number: String,
        /// Its time of day; empty for none.
        time: String,
        /// What is seen of it.
        text: String,
        /// Whether it goes on behind the edge.
        is_cut: bool,
    },
    /// Nothing.
    Blank,
}

/// Rows of one line of a cause where lines are cut.
const ROWS_OF_A_LINE: usize = 3;

/// Rows that causes have at least, with their heading.
const LEAST: u16 = 6;

fn plural(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", thousands(n)) }
}

impl App {
    /// Where the panes of the logs are.
    pub(in crate::app) fn ci_layout(&self) -> Option<CiLayout> {
        let layout = self.layout()?;
        let (start, end) = (layout.heading, layout.list.y + layout.list.height);
        let all = end.saturating_sub(start);
        // A list has a fifth of the rows, twice as much with the focus.
        let fifth = (all / 5).max(2);
        let least = |pane| if self.ci.focus == pane { fifth * 2 } else { fifth };
        let logs = self.ci.looks.values().map(|look| look.logs.max(1)).sum::<usize>().max(self.ci.logs.len());
        let steps = self.ci.logs.iter().map(|log| log.extract.steps.len()).max().unwrap_or(0);
        let wanted = |rows: usize, pane, first: usize| {
            if rows < first { 0 } else { rows.min(usize::from(least(pane))) as u16 + 1 }
        };
        let (mut logs, mut steps) = (wanted(logs, CiPane::Logs, 2), wanted(steps, CiPane::Steps, 1));
        while logs + steps + LEAST > all && (logs > 0 || steps > 0) {
            let list = if steps >= logs { &mut steps } else { &mut logs };
            *list = if *list > 2 { *list - 1 } else { 0 };
        }
        let rows = |y: u16, height: u16| (height > 0).then_some(Rows { y, height });
        Some(CiLayout {
            logs: rows(start, logs),
            steps: rows(start + logs, steps),
            causes: Rows { y: start + logs + steps, height: all - logs - steps },
        })
    }

    /// Logs, steps and causes as they are to be drawn; `None` while records are shown.
    pub fn ci_view(&self) -> Option<CiView> {
        let layout = self.ci_layout().filter(|_| self.ci_is_shown())?;
        let mut view = CiView {
            layout,
            logs: self.logs_list(layout.logs),
            steps: self.steps_list(layout.steps),
            heading: self.causes_heading(),
            is_focused: self.ci_focus() == CiPane::Causes,
            causes: Vec::new(),
            gutter: (0, 0),
        };
        self.causes(&mut view);
        Some(view)
    }

    fn logs_list(&self, rows: Option<Rows>) -> CiList {
        let Some(rows) = rows else { return CiList::default() };
        let room = usize::from(rows.height) - 1;
        let top = self.ci.tops[0];
        let width = usize::from(self.size.0);
        let words = width.saturating_sub(34) / 2;
        let row = |log: &usize| {
            let is_cursor = *log == self.ci.at.log;
            let log = &self.ci.logs[*log];
            let (errors, lines) = (log.errors(), log.extract.lines);
            let words = match &log.problem {
                Some(problem) => vec![(problem.clone(), Role::Warn)],
                None => chips(&log.extract.steps, words),
            };
            CiRow {
                is_cursor,
                state: log.state(),
                number: String::new(),
                name: self.name_of(log),
                words,
                took: String::new(),
                lines: if log.is_read { plural(lines, "line") } else { String::new() },
                errors: if errors > 0 { plural(errors, "error") } else { String::new() },
            }
        };
        let mut rows: Vec<_> = self.ci.order.iter().skip(top).take(room).map(row).collect();
        for row in rows.iter_mut().filter(|row| row.name.is_empty()) {
            // A problem of the source itself has all of the row.
            row.name = row.words.drain(..).map(|(words, _)| words).collect();
        }
        let all = self.ci.order.len();
        let mut right = Vec::new();
        if all > room {
            right.push(format!("{} of {}", thousands(self.ci.row() as u64 + 1), thousands(all as u64)));
        }
        right.push(self.counts_of_logs());
        CiList { heading: ("Logs".to_owned(), right.join("   ")), is_focused: self.ci_focus() == CiPane::Logs, rows }
    }

    /// A log's name in the list: with its source's when there are several.
    fn name_of(&self, log: &Log) -> String {
        match self.engine.source(log.source) {
            Some(source) if self.ci.looks.len() > 1 && !log.title.is_empty() && log.title != source.label() => {
                format!("{}: {}", safe_line(short_name(source.label()).as_bytes()), log.title)
            }
            _ => log.title.clone(),
        }
    }

    /// `2 of 5 failed`, `5 passed`, while they are looked at: how far that is.
    fn counts_of_logs(&self) -> String {
        let read = self.ci.logs.iter().filter(|log| log.is_read).count() as u64;
        let (failed, all) = (self.ci.failed() as u64, self.ci.looks.values().map(|look| look.logs).sum::<usize>());
        if self.ci.is_looking() {
            return format!("{} of {} read, {} failed", thousands(read), thousands(all as u64), thousands(failed));
        }
        match failed {
            0 => format!("{}, none failed", plural(read, "log")),
            failed => format!("{} of {} failed", thousands(failed), thousands(read)),
        }
    }

    fn steps_list(&self, rows: Option<Rows>) -> CiList {
        let Some(rows) = rows else { return CiList::default() };
        let room = usize::from(rows.height) - 1;
        let top = self.ci.tops[1];
        let Some(log) = self.ci.log() else { return CiList::default() };
        let steps = &log.extract.steps;
        let row = |(n, step): (usize, &Step)| {
            let took = step.began.zip(step.ended).map(|(began, ended)| age(ended.0 - began.0)).unwrap_or_default();
            CiRow {
                is_cursor: n == self.ci.at.step,
                state: step_state(step.state),
                number: (n + 1).to_string(),
                name: safe_line(step.name.as_bytes()).into_owned(),
                words: Vec::new(),
                took,
                lines: plural((step.end + 1).saturating_sub(step.start), "line"),
                errors: if step.errors > 0 { plural(step.errors, "error") } else { String::new() },
            }
        };
        let left = if log.title.is_empty() { "Steps".to_owned() } else { log.title.clone() };
        let right = match steps.len() {
            0 => "no steps in this log".to_owned(),
            all => format!("step {} of {}", self.ci.at.step + 1, thousands(all as u64)),
        };
        CiList {
            heading: (left, right),
            is_focused: self.ci_focus() == CiPane::Steps,
            rows: steps.iter().enumerate().skip(top).take(room).map(row).collect(),
        }
    }

    fn causes_heading(&self) -> (String, String) {
        let (Some(log), Some(block)) = (self.ci.log(), self.ci.block()) else {
            return ("Causes".to_owned(), self.hint_of_whole_log());
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
    fn causes(&self, view: &mut CiView) {
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
            (Some(time), TimeStyle::Age) => age(self.now.0.saturating_sub(time.0)),
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
        if let Some((n, step)) = block.step.and_then(|n| Some((n, log.extract.steps.get(n)?))) {
            words.push((format!("step {} {}", n + 1, safe_line(step.name.as_bytes())), Role::Text));
        } else if self.ci.logs.len() > 1 && !log.title.is_empty() {
            words.push((log.title.clone(), Role::Text));
        }
        words
    }

    /// What stands where a cause would: how far it is, that nothing failed, why nothing is known.
    fn in_place_of_causes(&self) -> Vec<CiLine> {
        let width = usize::from(self.size.0).saturating_sub(7);
        let mut lines = vec![CiLine::Blank];
        let mut say = |words: &str, role: Role| {
            let rows = text::wrap_words(words, width, 6);
            lines.extend(rows.into_iter().map(|row| CiLine::Words(vec![(words[row].to_owned(), role)])));
        };
        let key = self.key_of("whole-log");
        match self.ci.log() {
            _ if self.ci.logs.is_empty() && self.ci.is_looking() => {
                let logs = self.ci.looks.values().map(|look| look.logs as u64).sum();
                say(&format!("Looking for causes in {} ...", plural(logs, "log")), Role::Heading);
                say(&format!("{} cancels; {} shows all lines.", self.key_of("cancel"), self.key_of("quit")), Role::Dim);
            }
            Some(log) if log.problem.is_some() && log.blocks().is_empty() => {
                say(log.problem.as_deref().unwrap_or_default(), Role::Warn);
            }
            Some(log) if !log.blocks().is_empty() => say("No cause stands in this step.", Role::Text),
            Some(_) if self.ci.causes() == 0 && self.ci.failed() == 0 && !self.ci.is_looking() => {
                let read = self.ci.logs.iter().filter(|log| log.is_read).count() as u64;
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
                let not = self.ci.looks.values().find_map(|look| match &look.stage {
                    Stage::Not(words) => Some(words.clone()),
                    Stage::Cancelled => Some("Cancelled before a log was looked at.".to_owned()),
                    Stage::Looking | Stage::Done => None,
                });
                say(&not.unwrap_or_else(|| "There is no log to look at.".to_owned()), Role::Text);
            }
        }
        lines
    }

    /// What the header says while logs are shown, or are looked at.
    pub(in crate::app) fn ci_health(&self) -> Vec<Health> {
        let mut parts = Vec::new();
        let looking: Vec<_> = self.ci.looks.values().filter(|look| look.stage == Stage::Looking).collect();
        if !looking.is_empty() {
            let (done, of) =
                looking.iter().fold((0, 0), |sum, look| (sum.0 + look.progress.0, sum.1 + look.progress.1));
            let percent = if of > 0 { u128::from(done.min(of)) * 100 / u128::from(of) } else { 0 };
            let cancel = self.key_of("cancel");
            // A short look is not worth a word over the records.
            if done == 0 && !self.ci_is_shown() {
                return parts;
            }
            let text = match (done, of) {
                (0, _) => "looking for causes ...".to_owned(),
                (_, 0) => format!("looking for causes: {}, {cancel} cancels", bytes(done)),
                _ => format!("looking for causes: {percent} % of {}, {cancel} cancels", bytes(of)),
            };
            parts.push(Health { text, role: Role::Accent });
        }
        if !self.ci_is_shown() {
            return parts;
        }
        let (mut cancelled, mut not_text) = (0, 0);
        for look in self.ci.looks.values() {
            not_text += look.not_text;
            if look.stage == Stage::Cancelled {
                let seen = self.ci.logs.iter().filter(|log| log.is_read).count();
                cancelled += look.logs.saturating_sub(seen);
            }
        }
        let broken = self.ci.logs.iter().filter(|log| log.problem.is_some()).count()
            + self.ci.looks.values().map(|look| look.problems.saturating_sub(super::PROBLEMS)).sum::<usize>();
        if cancelled > 0 {
            let text = format!("cancelled: {} left out", plural(cancelled as u64, "log"));
            parts.push(Health { text, role: Role::Warn });
        }
        if broken > 0 {
            let text = format!("{} not read, or not to the end", thousands(broken as u64));
            parts.push(Health { text, role: Role::Warn });
        }
        if let Some(name) = self.ci.looks.values().find_map(|look| look.green.as_ref()) {
            let text = format!("compared with {name}");
            parts.push(Health { text, role: Role::Ok });
        }
        if self.is_another_job() {
            let text = "most lines are new: is it the same job?".to_owned();
            parts.push(Health { text, role: Role::Warn });
        }
        if not_text > 0 {
            let text = format!(
                "{} without text",
                if not_text == 1 { "1 entry".to_owned() } else { format!("{not_text} entries") }
            );
            parts.push(Health { text, role: Role::Dim });
        }
        if parts.is_empty() {
            let bytes_read = self.ci.logs.iter().map(|log| log.extract.bytes).sum();
            let logs = self.ci.logs.iter().filter(|log| log.is_read).count() as u64;
            let text = format!("{}, {}", plural(logs, "log"), bytes(bytes_read));
            parts.push(Health { text, role: Role::Ok });
        }
        parts
    }

    /// Whether hardly a line of the logs stands in the passing log.
    fn is_another_job(&self) -> bool {
        let new = |log: &Log| Some((log.extract.new_lines?, log.extract.lines));
        let (new, all) = self.ci.logs.iter().filter_map(new).fold((0, 0), |sum, (new, all)| (sum.0 + new, sum.1 + all));
        all >= 50 && new * 10 > all * 8
    }

    /// Whether there are lists beside the causes, and causes to walk: for the keys that are worth a word.
    pub fn ci_has(&self) -> (bool, bool) {
        let lists = self.ci_layout().is_some_and(|at| at.logs.is_some() || at.steps.is_some());
        (lists, self.ci.causes() > 0)
    }

    /// What the status line says first while logs are shown.
    pub fn ci_status(&self) -> Vec<(String, Role)> {
        let (failed, causes) = (self.ci.failed() as u64, self.ci.causes() as u64);
        let logs = self.ci.logs.iter().filter(|log| log.is_read).count() as u64;
        let state = match (failed, logs) {
            (0, _) if self.ci.is_looking() => ("LOOKING".to_owned(), Role::Accent),
            (0, _) if causes > 0 => ("no verdict".to_owned(), Role::Dim),
            (0, _) => ("no failure".to_owned(), Role::Ok),
            (1, 1) => ("FAILED".to_owned(), Role::Error),
            (failed, logs) => (format!("FAILED {} of {} logs", thousands(failed), thousands(logs)), Role::Error),
        };
        let mut parts = vec![state];
        if causes > 0 {
            let what = if failed > 0 { "cause" } else { "possible cause" };
            parts.push((plural(causes, what), Role::Text));
        }
        parts
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

/// Steps in a word each, as many as fit; runs of the same become `12 ok` when there is no room for all.
fn chips(steps: &[Step], columns: usize) -> Vec<(String, Role)> {
    let word = |step: &Step| step_state(step.state);
    let all: usize = steps.iter().map(|step| word(step).0.len() + 1).sum();
    if all <= columns + 1 {
        return steps.iter().map(|step| (word(step).0.to_owned(), word(step).1)).collect();
    }
    let mut runs: Vec<(StepState, usize)> = Vec::new();
    for step in steps {
        match runs.last_mut() {
            Some((state, count)) if *state == step.state => *count += 1,
            _ => runs.push((step.state, 1)),
        }
    }
    let mut left = columns + 1;
    let mut words = Vec::new();
    for (state, count) in runs {
        let (word, role) = step_state(state);
        let text = if count == 1 { word.to_owned() } else { format!("{count} {word}") };
        if text.len() + 1 > left {
            break;
        }
        left -= text.len() + 1;
        words.push((text, role));
    }
    words
}

/// Where the text of a line begins, behind the number and the time.
fn text_column((numbers, time): (u16, u16)) -> u16 {
    1 + numbers + 2 + if time > 0 { time + 2 } else { 0 }
}
